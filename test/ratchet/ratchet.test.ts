/** The Double Ratchet by itself: pure steps from value to value. */
import { decodeSignalMessage, findReceivingChain, ratchetDecrypt } from 'polyratchet/ratchet';
import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/core/secret.js';
import { fieldsOf, flipBit, SIGNAL } from '../support/forge.js';
import { seededRandom } from '../support/random.js';
import { open, seal, step, twoSides, type Side } from '../support/ratchets.js';

/** One message that must decrypt. */
function deliver(from: Side, to: Side, text: string): { from: Side; to: Side } {
  const sealed = seal(from, text);
  const opened = open(to, sealed.message);
  expect(opened?.text).toBe(text);
  return { from: sealed.side, to: opened!.side };
}

describe('a message', () => {
  test('has a version byte, four fields in the order of their numbers, and 8 bytes of MAC', () => {
    const { alice } = twoSides();
    const { message } = seal(alice, 'hello');
    expect(message[0]).toBe(0x33);
    const fields = fieldsOf(message.subarray(1, message.length - 8));
    expect(fields.map(({ number }) => number)).toEqual(Object.values(SIGNAL));
    expect(fields.map(({ content }) => content.length)).toEqual([33, 1, 1, 16]);
    expect(fields[1]!.content[0]).toBe(0); // counters of 0 are written, too
  });

  test('carries the ratchet key, the counter, and the last counter of the chain before', () => {
    let { alice, bob } = twoSides();
    for (const text of ['0', '1', '2']) ({ from: alice, to: bob } = deliver(alice, bob, text));
    alice = deliver(bob, alice, 'answer').to;
    const parsed = decodeSignalMessage(seal(alice, 'next turn').message);
    expect(parsed).toMatchObject({ counter: 0, previousCounter: 2 });
    expect(parsed.ratchetKey).toEqual(alice.ratchet.sending.ratchetKey.publicKey);
    expect(decodeSignalMessage(seal(step(alice), 'later').message).counter).toBe(1);
  });

  test('is padded by the cipher to whole blocks', () => {
    const { alice } = twoSides();
    const lengths = [0, 1, 15, 16, 17, 32].map((length) => {
      const { message } = seal(alice, 'x'.repeat(length));
      return decodeSignalMessage(message).ciphertext.length;
    });
    expect(lengths).toEqual([16, 16, 16, 32, 32, 48]);
  });
});

describe('a step', () => {
  test('changes no state that it was given', () => {
    const { alice, bob } = twoSides();
    const sealed = seal(alice, 'hello');
    const frozen = [deepFreeze(alice), deepFreeze(bob)].map(keysOf);
    expect(seal(alice, 'hello').message).toEqual(sealed.message);
    open(bob, sealed.message);
    open(bob, flipBit(sealed.message, 8 * sealed.message.length - 1));
    expect([alice, bob].map(keysOf)).toEqual(frozen);
  });

  test('gives each message another key and each turn another ratchet key', () => {
    let { alice, bob } = twoSides();
    const seen = new Set<string>();
    for (let turn = 0; turn < 5; turn++) {
      for (let i = 0; i < 3; i++) {
        seen.add(String(reveal(alice.ratchet.sending.chainKey)));
        ({ from: alice, to: bob } = deliver(alice, bob, `${turn} ${i}`));
      }
      seen.add(String(alice.ratchet.sending.ratchetKey.publicKey));
      ({ from: bob, to: alice } = deliver(bob, alice, 'answer'));
    }
    expect(seen.size).toBe(20);
  });

  test('of the same message in both directions fits one only', () => {
    const { alice, bob } = twoSides();
    const { message } = seal(alice, 'hello');
    const parsed = decodeSignalMessage(message);
    const random = seededRandom(1);
    const direction = { sender: bob.own, receiver: bob.peer };
    expect(ratchetDecrypt({ ratchet: bob.ratchet, message: parsed, ...direction, random })).toBeUndefined();
    expect(open(bob, message)?.text).toBe('hello');
  });
});

describe('a forgery', () => {
  test('is not authentic in a chain that is known, in a new one, and under a kept key', () => {
    let { alice, bob } = twoSides();
    const begins = seal(alice, 'begins a chain');
    expect(open(bob, flipBit(begins.message, 8 * begins.message.length - 1))).toBeUndefined();
    const overtaken = seal(begins.side, 'overtaken');
    ({ from: alice, to: bob } = deliver(overtaken.side, bob, 'ahead'));
    for (const { message } of [overtaken, seal(alice, 'next')]) {
      expect(open(bob, flipBit(message, 8 * message.length - 1))).toBeUndefined();
      expect(open(bob, flipBit(message, 8 * (message.length - 9)))).toBeUndefined();
      expect(open(bob, message)).toBeDefined();
    }
  });
});

test('a chain is found by the exact bytes of its key', () => {
  let { alice, bob } = twoSides();
  expect(findReceivingChain(bob.ratchet, alice.ratchet.sending.ratchetKey.publicKey)).toBeUndefined();
  ({ from: alice, to: bob } = deliver(alice, bob, 'hello'));
  const { publicKey } = alice.ratchet.sending.ratchetKey;
  expect(findReceivingChain(bob.ratchet, publicKey)?.counter).toBe(1);
  expect(findReceivingChain(bob.ratchet, bob.own)).toBeUndefined();
});

/** The secret bytes of a side's ratchet, which freezing does not reach. */
function keysOf({ ratchet }: Side): unknown {
  const { rootKey, sending, receiving } = ratchet;
  return [
    [rootKey, sending.chainKey, sending.ratchetKey.privateKey].map((secret) => [...reveal(secret)]),
    receiving.map(({ chainKey, skipped, counter }) => [[...reveal(chainKey)], [...reveal(skipped)], counter]),
  ];
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
