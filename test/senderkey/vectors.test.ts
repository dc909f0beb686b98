/** Sender keys of other implementations: ours are made byte for byte as they took them, and theirs are read. */
import {
  acceptSenderKeyDistribution,
  createSenderKey,
  decryptSenderKey,
  encryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
  type SenderKey,
} from 'polyratchet/senderkey';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { senderKeyFiles } from '../vectors/files.js';
import { draw, flipBit, fromHex, toHex } from '../vectors/replay.js';
import type { RecordedGroupMessage } from '../vectors/schema.js';
import { FROM } from './group.js';

describe.each(senderKeyFiles)('$source', ({ profile, distributionId = '', ours, theirs }) => {
  const from = { ...FROM, profile };
  const take = (distribution: string): ReceivedSenderKey =>
    acceptSenderKeyDistribution({ ...from, distribution: fromHex(distribution) }).received;

  /** Reads messages in their order; the first with a bit of it flipped before, and again afterwards. */
  function read(received: ReceivedSenderKey, recorded: readonly RecordedGroupMessage[]): ReceivedSenderKey {
    const [first] = recorded.map(({ message }) => fromHex(message));
    const forged = flipBit(first!, 8 * first!.length - 9);
    expectError('invalid-signature', () => decryptSenderKey({ ...from, received, message: forged }));
    let current = received;
    for (const { plaintext, message } of recorded) {
      const opened = decryptSenderKey({ ...from, received: current, message: fromHex(message) });
      expect(toHex(opened.plaintext)).toBe(plaintext);
      current = opened.received;
    }
    const again = () => decryptSenderKey({ ...from, received: current, message: first! });
    expectError('duplicate-message', again);
    return current;
  }

  test('what we made and they read', () => {
    let senderKey: SenderKey = draw(ours.random, (random) =>
      createSenderKey(profile === 'signal' ? { profile, distributionId, random } : { profile, random }),
    );
    const send = (recorded: readonly RecordedGroupMessage[]): void => {
      for (const { plaintext, message } of recorded) {
        const encrypted = encryptSenderKey({ senderKey, plaintext: fromHex(plaintext) });
        expect(toHex(encrypted.message)).toBe(message);
        senderKey = encrypted.senderKey;
      }
    };
    expect(toHex(senderKeyDistribution({ senderKey }))).toBe(ours.distribution);
    send(ours.messages);
    expect(toHex(senderKeyDistribution({ senderKey }))).toBe(ours.lateDistribution);
    send(ours.later);
    read(read(take(ours.distribution), ours.messages), ours.later);
  });

  test('what they made, in the order in which it came', () => {
    const received = read(take(theirs.distribution), theirs.messages);
    const distribution = fromHex(theirs.lateDistribution);
    const again = acceptSenderKeyDistribution({ ...from, received, distribution });
    expect(again).toEqual({ kind: 'known', received });
    read(again.received, theirs.later);
  });

  test('who comes late reads what comes later', () => {
    const received = take(theirs.lateDistribution);
    for (const { message } of theirs.messages)
      expectError('key-gone', () => decryptSenderKey({ ...from, received, message: fromHex(message) }));
    read(received, theirs.later);
  });
});
