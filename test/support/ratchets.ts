/** Two Double Ratchets without anything around them. */
import {
  acceptRatchet,
  decodeSignalMessage,
  ratchetDecrypt,
  ratchetEncrypt,
  startRatchet,
  type RatchetState,
} from 'polyratchet/ratchet';
import { itemAt } from '../../src/core/lists.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { generateKeyPair, type PublicKey } from '../../src/crypto/index.js';
import { stepChains } from '../../src/ratchet/kdf.js';
import { seededRandom } from './random.js';

const random = seededRandom(4711);

/** One side: its ratchet, and both identity keys. */
export interface Side {
  readonly ratchet: RatchetState;
  readonly own: PublicKey;
  readonly peer: PublicKey;
}

/** The initiator, who can send, and the responder, who has heard nothing yet. */
export function twoSides(): { alice: Side; bob: Side } {
  const rootKey = new Secret('RootKey', random(32));
  const chainKey = new Secret('ChainKey', random(32));
  const ratchetKey = generateKeyPair('PreKey', random);
  const [a, b] = [
    generateKeyPair('IdentityKey', random).publicKey,
    generateKeyPair('IdentityKey', random).publicKey,
  ];
  return {
    alice: {
      ratchet: startRatchet({ rootKey, remoteRatchetKey: ratchetKey.publicKey, random }),
      own: a,
      peer: b,
    },
    bob: { ratchet: acceptRatchet({ rootKey, chainKey, ratchetKey }), own: b, peer: a },
  };
}

/** Encrypts a text: the side afterwards, and the message. */
export function seal({ ratchet, own, peer }: Side, text: string): { side: Side; message: Uint8Array } {
  const plaintext = new TextEncoder().encode(text);
  const result = ratchetEncrypt({ ratchet, plaintext, sender: own, receiver: peer });
  return { side: { ratchet: result.ratchet, own, peer }, message: result.message };
}

/** Decrypts a message: the side afterwards and the text, or `undefined` for a forgery. */
export function open(
  { ratchet, own, peer }: Side,
  message: Uint8Array,
): { side: Side; text: string } | undefined {
  const parsed = decodeSignalMessage(message);
  const result = ratchetDecrypt({ ratchet, message: parsed, sender: peer, receiver: own, random });
  if (result === undefined) return undefined;
  return { side: { ratchet: result.ratchet, own, peer }, text: new TextDecoder().decode(result.plaintext) };
}

/** The side after it has sent one more message that nobody saw: a step of its chain and no encryption. */
export function step({ ratchet, own, peer }: Side): Side {
  const { sending } = ratchet;
  const chainKey = new Secret('ChainKey', itemAt(stepChains([reveal(sending.chainKey)]).steps, 0).next);
  return {
    ratchet: { ...ratchet, sending: { ...sending, chainKey, counter: sending.counter + 1 } },
    own,
    peer,
  };
}
