/** What is kept for retries: who was sent what, for how long, and how much of it. */
import {
  MAX_CACHED_MESSAGES,
  MAX_SENT_DEVICES,
  rememberSent,
  RETRY_LIFETIME_MS,
  updateResendCache,
  type CachedMessage,
  type RememberSentOptions,
  type ResendCache,
  type SentMessage,
} from 'polyratchet/fanout';
import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/core/secret.js';
import { MAX_PLAINTEXT_LENGTH } from '../../src/wire/index.js';
import { notBytes, notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { createParty } from '../support/party.js';

const NOW = 1_700_000_000_000;
const keyOf = (seed: number): Uint8Array => createParty(seed, 0).identity.publicKey;
const [phone, tablet] = [keyOf(1), keyOf(2)];
const bob = { device: 'bob@example.org', identityKey: phone };
const bobTablet = { device: 'bob:1@example.org', identityKey: tablet };
const hello = { messageId: '3EB0C4', plaintext: new TextEncoder().encode('hello'), now: NOW };
const copy = { ...hello, plaintext: new TextEncoder().encode('copy') };

/** Texts and their devices. */
function shown({ parts }: SentMessage): (readonly [string, readonly string[]])[] {
  return parts.map(({ plaintext, devices }) => [
    new TextDecoder().decode(reveal(plaintext)),
    devices.map(({ device }) => device),
  ]);
}

describe('a sent message', () => {
  const first = rememberSent({ ...hello, devices: [bob] });

  test('is what was sent, to whom, and when first', () => {
    expect(shown(first)).toEqual([['hello', ['bob@example.org']]]);
    expect(first).toMatchObject({ messageId: '3EB0C4', sentAt: NOW });
    expect(first.parts[0]?.devices[0]?.identityKey).toEqual(phone);
  });

  test('takes the copies of our own devices, and the devices of a second round', () => {
    const own = { device: 'alice:1@example.org', identityKey: tablet };
    const copied = rememberSent({ sent: first, ...copy, devices: [own] });
    const whole = rememberSent({ sent: copied, ...hello, devices: [bob, bobTablet], now: NOW + 5_000 });
    expect(shown(whole)).toEqual([
      ['hello', ['bob@example.org', 'bob:1@example.org']],
      ['copy', ['alice:1@example.org']],
    ]);
    expect(whole.sentAt).toBe(NOW);
    expect(shown(first)).toEqual([['hello', ['bob@example.org']]]);
  });

  test('never gives a device another plaintext, nor the same one under another key', () => {
    const again = (change: object): void => {
      expectError('invalid-argument', () =>
        rememberSent({ sent: first, ...hello, devices: [bob], ...change }),
      );
    };
    again(copy);
    again({ devices: [{ ...bob, identityKey: tablet }] });
    again({ devices: [bobTablet, bobTablet] });
    again({ messageId: 'other' });
    expect(shown(rememberSent({ sent: first, ...hello, devices: [bob] }))).toEqual(shown(first));
    expect(shown(rememberSent({ sent: first, ...copy, devices: [] }))).toEqual(shown(first));
  });

  test('keeps copies of what it is given', () => {
    const plaintext = new TextEncoder().encode('hello');
    const identityKey = new Uint8Array(phone);
    const sent = rememberSent({ ...hello, plaintext, devices: [{ ...bob, identityKey }] });
    plaintext.fill(0);
    identityKey.fill(0);
    expect(shown(sent)).toEqual(shown(first));
    expect(sent.parts[0]?.devices).toEqual(first.parts[0]?.devices);
  });

  test('shows its text to nobody', () => {
    expect(JSON.stringify(first)).not.toContain('hello');
    expect(JSON.stringify(first)).toContain('[Secret Plaintext]');
  });

  test('has at most 256 KiB and 5,125 devices', () => {
    const long = new Uint8Array(MAX_PLAINTEXT_LENGTH + 1);
    rememberSent({ ...hello, plaintext: long.subarray(1), devices: [bob] });
    expectError('too-large', () => rememberSent({ ...hello, plaintext: long, devices: [bob] }));
    const devices = Array.from({ length: MAX_SENT_DEVICES + 1 }, (_, i) => ({
      device: `bob:${i + 1}@x`,
      identityKey: phone,
    }));
    const full = rememberSent({ ...hello, devices: devices.slice(1) });
    expect(full.parts[0]?.devices).toHaveLength(MAX_SENT_DEVICES);
    expectError('too-large', () => rememberSent({ ...hello, devices }));
    expectError('too-large', () => rememberSent({ sent: full, ...hello, devices: devices.slice(0, 1) }));
  });
});

describe('invalid-argument refuses to remember', () => {
  const wrong = (change: object): void => {
    expectError('invalid-argument', () => rememberSent({ ...hello, devices: [bob], ...change }));
  };
  test.each(notBytes)('%s as plaintext', (_, plaintext) => wrong({ plaintext }));
  test.each(notBytes)('%s as identity key', (_, identityKey) =>
    wrong({ devices: [{ ...bob, identityKey }] }),
  );
  test.each(['', 'bob', 7, null])('the device %s', (device) => wrong({ devices: [{ ...bob, device }] }));
  test.each([undefined, null, 'x', {}])('the devices %s', (devices) => wrong({ devices }));
  test.each(['', 'x'.repeat(65), 7])('the message id %s', (messageId) => wrong({ messageId }));
  test.each([NaN, -1, '1'])('the time %s', (now) => wrong({ now }));
  test.each(notObjects)('%s', (_, value) => {
    expectError('invalid-argument', () => rememberSent(value as RememberSentOptions));
    wrong({ devices: [value] });
  });
});

describe('the resend cache', () => {
  const add = (cache: ResendCache, messageId: string, sentAt: number, now = sentAt): ResendCache =>
    updateResendCache({ cache, sent: { messageId, sentAt }, now }).cache;
  const idsOf = ({ messages }: ResendCache): string[] => messages.map(({ messageId }) => messageId);

  test('keeps what was sent for 24 hours, not a millisecond longer', () => {
    const cache = add({ messages: [] }, 'a', NOW);
    const at = (now: number): readonly string[] => updateResendCache({ cache, now }).evicted;
    expect(at(NOW + RETRY_LIFETIME_MS - 1)).toEqual([]);
    expect(at(NOW + RETRY_LIFETIME_MS)).toEqual(['a']);
    expect(at(NOW - RETRY_LIFETIME_MS), 'a clock that was ahead').toEqual(['a']);
    expect(updateResendCache({ cache, now: NOW + RETRY_LIFETIME_MS }).cache).toEqual({ messages: [] });
  });

  test('keeps the newest 256, and says which goes', () => {
    expect(MAX_CACHED_MESSAGES).toBe(256);
    let cache: ResendCache = { messages: [] };
    for (let i = 0; i < 256; i++) cache = add(cache, `${i}`, NOW + i);
    const one = updateResendCache({ cache, sent: { messageId: 'new', sentAt: NOW + 256 }, now: NOW + 256 });
    expect(one.evicted).toEqual(['0']);
    expect(idsOf(one.cache)).toEqual([...Array.from({ length: 255 }, (_, i) => `${i + 1}`), 'new']);
    const late = updateResendCache({ cache, sent: { messageId: 'late', sentAt: NOW - 1 }, now: NOW + 256 });
    expect(late.evicted, 'older than all that are kept').toEqual(['late']);
  });

  test('keeps a message once, also after a second round', () => {
    const cache = add(add({ messages: [] }, 'a', NOW), 'b', NOW + 1);
    expect(idsOf(add(cache, 'a', NOW, NOW + 9))).toEqual(['a', 'b']);
  });

  test('takes a sent message as it is, and keeps nothing of it but id and time', () => {
    const sent = rememberSent({ ...hello, devices: [bob] });
    const { cache } = updateResendCache({ sent, now: NOW });
    expect(cache).toEqual({ messages: [{ messageId: '3EB0C4', sentAt: NOW }] });
  });

  test.each(notObjects)('is not %s', (name, value) => {
    expectError('invalid-argument', () => updateResendCache(value as never));
    if (name === 'undefined') return;
    expectError('invalid-argument', () => updateResendCache({ cache: value as ResendCache, now: NOW }));
    expectError('invalid-argument', () => updateResendCache({ sent: value as CachedMessage, now: NOW }));
  });

  test.each([NaN, -1, '1', undefined])('does not age at the time %s', (now) => {
    expectError('invalid-argument', () => updateResendCache({ now: now as number }));
    const sent = { messageId: 'a', sentAt: now as number };
    expectError('invalid-argument', () => updateResendCache({ sent, now: NOW }));
  });
});
