/** Values of the public API that hold secrets, made from known randomness. */
import { rememberSent } from 'polyratchet/fanout';
import { generateIdentity, generateOneTimePreKeys, importIdentity } from 'polyratchet/identity';
import { Secret } from '../../src/core/secret.js';
import { createLaptop } from '../devices/linkingParties.js';
import { accept, createKey } from '../senderkey/group.js';
import { conversation, createParty, receive, send } from '../support/party.js';
import { seededRandom } from '../support/random.js';

/** Named values, each of which holds at least one secret of 32 bytes or more. */
export function secretHolders(): readonly (readonly [name: string, value: object])[] {
  const party = createParty(71);
  const { alice, bob } = conversation(72);
  const [, kept] = [send(alice, 'skipped'), send(alice, 'kept')];
  receive(bob, kept);
  return [
    ['a secret', new Secret('RootKey', seededRandom(70)(32))],
    ['a generated identity', party.identity],
    ['an imported identity', importIdentity(seededRandom(73)(32))],
    ['a signed prekey', party.signedPreKeys.get(1)!],
    ['one-time prekeys', generateOneTimePreKeys({ lastId: 0, count: 2, random: seededRandom(74) })],
    ['a link offer', createLaptop(76).offer],
    [
      'a sent message',
      rememberSent({
        messageId: '1',
        plaintext: seededRandom(77)(64),
        devices: [{ device: 'bob@x', identityKey: bob.identity.publicKey }],
        now: 0,
      }),
    ],
    ['a sender key', createKey(77)],
    ['a received sender key', accept(createKey(78, 'signal'))],
    ['a session', alice.session!],
    ['a session with skipped keys', bob.session!],
    [
      'a whole device',
      { identity: generateIdentity(seededRandom(75)), sessions: new Map([['bob', bob.session]]) },
    ],
  ];
}
