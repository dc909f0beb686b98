/** Events that are kept until they are told: what is read back is what was written, and the longest fits into a record. */
import type { GroupEvent } from 'polyratchet/group';
import { MAX_MEMBERS } from 'polyratchet/group';
import { MAX_DEVICES } from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { MAX_STORE_VALUE_LENGTH } from '../../src/client/store.js';
import { isLasting, untoldRecord, type LastingEvent } from '../../src/client/untold.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

const { encode, decode } = untoldRecord('untold/1');
const ALICE = 'alice@example.org';
const { publicKey: identity } = generateIdentity(seededRandom(1));
const device = { address: 'alice:1@example.org', keyIndex: 7, identity };

const events: readonly LastingEvent[] = [
  { kind: 'lost', id: 'message 1', from: 'alice:1@example.org' },
  { kind: 'linked', device: 'alice:1@example.org' },
  { kind: 'group-changed', group: 'friends@group', changes: [], lost: true },
  { kind: 'group-disputed', group: 'friends@group', by: ALICE, open: true },
  {
    kind: 'group-changed',
    group: 'friends@group',
    changes: (['added', 'removed', 'left', 'promoted', 'demoted'] as const).map((kind) => ({
      kind,
      account: ALICE,
      by: 'bob@example.org',
    })),
    lost: false,
  },
  {
    kind: 'devices-changed',
    account: ALICE,
    added: [device],
    removed: (['revoked', 're-registered', 'moved'] as const).map((why) => ({ ...device, why })),
    notice: { kind: 'code-changed', compare: false },
  },
  {
    kind: 'devices-changed',
    account: ALICE,
    added: [],
    removed: [],
    notice: { kind: 'primary-changed', compare: true },
  },
  {
    kind: 'devices-changed',
    account: ALICE,
    added: [],
    removed: [],
    notice: { kind: 'none', compare: false },
  },
];

test.each(events)('$kind is read as it was written', (event) => {
  expect(isLasting(event)).toBe(true);
  expect(decode(encode(event))).toEqual(event);
});

describe('a record', () => {
  test('holds the greatest change of a group, and the greatest list', () => {
    const long = (i: number): string => `${String(i).padStart(4, '0')}${'x'.repeat(112)}@example.org`;
    const changes = Array.from({ length: 3 * MAX_MEMBERS }, (_, i): GroupEvent => {
      return { kind: 'added', account: long(i), by: long(0) };
    });
    expect(long(0)).toHaveLength(128);
    const event = { kind: 'group-changed', group: 'friends@group', changes, lost: false } as const;
    const record = encode(event);
    expect(record.length).toBeLessThan(MAX_STORE_VALUE_LENGTH);
    expect(decode(record)).toEqual(event);
    expectError('malformed', () =>
      decode(encode({ ...event, changes: [...changes, { kind: 'left', account: ALICE, by: ALICE }] })),
    );
    const added = Array.from({ length: MAX_DEVICES }, () => device);
    const list = { kind: 'devices-changed', account: ALICE, added, removed: [] } as const;
    const whole = { ...list, notice: { kind: 'none', compare: false } } as const;
    expect(decode(encode(whole))).toEqual(whole);
  });

  test('without an event is malformed', () => {
    const version = encode({ kind: 'linked', device: ALICE }).slice(0, 1);
    expectError('malformed', () => decode(version));
  });
});
