/** The receiving side of a retry: which errors are asked about, how often, with what; and the request on the wire. */
import { errorAdvice, PolyratchetError, type ErrorCode, type ErrorData } from 'polyratchet/errors';
import {
  decodeRetryRequest,
  encodeRetryRequest,
  MAX_REQUESTED_MESSAGES,
  MAX_RETRY_COUNT,
  planRetryRequest,
  RETRY_LIFETIME_MS,
  RETRY_REASONS,
  settleRetry,
  type PlanRetryRequestOptions,
  type RetryReason,
  type RetryRequest,
  type RetryRequestPlan,
  type RetryRequests,
} from 'polyratchet/fanout';
import { describe, expect, test } from 'vitest';
import { notObjects, notUint32 } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { bundleOf, createParty } from '../support/party.js';
import { lengthField, varintField } from '../wire/bytes.js';

const NOW = 1_700_000_000_000;
const DEVICE = 'alice:3@example.org';
const badMac = new PolyratchetError('bad-mac', { device: DEVICE, counter: 7 });
const failed = { device: DEVICE, messageId: '3EB0C4', error: badMac, registrationId: 4711, now: NOW };

/** Asks as often as a plan says so, and returns the plans. */
function ask(times: number, change: Partial<PlanRetryRequestOptions> = {}): RetryRequestPlan[] {
  let known: Pick<PlanRetryRequestOptions, 'requests'> = {};
  return Array.from({ length: times }, () => {
    const plan = planRetryRequest({ ...failed, ...known, ...change });
    if (plan.kind === 'request') known = { requests: plan.requests };
    return plan;
  });
}

function requestsOf(plan: RetryRequestPlan): RetryRequests {
  if (plan.kind !== 'request') throw new Error(`no request: ${plan.kind} ${plan.why}`);
  return plan.requests;
}

describe('a message that could not be read', () => {
  test('is asked for with its id, the count, the reason and our registration id', () => {
    expect(planRetryRequest(failed)).toEqual({
      kind: 'request',
      request: { messageId: '3EB0C4', count: 1, reason: 'bad-mac', registrationId: 4711 },
      withKeys: false,
      requests: {
        device: DEVICE,
        messages: [{ messageId: '3EB0C4', count: 1, since: NOW, delivered: false }],
      },
    });
  });

  test('is asked for five times, with keys from the second on, and given up then', () => {
    expect(MAX_RETRY_COUNT).toBe(5);
    const plans = ask(7);
    const asked = plans.slice(0, 5).map((plan) => plan.kind === 'request' && plan);
    expect(asked.map((plan) => plan && plan.request.count)).toEqual([1, 2, 3, 4, 5]);
    expect(asked.map((plan) => plan && plan.withKeys)).toEqual([false, true, true, true, true]);
    expect(plans.slice(5)).toEqual(new Array(2).fill({ kind: 'give-up', why: 'too-many' }));
  });

  const ASKED: readonly (readonly [PolyratchetError, RetryReason, boolean])[] = [
    [badMac, 'bad-mac', false],
    [new PolyratchetError('key-gone', { counter: 1 }), 'invalid-message-key', false],
    [new PolyratchetError('too-far-ahead', { counter: 9, limit: 5 }), 'future-message', false],
    [new PolyratchetError('no-session', {}), 'no-session', true],
    [new PolyratchetError('no-prekey', { kind: 'one-time', id: 3 }), 'invalid-key-id', true],
    [new PolyratchetError('no-sender-key', { id: 3 }), 'no-session', true],
  ];

  test.each(ASKED)('%s', (error, reason, withKeys) => {
    expect(planRetryRequest({ ...failed, error })).toMatchObject({ request: { reason }, withKeys });
  });

  test('is asked for exactly where the advice about the error says so', () => {
    const advised = Object.entries(errorAdvice).flatMap(([code, advice]) =>
      advice.includes('ask for a retry') ? [code] : [],
    );
    expect(ASKED.map(([{ code }]) => code).sort()).toEqual(advised.sort());
    const any: ErrorData[ErrorCode] = { counter: 1, expected: [], got: 0, reasons: [] };
    for (const code of Object.keys(errorAdvice) as ErrorCode[]) {
      const { kind } = planRetryRequest({ ...failed, error: new PolyratchetError(code, any) });
      expect(kind, code).toBe(advised.includes(code) ? 'request' : 'ignore');
    }
  });

  test('is never asked for if it was read before', () => {
    const error = new PolyratchetError('duplicate-message', { counter: 1 });
    expect(planRetryRequest({ ...failed, error })).toEqual({ kind: 'ignore', why: 'duplicate' });
    const malformed = new PolyratchetError('malformed', { what: 'a', field: 'b', expected: 'c', got: 'd' });
    const plan = planRetryRequest({ ...failed, error: malformed });
    expect(plan).toEqual({ kind: 'ignore', why: 'not-retryable' });
  });

  test('is not asked for after a copy of it was read', () => {
    const requests = requestsOf(planRetryRequest(failed));
    const settled = settleRetry({ requests, messageId: '3EB0C4', now: NOW + 1 });
    expect(settled.messages).toEqual([{ messageId: '3EB0C4', count: 1, since: NOW, delivered: true }]);
    const plan = planRetryRequest({ ...failed, requests: settled });
    expect(plan).toEqual({ kind: 'ignore', why: 'delivered' });
    expect(settleRetry({ requests, messageId: 'other', now: NOW })).toEqual(requests);
  });
});

describe('what was asked of a device', () => {
  const full: RetryRequests = {
    device: DEVICE,
    messages: Array.from({ length: MAX_REQUESTED_MESSAGES }, (_, i) => ({
      messageId: `${i}`,
      count: 1,
      since: NOW,
      delivered: false,
    })),
  };

  test('is forgotten after 24 hours, not a millisecond before', () => {
    const [, plan] = ask(2);
    const requests = requestsOf(plan!);
    const later = (now: number): RetryRequestPlan =>
      planRetryRequest({ ...failed, messageId: 'other', requests, now });
    expect(requestsOf(later(NOW + RETRY_LIFETIME_MS - 1)).messages).toHaveLength(2);
    expect(requestsOf(later(NOW + RETRY_LIFETIME_MS)).messages).toHaveLength(1);
    expect(requestsOf(later(NOW - RETRY_LIFETIME_MS)).messages, 'a clock that was ahead').toHaveLength(1);
  });

  test('counts from the first request: a later one prolongs nothing', () => {
    const requests = requestsOf(planRetryRequest(failed));
    const second = requestsOf(planRetryRequest({ ...failed, requests, now: NOW + 1_000 }));
    expect(second.messages).toEqual([{ messageId: '3EB0C4', count: 2, since: NOW, delivered: false }]);
  });

  test('is at most 1,000 messages: a flood ends, and what waits is still asked for', () => {
    expect(MAX_REQUESTED_MESSAGES).toBe(1_000);
    const flood = planRetryRequest({ ...failed, requests: full });
    expect(flood).toEqual({ kind: 'give-up', why: 'too-many-messages' });
    const known = planRetryRequest({ ...failed, requests: full, messageId: '17' });
    expect(known).toMatchObject({ kind: 'request', request: { count: 2 } });
    const room = { ...full, messages: full.messages.slice(1) };
    expect(requestsOf(planRetryRequest({ ...failed, requests: room })).messages).toHaveLength(1_000);
    const next = planRetryRequest({ ...failed, requests: full, now: NOW + RETRY_LIFETIME_MS });
    expect(requestsOf(next).messages).toHaveLength(1);
  });

  test('does not change in place', () => {
    const before = JSON.stringify(full);
    planRetryRequest({ ...failed, requests: full, messageId: '17' });
    settleRetry({ requests: full, messageId: '17', now: NOW });
    expect(JSON.stringify(full)).toBe(before);
  });

  test('is of one device', () => {
    const requests = { device: 'mallory@example.org', messages: [] };
    expectError('invalid-argument', () => planRetryRequest({ ...failed, requests }));
  });
});

describe('invalid-argument refuses', () => {
  const wrong = (change: object): void => {
    const { data } = expectError('invalid-argument', () => planRetryRequest({ ...failed, ...change }));
    expect(JSON.stringify(data)).not.toContain('3EB0C4');
  };

  test.each(['', 'alice', 'alice:0@example.org', 7, null, undefined])('the device %s', (device) =>
    wrong({ device }),
  );
  test.each(['', 'x'.repeat(65), 'ü', '\n', 7, null, undefined])('the message id %s', (messageId) =>
    wrong({ messageId }),
  );
  test.each(notUint32)('the registration id %s', (_, registrationId) => wrong({ registrationId }));
  test.each([NaN, -1, 0.5, '1', undefined])('the time %s', (now) => wrong({ now }));
  test.each([new Error('bad-mac'), 'bad-mac', { code: 'bad-mac' }, undefined])('the error %s', (error) =>
    wrong({ error }),
  );
  test.each([[[]], ['x'], [{ device: DEVICE }], [null]])('the requests %s', (requests) =>
    wrong({ requests }),
  );
  test.each(notObjects)('%s as options', (_, options) => {
    expectError('invalid-argument', () => planRetryRequest(options as PlanRetryRequestOptions));
    expectError('invalid-argument', () => settleRetry(options as never));
  });
});

describe('a request on the wire', () => {
  const request: RetryRequest = { messageId: '3EB0C4', count: 2, reason: 'no-session', registrationId: 4711 };
  const party = createParty(3);
  const bundle = bundleOf(party);
  const withKeys = { ...request, registrationId: bundle.registrationId, bundle };

  test('is a version and four fields, and the bundle where there is one', () => {
    const bytes = [
      1,
      ...lengthField(1, '3EB0C4'),
      ...varintField(2, 2),
      ...varintField(3, 1),
      ...varintField(4, 4711),
    ];
    expect(encodeRetryRequest(request)).toEqual(Uint8Array.from(bytes));
    expect(decodeRetryRequest(encodeRetryRequest(request))).toEqual(request);
    expect(decodeRetryRequest(encodeRetryRequest(withKeys))).toEqual(withKeys);
    expect(encodeRetryRequest(withKeys).length).toBeLessThan(256);
  });

  test('names the reasons by WhatsApp’s numbers, and an unknown one `unknown`', () => {
    expect(Object.values(RETRY_REASONS)).toEqual(Array.from({ length: 14 }, (_, i) => i));
    const numbered = (number: number): RetryReason =>
      decodeRetryRequest(
        Uint8Array.from([
          1,
          ...lengthField(1, 'x'),
          ...varintField(2, 1),
          ...varintField(3, number),
          ...varintField(4, 1),
        ]),
      ).reason;
    for (const [reason, number] of Object.entries(RETRY_REASONS)) expect(numbered(number)).toBe(reason);
    expect(numbered(14)).toBe('unknown');
    expect(numbered(2 ** 32 - 1)).toBe('unknown');
  });

  const ID = lengthField(1, 'x');
  const [COUNT, REASON, REGISTRATION] = [varintField(2, 1), varintField(3, 1), varintField(4, 1)];

  test.each<[string, string, readonly (readonly number[])[]]>([
    ['without an id', 'messageId', [COUNT, REASON, REGISTRATION]],
    ['without a count', 'count', [ID, REASON, REGISTRATION]],
    ['without a reason', 'reason', [ID, COUNT, REGISTRATION]],
    ['without a registration id', 'registrationId', [ID, COUNT, REASON]],
    ['with two ids', 'messageId', [ID, ID, COUNT, REASON, REGISTRATION]],
    ['with two counts', 'count', [ID, COUNT, COUNT, REASON, REGISTRATION]],
    ['with two reasons', 'reason', [ID, COUNT, REASON, REASON, REGISTRATION]],
    ['with two registration ids', 'registrationId', [ID, COUNT, REASON, REGISTRATION, REGISTRATION]],
    ['with a count of 0', 'count', [ID, varintField(2, 0), REASON, REGISTRATION]],
    ['with a count of 2^32', 'count', [ID, varintField(2, 2 ** 32), REASON, REGISTRATION]],
    ['with a registration id of 2^32', 'registrationId', [ID, COUNT, REASON, varintField(4, 2 ** 32)]],
    ['with an empty id', 'messageId', [lengthField(1, ''), COUNT, REASON, REGISTRATION]],
    [
      'with an id of 65 characters',
      'messageId',
      [lengthField(1, 'x'.repeat(65)), COUNT, REASON, REGISTRATION],
    ],
    ['with an id that is no ASCII', 'messageId', [lengthField(1, 'ü'), COUNT, REASON, REGISTRATION]],
    ['with an id that is a number', 'messageId', [varintField(1, 1), COUNT, REASON, REGISTRATION]],
    ['with a count that is a text', 'count', [ID, lengthField(2, 'x'), REASON, REGISTRATION]],
    ['with an empty bundle', 'registrationId', [ID, COUNT, REASON, REGISTRATION, lengthField(5, '')]],
    ['with a sixth field', 'field', [ID, COUNT, REASON, REGISTRATION, varintField(6, 1)]],
  ])('is malformed %s', (_, field, parts) => {
    const error = expectError('malformed', () => decodeRetryRequest(Uint8Array.from([1, ...parts.flat()])));
    expect(error.data.field).toBe(field);
  });

  test('is malformed cut short, or with a byte more', () => {
    const bytes = encodeRetryRequest(withKeys);
    for (const length of [0, 1, 5, bytes.length - 1])
      expectError('malformed', () => decodeRetryRequest(bytes.subarray(0, length)));
    expectError('malformed', () => decodeRetryRequest(Uint8Array.of(...bytes, 0)));
    expectError('newer-format', () => decodeRetryRequest(Uint8Array.of(2, ...bytes.subarray(1))));
  });

  test('is malformed with the bundle of another registration', () => {
    const other = { ...bundle, registrationId: bundle.registrationId + 1 };
    expectError('invalid-argument', () => encodeRetryRequest({ ...withKeys, bundle: other }));
    const mixed = encodeRetryRequest({ ...withKeys, registrationId: other.registrationId, bundle: other });
    const at = mixed.lastIndexOf(0x20, mixed.indexOf(0x2a)); // the tag of field 4, before that of field 5
    mixed[at + 1]! ^= 1;
    expect(expectError('malformed', () => decodeRetryRequest(mixed)).data.field).toBe('bundle');
  });

  test('is not encoded with a bundle that nobody would take', () => {
    const signature = new Uint8Array(64);
    const forged = {
      ...withKeys,
      bundle: { ...bundle, signedPreKey: { ...bundle.signedPreKey, signature } },
    };
    expectError('invalid-signature', () => encodeRetryRequest(forged));
    for (const wrong of [null, 'x', {}]) {
      expectError('invalid-argument', () => encodeRetryRequest({ ...withKeys, bundle: wrong as never }));
    }
  });

  test.each(['none', 'toString', '', 7, null, undefined, { toString: () => 'bad-mac' }])(
    'is not encoded with the reason %s',
    (reason) => {
      expectError('invalid-argument', () =>
        encodeRetryRequest({ ...request, reason: reason as RetryReason }),
      );
    },
  );
});
