/**
 * Random walks of a sender who renews its key and two receivers, with loss, reorder, replay, forgery and restarts, against
 * a model that knows nothing of cryptography: which messages may be read, and what the others are refused with.
 */
import fc from 'fast-check';
import { PolyratchetError } from 'polyratchet/errors';
import {
  decodeReceivedSenderKey,
  decodeSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
  MAX_SENDER_KEY_STATES,
  type ReceivedSenderKey,
} from 'polyratchet/senderkey';
import { expect, inject, test } from 'vitest';
import { flipBit } from '../support/forge.js';
import { caught } from '../support/rejects.js';
import { accept, createKey, open, PROFILES, send } from './group.js';

interface Post {
  /** Which of the sender's keys, in their order. */
  readonly epoch: number;
  readonly iteration: number;
  readonly message: Uint8Array;
  readonly text: string;
}

/** What the model knows of a receiver: of each key that it has, from where on, and what it has read. */
interface Receiver {
  received: ReceivedSenderKey | undefined;
  /** Newest first. */
  readonly epochs: { readonly epoch: number; readonly from: number; readonly read: Set<number> }[];
}

const choice = fc.nat(999);
const actions = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('distribute' as const), to: fc.nat(1) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), to: fc.nat(1), choice }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('forge' as const), to: fc.nat(1), choice }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { minLength: 30, maxLength: 60, size: 'max' },
);

test('everything that may be read is read once, and nothing else', () => {
  const tally = { read: 0, duplicate: 0, gone: 0, unknown: 0, forged: 0 };
  fc.assert(
    fc.property(actions, fc.constantFrom(...PROFILES), (walk, profile) => {
      let epoch = 0;
      let senderKey = createKey(1_000, profile);
      const posts: Post[] = [];
      const receivers: readonly Receiver[] = [
        { received: undefined, epochs: [] },
        { received: undefined, epochs: [] },
      ];
      for (const action of walk) {
        switch (action.kind) {
          case 'send': {
            const text = `${epoch}/${senderKey.iteration}`;
            const sent = send(senderKey, text);
            posts.push({ epoch, iteration: senderKey.iteration, message: sent.message, text });
            senderKey = sent.senderKey;
            break;
          }
          case 'renew':
            senderKey = createKey(1_000 + ++epoch, profile);
            break;
          case 'restart':
            senderKey = decodeSenderKey(encodeSenderKey(senderKey));
            for (const receiver of receivers)
              if (receiver.received !== undefined)
                receiver.received = decodeReceivedSenderKey(encodeReceivedSenderKey(receiver.received));
            break;
          case 'distribute': {
            const receiver = receivers[action.to]!;
            receiver.received = accept(senderKey, receiver.received);
            if (receiver.epochs.some((known) => known.epoch === epoch)) break;
            receiver.epochs.unshift({ epoch, from: senderKey.iteration, read: new Set() });
            receiver.epochs.splice(MAX_SENDER_KEY_STATES);
            break;
          }
          case 'deliver':
          case 'forge': {
            const receiver = receivers[action.to]!;
            const post = posts[action.choice % Math.max(posts.length, 1)];
            if (post === undefined || receiver.received === undefined) break;
            if (action.kind === 'deliver') deliver(receiver, post, tally);
            else if (receiver.epochs.some((known) => known.epoch === post.epoch)) {
              const bit = 8 * (post.message.length - 1 - (action.choice % 80));
              expect(codeOf(receiver.received, flipBit(post.message, bit))).toBe('invalid-signature');
              tally.forged++;
            }
          }
        }
      }
      for (const receiver of receivers)
        for (const post of posts.toReversed())
          if (receiver.received !== undefined) deliver(receiver, post, tally);
    }),
    { numRuns: inject('backend') === 'node' ? 40 : 3, seed: 20_261_122 }, // so that the counts below hold each time
  );
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0);
});

function deliver(
  receiver: Receiver,
  { epoch, iteration, message, text }: Post,
  tally: Record<string, number>,
): void {
  const received = receiver.received!;
  const known = receiver.epochs.find((candidate) => candidate.epoch === epoch);
  const count = (what: string): void => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  if (known === undefined) {
    expect(codeOf(received, message)).toBe('no-sender-key');
    count('unknown');
  } else if (iteration < known.from) {
    expect(codeOf(received, message)).toBe('key-gone');
    count('gone');
  } else if (known.read.has(iteration)) {
    expect(codeOf(received, message)).toBe('duplicate-message');
    count('duplicate');
  } else {
    const opened = open(received, message);
    expect(opened.text).toBe(text);
    receiver.received = opened.received;
    known.read.add(iteration);
    count('read');
  }
}

function codeOf(received: ReceivedSenderKey, message: Uint8Array): string | undefined {
  const error = caught(() => open(received, message));
  return PolyratchetError.is(error) ? error.code : undefined;
}
