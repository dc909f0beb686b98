/** Envelopes that no honest client sends, from whoever can reach a mailbox: each is refused once, and what follows is read. */
import type { Envelope } from 'polyratchet';
import { beforeAll, expect, test } from 'vitest';
import { MAX_ENVELOPE_LENGTH } from '../../src/client/opened.js';
import type { Device } from './device.js';
import { ALICE, BOB, GroupWorld, WITH_GROUPS } from './groups/people.js';
import { DAY_MS } from './world.js';

const STRANGER = 'carol:7@example.org';
const long = new Uint8Array(MAX_ENVELOPE_LENGTH + 1);

let world: GroupWorld;
let alice: Device;
let bob: Device;
beforeAll(async () => {
  world = new GroupWorld();
  alice = await world.register(ALICE, WITH_GROUPS);
  bob = await world.register(BOB, WITH_GROUPS);
  await world.send(alice, BOB, 'hello');
  await world.settled();
});

const cases: readonly (readonly [name: string, change: Partial<Envelope>, isRefused?: boolean])[] = [
  ['an id beyond ASCII', { id: 'é' }],
  ['an id of 65 characters', { id: 'x'.repeat(65) }],
  ['an id that is longer than the name of a record', { id: 'x'.repeat(600) }],
  ['a receiver that is none', { to: 'x' }],
  ['a sender that is none', { from: 'x' }],
  ['a group that is none', { group: 'x' }],
  ['a device for a group', { group: 'a:1@b' }],
  [
    'a group that is none, from a device that is not known',
    { type: 'message', from: STRANGER, group: 'no group' },
  ],
  ['a message of a group that is too long', { bytes: long }],
  [
    'a message that is too long, from a device that is not known',
    { type: 'message', from: STRANGER, bytes: long },
  ],
  ['a container that is too long', { type: 'message', from: STRANGER, deviceIdentity: long }],
  ['a container of 4,097 bytes', { type: 'prekey', deviceIdentity: new Uint8Array(4_097) }],
  ['the longest message of a group that nobody knows', { bytes: long.subarray(1) }, false],
  [
    'the longest message of a device that nobody knows',
    { type: 'message', from: STRANGER, bytes: long.subarray(1) },
    false,
  ],
  [
    'the longest container',
    { type: 'message', from: STRANGER, deviceIdentity: new Uint8Array(4_096) },
    false,
  ],
];

test.each(cases.map(([name, change, isRefused = true]) => ({ name, change, isRefused })))(
  '$name',
  async (poison) => {
    const { name, change, isRefused } = poison;
    const envelope: Envelope = {
      id: `${String(cases.findIndex(([other]) => other === name))} of the poison`,
      from: BOB,
      to: ALICE,
      type: 'senderkey',
      bytes: new Uint8Array(40),
      group: 'friends@group',
      at: world.clock.now(),
      ...change,
    };
    const refused = alice.of('refused').length;
    let isFirst = true;
    world.mail = (genuine) => {
      const given = isFirst ? [envelope, genuine] : [genuine];
      isFirst = false;
      return given;
    };
    await world.send(bob, ALICE, name);
    await world.settled();
    expect(alice.texts.at(-1)).toBe(name);
    expect(
      alice
        .of('refused')
        .slice(refused)
        .map(({ error }) => error.code),
    ).toEqual(isRefused ? ['malformed'] : []);
    expect(alice.of('disconnected')).toEqual([]);
  },
);

test('none of them comes again', async () => {
  const refused = alice.of('refused').length;
  world.mail = (envelope) => [envelope];
  await world.run(alice.client.disconnect());
  await world.run(alice.client.connect());
  await world.clock.jump(8 * DAY_MS);
  expect(alice.of('refused')).toHaveLength(refused);
  expect(world.server.waiting(ALICE)).toBe(0);
});
