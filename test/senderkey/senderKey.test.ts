/** Sender keys between one device and others: what arrives, in which order, and what does not. */
import {
  acceptSenderKeyDistribution,
  COUNTER_LIMIT,
  createSenderKey,
  decryptSenderKey,
  encryptSenderKey,
  MAX_CHAIN_STEPS,
  MAX_SENDER_KEY_PLAINTEXT,
  MAX_SENDER_KEY_STATES,
  MAX_SKIPPED_KEYS,
  senderKeyDistribution,
} from 'polyratchet/senderkey';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { fieldsOf } from '../support/forge.js';
import { seededRandom } from '../support/random.js';
import {
  accept,
  ALICE,
  createKey,
  DISTRIBUTION_ID,
  FROM,
  GROUP,
  open,
  PROFILES,
  send,
  sendMany,
  skip,
} from './group.js';

describe.each(PROFILES)('in the profile %s', (profile) => {
  test('everybody who was given the key reads every message, in any order', () => {
    const { messages } = sendMany(createKey(1, profile), 5);
    for (const order of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 0, 4, 1, 3],
    ]) {
      let received = accept(createKey(1, profile));
      for (const at of order) {
        const opened = open(received, messages[at]!);
        expect(opened.text).toBe(`message ${at}`);
        received = opened.received;
      }
      for (const at of order) {
        const { data } = expectError('duplicate-message', () => open(received, messages[at]!));
        expect(data).toEqual({ device: ALICE, counter: at });
      }
    }
  });

  test('who joins reads what is sent from then on, and nothing before', () => {
    const { messages, senderKey } = sendMany(createKey(2, profile), 3);
    const late = accept(senderKey);
    const next = send(senderKey, 'welcome');
    expect(open(late, next.message).text).toBe('welcome');
    for (const message of messages) expectError('key-gone', () => open(late, message));
  });

  test('a message and a distribution have the fields of the protocol, in the order of their numbers', () => {
    const senderKey = createKey(3, profile);
    const named = profile === 'signal' ? [16] : [];
    const { message } = send(senderKey, 'hello');
    expect(message[0]).toBe(0x33);
    const fields = fieldsOf(message.subarray(1, message.length - 64));
    expect(fields.map(({ content }) => content.length)).toEqual([...named, 5, 1, 16]);
    const distribution = senderKeyDistribution({ senderKey });
    expect(distribution[0]).toBe(0x33);
    const given = fieldsOf(distribution.subarray(1));
    expect(given.map(({ content }) => content.length)).toEqual([...named, 5, 1, 32, 33]);
    expect(given.map(({ number }) => number)).toEqual(given.map((_, i) => i + 1));
  });

  test('steps change nothing that they were given', () => {
    const senderKey = createKey(4, profile);
    const [once, twice] = [send(senderKey, 'hello'), send(senderKey, 'hello')];
    expect(once.message).toEqual(twice.message);
    const received = accept(senderKey);
    expect(open(received, once.message).text).toBe('hello');
    expect(open(received, twice.message).text).toBe('hello');
  });
});

describe('a new key', () => {
  test('follows from what is drawn, in one call', () => {
    const lengths: number[] = [];
    const random = (length: number): Uint8Array => {
      lengths.push(length);
      return new Uint8Array(length).fill(0xff);
    };
    expect(createSenderKey({ random }).keyId).toBe(0x7fff_ffff);
    expect(lengths).toEqual([68]);
  });

  test('has a UUID in the profile signal only, in lower case', () => {
    const random = seededRandom(5);
    expect(createSenderKey({ random })).not.toHaveProperty('distributionId');
    const distributionId = DISTRIBUTION_ID.toUpperCase();
    const signal = createSenderKey({ profile: 'signal', distributionId, random });
    expect(signal.distributionId).toBe(DISTRIBUTION_ID);
  });

  test.each([undefined, '', 'x', 7, `${DISTRIBUTION_ID}0`, DISTRIBUTION_ID.replaceAll('-', '')])(
    'is not made with the UUID %s',
    (distributionId) => {
      const options = { profile: 'signal' as const, distributionId: distributionId as string };
      const run = () => createSenderKey({ ...options, random: seededRandom(6) });
      expect(expectError('invalid-argument', run).data.name).toBe('distributionId');
    },
  );

  test.each(['toString', '__proto__', 'whatsApp', null, 3])('is not made in the profile %s', (profile) => {
    const options = { profile: profile as 'whatsapp', random: seededRandom(7) };
    expect(expectError('invalid-argument', () => createSenderKey(options)).data.name).toBe('profile');
  });

  test.each([
    ['throws', () => expect.unreachable()],
    ['gives too little', (length: number) => new Uint8Array(length - 1)],
    ['gives text', () => 'x'.repeat(68) as unknown as Uint8Array],
  ])('is not made where the random source %s', (_, random) => {
    expectError('invalid-argument', () => createSenderKey({ random }));
  });

  test('is named in the options', () => {
    for (const run of [createSenderKey, senderKeyDistribution, encryptSenderKey]) {
      for (const options of [undefined, null, 1])
        expectError('invalid-argument', () => run(options as never));
    }
    expectError('invalid-argument', () => senderKeyDistribution({} as never));
    expectError('invalid-argument', () => encryptSenderKey({ plaintext: new Uint8Array(1) } as never));
    const senderKey = createKey(8);
    expectError('invalid-argument', () => encryptSenderKey({ senderKey, plaintext: 'text' as never }));
  });
});

describe('a distribution', () => {
  const key = createKey(10);
  const distribution = senderKeyDistribution({ senderKey: key });
  const first = acceptSenderKeyDistribution({ ...FROM, distribution });

  test('adds a key; repeated, it changes nothing', () => {
    expect(first.kind).toBe('added');
    const { received } = open(first.received, send(key, 'hello').message);
    const again = acceptSenderKeyDistribution({ ...FROM, received, distribution });
    expect(again).toEqual({ kind: 'known', received });
    expectError('duplicate-message', () => open(again.received, send(key, 'hello').message));
  });

  test('from earlier or later in the chain changes nothing either', () => {
    const { messages, senderKey } = sendMany(key, 4);
    const { received } = open(first.received, messages[1]!);
    for (const given of [distribution, senderKeyDistribution({ senderKey })]) {
      const result = acceptSenderKeyDistribution({ ...FROM, received, distribution: given });
      expect(result.kind).toBe('known');
      expect(open(result.received, messages[2]!).text).toBe('message 2');
      expect(open(result.received, messages[0]!).text).toBe('message 0');
    }
  });

  test('from further ahead than a message may be is followed, and keys that were kept stay', () => {
    const { messages, senderKey } = sendMany(key, 3);
    const { received } = open(first.received, messages[1]!);
    const near = skip(senderKey, MAX_CHAIN_STEPS - 1);
    const far = skip(near, 1);
    const give = (given: typeof near) =>
      acceptSenderKeyDistribution({
        ...FROM,
        received,
        distribution: senderKeyDistribution({ senderKey: given }),
      });
    expect(give(near)).toEqual({ kind: 'known', received });
    expectError('too-far-ahead', () => open(received, send(far, 'far').message));
    const followed = give(far);
    expect(followed.kind).toBe('advanced');
    expect(open(followed.received, send(far, 'far').message).text).toBe('far');
    expect(open(followed.received, messages[0]!).text).toBe('message 0');
    expectError('key-gone', () => open(followed.received, messages[2]!));
  });

  test('with the number of a known key and another signing key is refused', () => {
    const impostor = { ...createKey(11), keyId: key.keyId };
    const given = senderKeyDistribution({ senderKey: impostor });
    const { received } = first;
    const run = () => acceptSenderKeyDistribution({ ...FROM, received, distribution: given });
    expect(expectError('invalid-key', run).data).toEqual({ role: 'signingKey', why: 'other-key' });
    expect(open(received, send(key, 'hello').message).text).toBe('hello');
  });

  test('with the number of a known key and another UUID is another key', () => {
    const one = createKey(12, 'signal');
    const other = {
      ...createKey(13, 'signal'),
      keyId: one.keyId,
      distributionId: DISTRIBUTION_ID.replace('0', '1'),
    };
    const received = accept(other, accept(one));
    expect(received.states).toHaveLength(2);
    for (const senderKey of [one, other])
      expect(open(received, send(senderKey, 'hi').message).text).toBe('hi');
  });

  test('of a sixth key drops the oldest', () => {
    const keys = Array.from({ length: MAX_SENDER_KEY_STATES + 1 }, (_, i) => createKey(20 + i));
    let received = first.received;
    for (const senderKey of keys) received = accept(senderKey, received);
    expect(received.states.map(({ keyId }) => keyId)).toEqual(
      keys
        .slice(1)
        .map(({ keyId }) => keyId)
        .reverse(),
    );
    for (const senderKey of keys.slice(1))
      expect(open(received, send(senderKey, 'late').message).text).toBe('late');
    const { data } = expectError('no-sender-key', () => open(received, send(keys[0]!, 'late').message));
    expect(data).toEqual({ device: ALICE, id: keys[0]!.keyId });
  });
});

describe('a key belongs to one device and one group', () => {
  const key = createKey(30);
  const received = accept(key);
  const { message } = send(key, 'hello');
  const distribution = senderKeyDistribution({ senderKey: key });

  test.each([
    ['another group', { group: 'others@groups.example.org', sender: ALICE }, GROUP],
    ['another device of the same account', { group: GROUP, sender: 'alice@example.org' }, ALICE],
    ['another member', { group: GROUP, sender: 'bob:2@example.org' }, ALICE],
  ])('not to %s', (_, from, expected) => {
    const got = expected === GROUP ? from.group : from.sender;
    for (const run of [
      () => decryptSenderKey({ ...from, received, message }),
      () => acceptSenderKeyDistribution({ ...from, received, distribution }),
    ]) {
      expect(expectError('wrong-chat', run).data).toEqual({ expected: [expected], got });
    }
  });

  test.each([
    ['group', { ...FROM, group: ALICE }],
    ['group', { ...FROM, group: undefined as never }],
    ['sender', { ...FROM, sender: 'alice' }],
    ['sender', { ...FROM, sender: 7 as never }],
    ['profile', { ...FROM, profile: 'mls' as never }],
  ])('named properly: %s', (name, from) => {
    for (const known of [{}, { received }]) {
      const run = () => decryptSenderKey({ ...from, ...known, message });
      const { data } = expectError('invalid-argument', run);
      expect([name, 'received']).toContain(data.name);
      expectError('invalid-argument', () => acceptSenderKeyDistribution({ ...from, ...known, distribution }));
    }
  });

  test('in one profile', () => {
    const run = () => decryptSenderKey({ ...FROM, profile: 'signal', received, message });
    expect(expectError('invalid-argument', run).data.name).toBe('received');
    for (const odd of [null, 5, {}, { ...received, states: null }])
      expect(() => decryptSenderKey({ ...FROM, received: odd as never, message })).toThrow();
  });
});

describe('bounds', () => {
  const key = createKey(40);
  const received = accept(key);

  test('a message may be 25,000 steps ahead, and no more; of the keys passed, 2,000 are kept', () => {
    const oldest = MAX_CHAIN_STEPS - MAX_SKIPPED_KEYS;
    const base = skip(key, oldest - 1);
    const at = (iteration: number): Uint8Array =>
      send(skip(base, iteration - base.iteration), `at ${iteration}`).message;
    const { data } = expectError('too-far-ahead', () => open(received, at(MAX_CHAIN_STEPS + 1)));
    expect(data).toEqual({ device: ALICE, counter: MAX_CHAIN_STEPS + 1, limit: MAX_CHAIN_STEPS });
    const ahead = open(received, at(MAX_CHAIN_STEPS));
    expect(ahead.text).toBe(`at ${MAX_CHAIN_STEPS}`);
    expect(open(ahead.received, at(oldest)).text).toBe(`at ${oldest}`);
    expect(expectError('key-gone', () => open(ahead.received, at(oldest - 1))).data).toEqual({
      device: ALICE,
      counter: oldest - 1,
    });
    expectError('duplicate-message', () => open(ahead.received, at(MAX_CHAIN_STEPS)));
  });

  test('the last counter is never used', () => {
    const last = { ...key, iteration: COUNTER_LIMIT - 1 };
    const { message, senderKey } = send(last, 'the last');
    expect(senderKey.iteration).toBe(COUNTER_LIMIT);
    expect(open(accept(last), message).text).toBe('the last');
    expectError('counter-exhausted', () => send(senderKey, 'one more'));
    expectError('counter-exhausted', () => senderKeyDistribution({ senderKey }));
  });

  test('a plaintext may be as long as a padded message', () => {
    const plaintext = new Uint8Array(MAX_SENDER_KEY_PLAINTEXT).fill(1);
    const { message } = encryptSenderKey({ senderKey: key, plaintext });
    expect(decryptSenderKey({ ...FROM, received, message }).plaintext.length).toBe(plaintext.length);
    const longer = new Uint8Array(plaintext.length + 1);
    const { data } = expectError('too-large', () => encryptSenderKey({ senderKey: key, plaintext: longer }));
    expect(data).toEqual({ what: 'plaintext', limit: MAX_SENDER_KEY_PLAINTEXT, got: longer.length });
    const empty = encryptSenderKey({ senderKey: key, plaintext: new Uint8Array(0) });
    expect(decryptSenderKey({ ...FROM, received, message: empty.message }).plaintext).toHaveLength(0);
  });
});
