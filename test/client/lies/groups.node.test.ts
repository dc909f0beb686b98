/** A server that lies about the messages of a group: they are shown in their group or nowhere, and a change that is lost is found. */
import { accountOf, type Envelope } from 'polyratchet';
import { expect, test } from 'vitest';
import type { Device } from '../device.js';
import { act, say, WITH_GROUPS } from '../groups/people.js';
import { ALICE, BOB, LyingWorld, NO_HARM } from './lyingWorld.js';

const CAROL = 'carol@example.org';

interface Members {
  readonly world: LyingWorld;
  readonly alice: Device;
  readonly bob: Device;
  readonly carol: Device;
  /** Two groups of the same people. */
  readonly [0]: string;
  readonly [1]: string;
}

async function members(): Promise<Members> {
  const world = new LyingWorld();
  const [alice, bob, carol] = [
    await world.register(ALICE, WITH_GROUPS),
    await world.register(BOB, WITH_GROUPS),
    await world.register(CAROL, WITH_GROUPS),
  ] as const;
  const make = async () => (await act(world, alice, (of) => of.create({ members: [BOB, CAROL] }))).id;
  const [one, other] = [await make(), await make()];
  await world.settled();
  for (const device of [alice, bob, carol]) {
    for (const group of [one, other])
      await say(world, device, group, `hello from ${world.devices.indexOf(device)}`);
  }
  await world.settled();
  return { world, alice, bob, carol, 0: one, 1: other };
}

/** What is shown of a text, and in which chat. */
function chatsOf(device: Device, text: string): readonly string[] {
  return [...device.shown.values()]
    .filter((each) => each.text === text)
    .map(({ message }) => message.chat.chat);
}

test('a message under another group, another sender, or as one of two people is shown in its group or nowhere', async () => {
  const { world, alice, bob, carol, 0: one, 1: other } = await members();
  const lies: readonly ((envelope: Envelope) => Envelope)[] = [
    (envelope) => ({ ...envelope, group: other }),
    (envelope) => ({ ...envelope, group: 'nobody@group' }),
    ({ group: _, ...envelope }) => envelope,
    (envelope) => ({ ...envelope, from: CAROL }),
    (envelope) => ({ ...envelope, from: 'mallory@example.org' }),
    (envelope) => ({ ...envelope, type: 'message' }),
  ];
  for (const [i, lie] of lies.entries()) {
    world.tamper = (envelope) =>
      envelope.type === 'senderkey' && envelope.to === BOB ? lie(envelope) : envelope;
    await say(world, alice, one, `under lie ${i}`);
    await world.settled();
    const shown = chatsOf(bob, `under lie ${i}`);
    expect(shown, 'asked for again, or not at all').toEqual(shown.length === 0 ? [] : [one]);
    expect(chatsOf(carol, `under lie ${i}`)).toEqual([one]);
  }
  world.tamper = (envelope) => envelope;
  await world.truth();
  await say(world, alice, one, 'in its group');
  await world.finish();
  expect(chatsOf(bob, 'in its group')).toEqual([one]);
  expect(await world.harm()).toMatchObject({ ...NO_HARM, lost: expect.any(Number) as number });
});

test('a change that the server drops is learnt from the next message, and nobody is added on its word', async () => {
  const { world, alice, bob, carol, 0: one } = await members();
  world.server.lie({ kind: 'drop', from: [ALICE], to: [BOB] });
  await act(world, alice, (of) => of.remove(one, [CAROL]));
  await world.settled();
  world.server.truth();
  const membersAt = async (device: Device) => (await act(world, device, (of) => of.get(one))).members;
  expect(await membersAt(bob)).toContain(CAROL);
  await say(world, alice, one, 'without Carol');
  await world.finish();
  expect(await membersAt(bob)).not.toContain(CAROL);
  expect(chatsOf(bob, 'without Carol')).toEqual([one]);
  expect(chatsOf(carol, 'without Carol')).toEqual([]);
  world.server.lie({ kind: 'add-device', account: ALICE, forgery: 'borrowed' });
  world.server.lie({
    kind: 'answer-send',
    answer: { missing: [CAROL, 'mallory@example.org', 'alice:9@example.org'] },
  });
  const before = world.ciphertexts.envelopes.length;
  await say(world, bob, one, 'for the two of us');
  await world.settled();
  const receivers = world.ciphertexts.envelopes.slice(before).filter(({ from }) => from === BOB);
  expect([...new Set(receivers.map(({ to }) => accountOf(to)))]).toEqual([ALICE]);
  await world.truth();
  expect((await world.harm()).leaked).toBe(0);
});
