/** Whatever a caller passes in the place of any part: a typed error or an answer, and nothing that was passed has changed. */
import { assumeDeviceList } from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import * as group from 'polyratchet/group';
import { senderKeyDistribution } from 'polyratchet/senderkey';
import { expect, test } from 'vitest';
import { isBytes, toHex } from '../../src/core/bytes.js';
import { createKey } from '../senderkey/group.js';
import { seededRandom } from '../support/random.js';
import { caught } from '../support/rejects.js';
import { ALICE, BOB, CAROL, change, DAVE, GROUP, groupOf, keyOf, NOW, planFor, ready } from './people.js';

const record = groupOf(BOB, CAROL);
const added = change(record, ALICE, 'add', DAVE);
const plan = planFor([ready(BOB)], [ready('alice:1@example.org')]);
const senderKey = createKey(1);
const holders = group.createKeyHolders({ group: GROUP, senderKey, now: NOW });
const key = { senderKey, holders };
const distribution = group.planDistribution({ record, plan, key, now: NOW });
const format = { form: 'payload', extensions: group.groupExtensions } as const;
const message = { device: BOB, messageId: '1', length: 1, now: NOW };
const { waiting } = group.holdGroupMessage({ group: GROUP, ...message });
const to = [{ device: BOB, identityKey: keyOf(BOB) }];
const random = seededRandom(1);
const sender = assumeDeviceList({ account: ALICE, primaryIdentity: keyOf(ALICE), now: NOW });
const envelope = { id: '1', from: ALICE, bytes: Uint8Array.of(0x33) };
const given = { groupId: GROUP, message: senderKeyDistribution({ senderKey }) };

/** A call of each function that would do. */
const calls: Readonly<Partial<Record<keyof typeof group, unknown>>> = {
  acceptGroupKey: { record, distribution: given, sender: ALICE },
  addKeyHolders: { holders, to, sealed: [BOB] },
  answerGroupQuestion: { record, author: BOB, own: ALICE },
  applyGroupChange: { record, change: added.change, author: ALICE },
  changeGroup: { record, author: ALICE, kind: 'add', accounts: [DAVE] },
  compareGroupState: { record, claim: group.groupStateOf(added.record) },
  createGroup: { id: GROUP, creator: ALICE, members: [BOB] },
  createKeyHolders: { group: GROUP, senderKey, now: NOW },
  decodeGroup: group.encodeGroup(record),
  decodeGroupUpdate: group.encodeGroupUpdate({ kind: 'question', id: GROUP }),
  decodeKeyHolders: group.encodeKeyHolders(holders),
  decodeWaitingMessages: group.encodeWaitingMessages(waiting),
  encodeGroup: added.record,
  encodeGroupUpdate: { kind: 'change', change: added.change },
  encodeKeyHolders: group.addKeyHolders({ holders, to, sealed: [BOB] }),
  encodeWaitingMessages: waiting,
  encryptGroupMessage: {
    record,
    distribution,
    key,
    messageId: '1',
    format,
    content: {},
    metadata: {},
    random,
  },
  groupHash: record.group,
  groupStateOf: record,
  holdGroupMessage: { group: GROUP, waiting, ...message },
  joinGroup: { group: added.record.group, author: ALICE, own: BOB, record, asked: true },
  openGroupMessage: { envelope, record, sender, own: [BOB], format, now: NOW },
  planDistribution: { record, plan, key, previous: distribution, now: NOW },
  releaseGroupMessages: { waiting, from: () => true, now: NOW },
  reviewGroupRetry: { record, plan, holders, device: BOB },
  rotationDue: { record, plan, key, now: NOW, limits: { lifetime: 1, messages: 1 } },
};

const JUNK = [undefined, null, 1, -1, 'x', true, 5n, Symbol('x'), {}, [], [null], Uint8Array.of(1)] as const;

test('there is a call of every function', () => {
  const functions = Object.entries(group).filter(([, value]) => typeof value === 'function');
  expect(functions.map(([name]) => name).sort()).toEqual(
    [...Object.keys(calls), 'isMember', 'wasMember'].sort(),
  );
});

test.each(Object.entries(calls))('%s', (name, call) => {
  const run = group[name as keyof typeof group] as (argument: unknown) => unknown;
  const before = snapshot(call);
  for (const junk of JUNK) expectTyped(() => run(junk), `${name}(${typeof junk})`);
  for (const [path, replaced] of variants(call)) expectTyped(() => run(replaced), `${name}: ${path}`);
  if (name !== 'openGroupMessage') expect(caught(() => run(call))).toBeUndefined();
  expect(snapshot(call)).toBe(before);
});

function expectTyped(run: () => unknown, what: string): void {
  const error = caught(run);
  if (error !== undefined && !PolyratchetError.is(error)) throw new Error(what, { cause: error });
}

/** What others have made: each part of it may be anything. Values of our own are looked at as a whole. */
const FOREIGN: ReadonlySet<string> = new Set(['change', 'claim', 'distribution', 'envelope', 'group', 'to']);

/** The call with junk in the place of each part. */
function* variants(value: unknown): Generator<readonly [path: string, replaced: unknown]> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [name, part] of Object.entries(value)) {
    const withPart = (other: unknown): unknown =>
      Array.isArray(value)
        ? value.map((item: unknown, i) => (String(i) === name ? other : item))
        : { ...value, [name]: other };
    for (const junk of JUNK) yield [`${name} ${typeof junk}`, withPart(junk)];
    if (FOREIGN.has(name) || Array.isArray(value))
      for (const [path, other] of variants(part)) yield [`${name}.${path}`, withPart(other)];
  }
}

function snapshot(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isBytes(part) ? toHex(part) : part));
}
