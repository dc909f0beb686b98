import { Buffer } from 'node:buffer';
import { runInNewContext } from 'node:vm';
import { decodePublicKey, generateIdentity, importIdentity, verify } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { copyBytes, inputBytes, isBytes } from '../../src/core/bytes.js';
import { encodePublicKey } from '../../src/wire/index.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

describe('bytes of another realm', () => {
  const foreign = runInNewContext('Uint8Array.of(1, 2, 3)') as Uint8Array;

  test('a Uint8Array of another realm counts as bytes, and its copy is of this one', () => {
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(isBytes(foreign)).toBe(true);
    expect(copyBytes(inputBytes('value', foreign, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('shared memory of another realm is copied', () => {
    const shared = runInNewContext('new Uint8Array(new SharedArrayBuffer(3))') as Uint8Array;
    const input = inputBytes('value', shared);
    shared.fill(7);
    expect([...input]).toEqual([0, 0, 0]);
  });

  test.each(['[1, 2, 3]', 'new Int8Array(3)', 'new DataView(new ArrayBuffer(3))', 'new ArrayBuffer(3)'])(
    '%s of another realm is refused',
    (code) => {
      expectError('invalid-argument', () => inputBytes('value', runInNewContext(code)));
    },
  );

  test('an identity is imported and verifies with foreign bytes', () => {
    const privateKey = runInNewContext('new Uint8Array(32).fill(7)') as Uint8Array;
    expect(importIdentity(privateKey).publicKey).toEqual(
      importIdentity(new Uint8Array(32).fill(7)).publicKey,
    );
  });
});

describe('a Buffer', () => {
  const { publicKey } = generateIdentity(seededRandom(1));
  const encoded = encodePublicKey(publicKey);

  test('inside a pool is read at its own offset', () => {
    const pool = Buffer.alloc(100, 0xee);
    const view = pool.subarray(11, 44);
    view.set(encoded);
    expect(decodePublicKey(view)).toEqual(publicKey);
  });

  test('becomes a plain array when it is copied, with memory of its own', () => {
    const buffer = Buffer.from(encoded);
    const copy = copyBytes(buffer);
    buffer.fill(0);
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    expect(copy).toEqual(encoded);
  });

  test('passes as a message and as a signature', () => {
    expect(
      verify({ publicKey: Buffer.from(publicKey), message: Buffer.from('x'), signature: Buffer.alloc(64) }),
    ).toBe(false);
  });
});
