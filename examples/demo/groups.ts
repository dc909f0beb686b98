/** A group of three people with companions; one of them is removed, and gets hold of everything that is sent later. */
import { accountOf, PolyratchetError, type Address } from 'polyratchet';
import type { Device } from './device.js';
import { timed } from './events.js';
import { linkByCode } from './linking.js';
import type { Stage } from './stage.js';
import { until } from './wait.js';

/** Who is in the group beside Carol: phones and laptops. */
export interface Friends {
  readonly alicePhone: Device;
  readonly aliceLaptop: Device;
  readonly bobPhone: Device;
  readonly bobLaptop: Device;
}

/** Plays it; returns Carol's devices. */
export async function groupScene(stage: Stage, friends: Friends): Promise<readonly Device[]> {
  const { alicePhone, aliceLaptop, bobPhone, bobLaptop } = friends;
  const [carolPhone, carolLaptop] = [stage.buy('Carol’s phone'), stage.buy('Carol’s laptop')];
  stage.scene('Carol has come, with a phone and a laptop, and Alice makes a group of the three');
  await carolPhone.register('carol@example.org');
  stage.join(carolPhone);
  const carols = { phone: carolPhone, companion: carolLaptop };
  await linkByCode(stage, { ...carols, clientType: 'chrome', platform: 'Windows' });
  const staying = [alicePhone, aliceLaptop, bobPhone, bobLaptop];
  const everybody = [...staying, carolPhone, carolLaptop];
  const [alice, bob, carol] = [alicePhone, bobPhone, carolPhone].map(({ address }) => address) as [
    Address,
    Address,
    Address,
  ];
  const { id: group } = await alicePhone.client.groups.create({ members: [bob, carol] });
  await until('all know the group', () =>
    everybody.every((device) => device.heard('group-changed').length > 0),
  );
  stage.tell({ kind: 'step', by: carolLaptop.address, what: 'is told that Alice has added Carol' });
  await say(stage, { from: aliceLaptop, group, to: [alice, bob, carol], line: 'Who brings the bread?' });
  await stage.settle(...everybody);
  await say(stage, { from: aliceLaptop, group, to: [alice, bob, carol], line: 'And who the wine?' });
  await say(stage, { from: carolPhone, group, to: [alice, bob, carol], line: 'I do, both.' });
  await stage.settle(...everybody);

  stage.scene('Alice removes Carol; the server gives Carol all that is written later');
  await alicePhone.client.groups.remove(group, [carol]);
  const known = (device: Device) => device.client.groups.get(group);
  for (const device of everybody) {
    await until('all know', async () => !(await known(device)).members.includes(carol));
  }
  const before = stage.wire.seen().length;
  await say(stage, {
    from: bobPhone,
    group,
    to: [alice, bob],
    line: 'Now we can plan the surprise for Carol.',
  });
  const after = stage.wire.seen().slice(before);
  for (const envelope of after) stage.server.lie({ kind: 'inject', envelope: { ...envelope, to: carol } });
  await until('Carol’s phone has tried it all', () => stage.server.waiting(carol) === 0);
  await stage.settle(...staying);
  stage.check(
    'Bob’s phone has made a new key, which nobody has sent to Carol',
    after.some(({ type }) => type !== 'senderkey') && after.every(({ to }) => accountOf(to) !== carol),
  );
  const { length } = carolPhone.screen;
  stage.check('Carol’s phone shows what was written before, and nothing of that', length === 2);
  const refused = await carolPhone.client.groups.send({ group, body: bytes('Hello?') }).catch(codeOf);
  stage.check('and she cannot write there any more', refused === 'membership-conflict');
  return [carolPhone, carolLaptop];
}

/** One message to a group: who is to show it is noted, and what has gone over the wire. */
async function say(
  { expect, tell, wire }: Stage,
  { from, group, to, line }: { from: Device; group: Address; to: readonly Address[]; line: string },
): Promise<void> {
  const body = bytes(line);
  expect(from, body, ...to);
  tell({ kind: 'step', by: from.address, what: `writes to the group: “${line}”` });
  const before = wire.seen().length;
  const { ms } = await timed(() => from.client.groups.send({ group, body }));
  const sent = wire
    .seen()
    .slice(before)
    .filter((envelope) => envelope.from === from.address);
  const messages = sent.filter(({ type }) => type === 'senderkey');
  const keys = sent.length - messages.length;
  const given = keys === 0 ? 'all have the key' : `the key goes to ${keys} of them`;
  const what = `has encrypted it once, ${messages[0]?.bytes.length ?? 0} B, for ${messages.length} devices; ${given}`;
  tell({ kind: 'step', by: from.address, what, ms });
}

function bytes(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

function codeOf(error: unknown): unknown {
  return PolyratchetError.is(error) ? error.code : error;
}
