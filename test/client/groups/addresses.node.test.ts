/** Groups with the addresses of accounts: what two people write to each other stays between them, and a group stays a group. */
import { accountOf, type Address } from 'polyratchet';
import { beforeEach, expect, test } from 'vitest';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { act, ALICE, BOB, CAROL, GroupWorld, say, WITH_GROUPS } from './people.js';

const MALLORY: Address = 'mallory@example.org';

let world: GroupWorld;
let phone: Device;
let laptop: Device;
let carol: Device;
let mallory: Device;

beforeEach(async () => {
  world = new GroupWorld();
  [phone, laptop] = (await world.person(ALICE, 2, WITH_GROUPS)) as [Device, Device];
  carol = await world.register(CAROL, WITH_GROUPS);
  mallory = await world.register(MALLORY, WITH_GROUPS);
});

/** What a device has shown, and where. */
const shownAt = (device: Device) =>
  [...device.shown.values()].map(({ text, message: { chat, from } }) => [text, chat.kind, chat.chat, from]);

/** Mallory makes a group that has Carol's address, before Alice has ever heard of her. */
async function madeAsCarol(): Promise<void> {
  await act(world, mallory, (groups) => groups.create({ id: CAROL, members: [ALICE] }));
  await world.settled();
  await say(world, mallory, CAROL, 'in the group');
  await world.settled();
}

test('a group that has the address of somebody we get to know later: our own devices show what we write to her as that', async () => {
  await madeAsCarol();
  await world.send(phone, CAROL, 'for Carol alone');
  await world.settled();
  await world.send(carol, ALICE, 'an answer');
  await world.settled();
  const answer = ['an answer', 'incoming', CAROL, CAROL];
  const inGroup = ['in the group', 'group', CAROL, MALLORY];
  expect(shownAt(phone)).toEqual([inGroup, answer]);
  expect(shownAt(laptop)).toEqual([inGroup, ['for Carol alone', 'outgoing', CAROL, ALICE], answer]);
  expect(shownAt(carol)).toEqual([['for Carol alone', 'incoming', ALICE, ALICE]]);
  expect(mallory.texts).toEqual([]);
});

test('it keeps her from nothing: what she could not read she is sent again', async () => {
  await madeAsCarol();
  await say(world, phone, CAROL, 'to the group');
  await world.send(phone, CAROL, 'hello');
  await world.settled();
  await world.send(carol, ALICE, 'hello, Alice');
  await world.settled();
  let isDamaged = false;
  world.tamper = (envelope) => {
    if (isDamaged || envelope.to !== CAROL) return envelope;
    isDamaged = true;
    const { bytes } = envelope;
    return { ...envelope, bytes: bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) };
  };
  await world.send(phone, CAROL, 'damaged on its way');
  await world.settled();
  const retries = world.ciphertexts.envelopes.filter(({ type }) => type === 'retry');
  expect(retries.map(({ from, to }) => [from, to])).toEqual([[CAROL, ALICE]]);
  expect(carol.texts).toEqual(['hello', 'damaged on its way']);
});

test('it goes on as a group when she is known: what is written there is shown there', async () => {
  await madeAsCarol();
  await world.send(phone, CAROL, 'now they know each other');
  await world.settled();
  await say(world, mallory, CAROL, 'two');
  await say(world, phone, CAROL, 'three');
  await world.settled();
  const ofGroup = (device: Device) => shownAt(device).filter(([, kind]) => kind === 'group');
  expect(ofGroup(laptop).map(([text]) => text)).toEqual(['in the group', 'two', 'three']);
  expect(ofGroup(mallory)).toEqual([['three', 'group', CAROL, ALICE]]);
  expect(carol.texts).toEqual(['now they know each other']);
});

test('whose account is known already is no group', async () => {
  await world.send(phone, CAROL, 'hello');
  await world.send(laptop, CAROL, 'hello from here, too');
  await world.settled();
  await act(world, mallory, (groups) => groups.create({ id: CAROL, members: [ALICE] }));
  await world.settled();
  for (const device of [phone, laptop]) {
    expect(device.of('refused').map(({ error: { code }, from }) => [code, accountOf(from)])).toEqual([
      ['wrong-chat', MALLORY],
    ]);
    expect(await act(world, device, (groups) => groups.list())).toEqual([]);
  }
});

test('a member is no group of its own, and nobody whom we know is one', async () => {
  const create = (id: Address, ...members: Address[]) =>
    act(world, mallory, (groups) => groups.create({ id, members }));
  await expectRejection('invalid-argument', create(CAROL, CAROL));
  await expectRejection('invalid-argument', create(MALLORY, CAROL));
  await create(BOB, CAROL);
  await world.send(mallory, ALICE, 'hello');
  await expectRejection('invalid-argument', create(ALICE, CAROL));
});
