/** The sending side of a retry: who gets a message again, with which session, and what storms come to. */
import {
  answerRetry,
  MAX_CACHED_MESSAGES,
  MAX_RETRY_RENEWALS,
  rememberSent,
  RETRY_LIFETIME_MS,
  type AnswerRetryOptions,
  type RetryAnswer,
  type RetryAnswers,
  type RetryRequest,
} from 'polyratchet/fanout';
import type { PreKeyBundle } from 'polyratchet/identity';
import { archiveSession, encodeSession, UNACKNOWLEDGED_LIFETIME_MS, type Session } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { notBytes, notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { currentOf, sessionOf } from '../support/forge.js';
import { bundleOf, conversation, createParty, start } from '../support/party.js';

const NOW = 1_700_000_000_000;
const SENT = NOW - 60_000;
const PHONE = 'bob@example.org';
const OWN = 'alice:1@example.org';
const { alice, bob } = conversation();
const stranger = createParty(9);
const identityKey = bob.identity.publicKey;
const bundle = bundleOf(bob);
const hello = new TextEncoder().encode('hello');

const sent = rememberSent({
  sent: rememberSent({
    messageId: '3EB0C4',
    plaintext: hello,
    devices: [{ device: PHONE, identityKey }],
    now: SENT,
  }),
  messageId: '3EB0C4',
  plaintext: new TextEncoder().encode('a copy of hello'),
  devices: [{ device: OWN, identityKey: stranger.identity.publicKey }],
  now: SENT,
});
const session = sessionOf(alice);
const { registrationId } = bob;
const request: RetryRequest = { messageId: '3EB0C4', count: 1, reason: 'bad-mac', registrationId };
const asked: AnswerRetryOptions = { request, device: PHONE, sent, identityKey, session, now: NOW };

type Change = Partial<Omit<AnswerRetryOptions, 'request'>> & { readonly request?: Partial<RetryRequest> };

function optionsOf({ request: other, ...change }: Change): AnswerRetryOptions {
  return { ...asked, ...change, request: { ...request, ...other } };
}

function answer(change: Change = {}): RetryAnswer {
  return answerRetry(optionsOf(change));
}

function without(...names: readonly (keyof AnswerRetryOptions)[]): RetryAnswer {
  const left = Object.entries(asked).filter(([name]) => !names.includes(name as keyof AnswerRetryOptions));
  return answerRetry(Object.fromEntries(left) as unknown as AnswerRetryOptions);
}

function resent(change: Change = {}): Extract<RetryAnswer, { kind: 'resend' }> {
  const given = answer(change);
  if (given.kind === 'refused') throw new Error(`refused: ${given.why}`);
  return given;
}

/** What a device was sent again so far, with these counts and nothing else. */
function answersAt(count: number, more: Partial<RetryAnswers> = {}, baseKey?: Uint8Array): RetryAnswers {
  const key = baseKey === undefined ? {} : { baseKey: baseKey as typeof identityKey };
  const message = { messageId: '3EB0C4', sentAt: SENT, count, answeredAt: NOW - 1_000, ...key };
  return { device: PHONE, messages: [message], renewals: [], ...more };
}

describe('a recipient', () => {
  test('gets what it was sent before, in the session that there is', () => {
    expect(answer()).toEqual({
      kind: 'resend',
      session: 'keep',
      target: { device: PHONE, session, trustedIdentity: identityKey },
      plaintext: hello,
      count: 1,
      answers: {
        device: PHONE,
        messages: [{ messageId: '3EB0C4', sentAt: SENT, count: 1, answeredAt: NOW }],
        renewals: [],
      },
    });
  });

  test('among our own devices gets its copy, and never the other plaintext', () => {
    const { plaintext } = resent({ device: OWN, identityKey: stranger.identity.publicKey });
    expect(new TextDecoder().decode(plaintext)).toBe('a copy of hello');
  });

  test('gets a plaintext of its own: what is done to it reaches nobody', () => {
    resent().plaintext.fill(0);
    resent().target.trustedIdentity?.fill(0);
    expect(resent().plaintext).toEqual(hello);
    expect(resent().target.trustedIdentity).toEqual(bundle.identityKey);
  });
});

describe('a request is refused', () => {
  const other = { identityKey: stranger.identity.publicKey };
  const foreign: PreKeyBundle = { ...bundle, ...other };

  test.each<[string, () => RetryAnswer]>([
    ['not-cached', () => without('sent')],
    ['expired', () => answer({ now: SENT + RETRY_LIFETIME_MS })],
    ['expired', () => answer({ now: SENT - RETRY_LIFETIME_MS })],
    ['not-a-recipient', () => answer({ device: 'bob:1@example.org' })],
    ['not-a-recipient', () => answer({ device: 'mallory@example.org', ...other })],
    ['not-accepted', () => without('identityKey')],
    ['identity-changed', () => answer(other)],
    ['identity-changed', () => answer({ request: { count: 2, bundle: foreign } })],
    ['identity-changed', () => answer({ ...other, request: { count: 2, bundle: foreign } })],
    ['too-many', () => answer({ request: { count: 6 } })],
    ['too-many', () => answer({ request: { count: 2 ** 32 - 1 } })],
    ['repeated', () => answer({ answers: answersAt(1) })],
    ['repeated', () => answer({ answers: answersAt(3), request: { count: 2 } })],
  ])('as %s (%#)', (why, run) => {
    expect(run()).toEqual({ kind: 'refused', why });
  });

  test('as expired not a millisecond early', () => {
    expect(resent({ now: SENT + RETRY_LIFETIME_MS - 1 }).session).toBe('keep');
  });

  test('as too-many-sessions, once five were started within 24 hours', () => {
    expect(MAX_RETRY_RENEWALS).toBe(5);
    const renewals = (count: number): RetryAnswers => ({
      device: PHONE,
      messages: [],
      renewals: new Array<number>(count).fill(SENT - 1),
    });
    const wants = { request: { count: 2, bundle } };
    expect(resent({ ...wants, answers: renewals(4) }).answers.renewals).toHaveLength(5);
    expect(answer({ ...wants, answers: renewals(5) })).toEqual({ kind: 'refused', why: 'too-many-sessions' });
    expect(resent({ answers: renewals(5) }).session, 'the session that there is may go on').toBe('keep');
    const later = { ...wants, sent: { ...sent, sentAt: NOW }, now: SENT - 1 + RETRY_LIFETIME_MS };
    expect(resent({ ...later, answers: renewals(5) }).answers.renewals).toEqual([later.now]);
  });
});

describe('the session', () => {
  const none = archiveSession({ session });
  const { baseKey } = currentOf(alice);
  const begun = createParty(5);
  begun.now = NOW - 30_000;
  start(begun, bundle);
  const fresh = sessionOf(begun);
  const early = { ...sent, sentAt: NOW - 30_000 };
  const other = registrationId + 1;

  test.each<[string, string, Change]>([
    ['is kept at the first request', 'keep', {}],
    ['is kept at the second one, without keys', 'keep', { request: { count: 2 } }],
    ['is kept at the third one, if its base key is not remembered', 'keep', { request: { count: 3 } }],
    [
      'is kept at the third one, if it has changed since the second',
      'keep',
      { request: { count: 3 }, answers: answersAt(2, {}, identityKey) },
    ],
    [
      'is replaced at the third one, if it has not',
      'fetch-bundle',
      { request: { count: 3 }, answers: answersAt(2, {}, baseKey) },
    ],
    ['is replaced if keys come', 'renew-from-bundle', { request: { bundle } }],
    ['is replaced if keys come later', 'renew-from-bundle', { request: { count: 5, bundle } }],
    ['is replaced if the registration id is another', 'fetch-bundle', { request: { registrationId: other } }],
    ['is made if there is no current state', 'fetch-bundle', { session: none }],
    ['is made from the keys that come', 'renew-from-bundle', { session: none, request: { bundle } }],
    [
      'is replaced if it was never answered and is too old',
      'fetch-bundle',
      {
        session: fresh,
        now: NOW + UNACKNOWLEDGED_LIFETIME_MS,
        sent: { ...sent, sentAt: NOW + UNACKNOWLEDGED_LIFETIME_MS },
      },
    ],
    [
      'is kept, whatever comes, if it is newer than the copy',
      'keep',
      { session: fresh, request: { bundle } },
    ],
    [
      'is kept if it was started anew since, and answered',
      'keep',
      { request: { bundle }, answers: { device: PHONE, messages: [], renewals: [SENT + 1] } },
    ],
    [
      'is replaced if it was started anew with the copy itself',
      'renew-from-bundle',
      { session: fresh, sent: early, request: { bundle } },
    ],
    [
      'is replaced if it was started anew before the last copy',
      'renew-from-bundle',
      { request: { count: 2, bundle }, answers: answersAt(1, { renewals: [NOW - 2_000] }) },
    ],
  ])('%s', (_, expected, change) => {
    const { session: decided, target, answers } = resent(change);
    const given = change.session ?? session;
    expect(decided).toBe(expected);
    expect(target.session).toEqual(expected === 'keep' ? given : archiveSession({ session: given }));
    expect(target.bundle).toBe(expected === 'renew-from-bundle' ? bundle : undefined);
    const { now = NOW } = change;
    expect(answers.renewals.includes(now)).toBe(expected !== 'keep');
  });

  test('is made if there is none', () => {
    const given = without('session');
    expect(given).toMatchObject({ session: 'fetch-bundle', target: { device: PHONE } });
  });

  test('of another identity is archived, and the trusted one asked for', () => {
    const { session: decided, target } = resent({ session: sessionOf(bob) }); // his with her: her identity
    expect([decided, target.trustedIdentity]).toEqual(['fetch-bundle', identityKey]);
  });

  test('is remembered by its base key from the second answer on, if it is kept', () => {
    const remembered = (change: Change): unknown => resent(change).answers.messages[0]?.baseKey;
    expect(remembered({})).toBeUndefined();
    expect(remembered({ request: { count: 2 } })).toEqual(baseKey);
    expect(remembered({ request: { count: 4 } })).toEqual(baseKey);
    expect(remembered({ request: { count: 2, bundle } })).toBeUndefined();
  });
});

describe('what a device was sent again', () => {
  test('is replaced for a message, and added for another', () => {
    const { answers } = resent({ answers: answersAt(1), request: { count: 2 } });
    expect(answers.messages.map(({ count }) => count)).toEqual([2]);
    const messages = [{ messageId: 'other', sentAt: SENT, count: 3, answeredAt: SENT }];
    const both = resent({ answers: { device: PHONE, messages, renewals: [] } }).answers;
    expect(both.messages.map(({ messageId }) => messageId)).toEqual(['other', '3EB0C4']);
  });

  test('is at most 256 messages: the one that was sent first goes, which nobody keeps any more', () => {
    const messages = Array.from({ length: MAX_CACHED_MESSAGES }, (_, i) => ({
      messageId: `${i}`,
      sentAt: SENT - (i === 7 ? 2 : 1),
      count: 1,
      answeredAt: SENT,
    }));
    const { answers } = resent({ answers: { device: PHONE, messages, renewals: [] } });
    expect(answers.messages).toHaveLength(MAX_CACHED_MESSAGES);
    expect(answers.messages.some(({ messageId }) => messageId === '7')).toBe(false);
    const later = resent({
      answers: { device: PHONE, messages, renewals: [] },
      now: SENT - 1 + RETRY_LIFETIME_MS,
    });
    expect(later.answers.messages.map(({ messageId }) => messageId)).toEqual(['3EB0C4']);
  });
});

describe('a storm of 1,000 requests', () => {
  /** Whatever the server likes: devices, counts, registrations, keys and times. */
  const forged = (i: number): Change => ({
    device: [PHONE, OWN, 'mallory@example.org', 'bob:7@example.org'][i % 4]!,
    now: NOW + i,
    request: {
      count: 1 + ((i * 7) % 11),
      registrationId: i % 3 === 0 ? registrationId : i,
      ...(i % 5 === 0 ? { registrationId: bundle.registrationId, bundle } : {}),
    },
  });

  test('leads to at most five copies a device, each what the device was sent, and to no other identity', () => {
    const known = new Map<string, RetryAnswers>();
    const resends: [string, string][] = [];
    const identities = new Map([
      [PHONE, identityKey],
      [OWN, stranger.identity.publicKey],
    ]);
    const before = encodeSession(session);
    for (let i = 0; i < 1_000; i++) {
      const change = forged(i);
      const device = change.device!;
      const options = optionsOf({
        ...change,
        ...(known.has(device) ? { answers: known.get(device)! } : {}),
        ...(identities.has(device) ? { identityKey: identities.get(device)! } : {}),
      });
      const given = answerRetry(options);
      if (given.kind === 'refused') continue;
      known.set(device, given.answers);
      resends.push([device, new TextDecoder().decode(given.plaintext)]);
      expect(given.target.trustedIdentity).toEqual(identities.get(device));
      expect(given.target.bundle?.identityKey ?? identityKey).toEqual(identityKey);
    }
    const texts = (device: string): string[] =>
      resends.filter(([to]) => to === device).map(([, text]) => text);
    expect(texts(PHONE).length).toBeGreaterThan(0);
    expect(texts(PHONE).length).toBeLessThanOrEqual(5);
    expect(texts(OWN).length).toBeLessThanOrEqual(5);
    expect(new Set(texts(PHONE))).toEqual(new Set(['hello']));
    expect(new Set(texts(OWN))).toEqual(new Set(['a copy of hello']));
    expect([...known.keys()].every((device) => identities.has(device))).toBe(true);
    expect(encodeSession(session)).toEqual(before);
  });

  test('over 200 messages with keys leads to five new sessions, and one serves them all', () => {
    const messages = Array.from({ length: 200 }, (_, i) => ({
      ...sent,
      messageId: `${i}`,
      sentAt: SENT + i,
    }));
    let answers: RetryAnswers | undefined;
    const decisions = new Map<string, number>();
    for (let i = 0; i < 1_000; i++) {
      const message = messages[i % 200]!;
      const { messageId } = message;
      const given = answer({
        sent: message,
        now: NOW + i,
        request: { messageId, count: 1 + Math.floor(i / 200), bundle },
        ...(answers === undefined ? {} : { answers }),
      });
      const decided = given.kind === 'refused' ? given.why : given.session;
      decisions.set(decided, (decisions.get(decided) ?? 0) + 1);
      if (given.kind === 'resend') answers = given.answers;
    }
    expect(Object.fromEntries(decisions)).toEqual({ 'renew-from-bundle': 5, keep: 995 });
    expect(answers?.renewals).toHaveLength(5);
  });
});

describe('invalid-argument refuses', () => {
  const wrong = (change: object): void => {
    expectError('invalid-argument', () => answerRetry({ ...asked, ...change }));
  };

  test.each(['', 'bob', 'bob:0@example.org', 7, null, undefined])('the device %s', (device) =>
    wrong({ device }),
  );
  test.each(notBytes.filter(([name]) => name !== 'undefined'))('%s as identity key', (_, key) =>
    wrong({ identityKey: key }),
  );
  test.each([0, 31, 33])('an identity key of %i bytes', (length) =>
    wrong({ identityKey: new Uint8Array(length) }),
  );
  test.each([NaN, -1, 0.5, '1', undefined])('the time %s', (now) => wrong({ now }));
  test.each([
    [{ count: 0 }],
    [{ count: 1.5 }],
    [{ count: '1' }],
    [{ count: 2 ** 32 }],
    [{ reason: 'none' }],
    [{ messageId: '' }],
    [{ registrationId: -1 }],
    [{ bundle: null }],
    [{ bundle: { ...bundle, registrationId: 0 } }],
    [{ bundle: { ...bundle, identityKey: 'x' } }],
    [{ bundle: { ...bundle, identityKey: new Uint8Array(31) } }],
  ])('a request with %j', (change) => wrong({ request: { ...request, ...change } }));
  test('another message than the one that is asked for', () => wrong({ sent: { ...sent, messageId: 'x' } }));
  test('the answers of another device', () => wrong({ answers: { ...answersAt(1), device: OWN } }));
  test.each(['messages', 'renewals'])('answers without %s', (name) =>
    wrong({ answers: { ...answersAt(1), [name]: undefined } }),
  );
  test.each(notObjects)('%s', (name, value) => {
    expectError('invalid-argument', () => answerRetry(value as AnswerRetryOptions));
    wrong({ request: value });
    if (name === 'undefined') return;
    wrong({ sent: value });
    wrong({ answers: value });
    wrong({ session: value as Session });
  });
});
