/** The frames around messages: public keys, version bytes, records. */
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/core/bytes.js';
import {
  checkVersionByte,
  decodePublicKey,
  decodeRecord,
  EMITTED_VERSION_BYTE,
  encodePublicKey,
  encodeRecord,
  required,
  uint32,
  type Table,
} from '../../src/wire/index.js';
import { notBytes } from '../core/inputs.js';
import { lowOrderKeys, nonCanonicalKeys } from '../crypto/lowOrder.js';
import { expectError } from '../support/errors.js';

const key = new Uint8Array(32).fill(9);

describe('the 33-byte form of a public key', () => {
  test('is 0x05 and the key, and goes both ways', () => {
    const encoded = encodePublicKey(key);
    expect(toHex(encoded)).toBe(`05${'09'.repeat(32)}`);
    expect(decodePublicKey(encoded)).toEqual(key);
  });

  test('has no other type byte', () => {
    for (let type = 0; type < 256; type++) {
      if (type === 5) continue;
      const { data } = expectError('invalid-key', () =>
        decodePublicKey(concat(Uint8Array.of(type), key), 'role'),
      );
      expect(data).toEqual({ role: 'role', why: 'type-byte' });
    }
  });

  test('has no other length: neither a bare key nor one with bytes behind it', () => {
    for (const length of [0, 1, 31, 32, 34, 64]) {
      const bytes = concat(Uint8Array.of(5), new Uint8Array(64).fill(9)).subarray(0, length);
      expect(expectError('invalid-key', () => decodePublicKey(bytes)).data.why).toBe('length');
    }
    for (const length of [0, 31, 33]) {
      expectError('invalid-argument', () => encodePublicKey(new Uint8Array(length)));
    }
  });

  test.each([...lowOrderKeys, ...nonCanonicalKeys])('is not read with u = %s', (_, bytes) => {
    expectError('invalid-key', () => decodePublicKey(concat(Uint8Array.of(5), bytes)));
  });

  test.each(notBytes)('is neither made of nor read from %s', (_, value) => {
    expectError('invalid-argument', () => encodePublicKey(value as Uint8Array));
    expectError('invalid-argument', () => decodePublicKey(value as Uint8Array));
  });

  test('shares no memory with what it was made of or read from', () => {
    const source = Uint8Array.from(key);
    const encoded = encodePublicKey(source);
    const decoded = decodePublicKey(encoded);
    source.fill(0);
    expect(encoded[1]).toBe(9);
    encoded.fill(0);
    expect(decoded).toEqual(key);
  });
});

describe('the version byte', () => {
  test('is emitted as 0x33, which is accepted', () => {
    expect(EMITTED_VERSION_BYTE).toBe(0x33);
    checkVersionByte('message', Uint8Array.of(EMITTED_VERSION_BYTE, 1, 2));
  });

  test('is accepted as 0x33 and 0x34; of the others, those below version 3 are legacy and all else unknown', () => {
    for (let byte = 0; byte < 256; byte++) {
      const run = (): void => checkVersionByte('message', Uint8Array.of(byte));
      if (byte === 0x33 || byte === 0x34) {
        run();
        continue;
      }
      const { data } = expectError(byte < 0x30 ? 'legacy-version' : 'unknown-version', run);
      expect(data).toEqual({ what: 'message', got: byte, supported: '0x33, 0x34' });
    }
  });

  test('that is missing is malformed', () => {
    const { data } = expectError('malformed', () => checkVersionByte('message', new Uint8Array(0)));
    expect(data).toMatchObject({ what: 'message', field: 'version' });
  });
});

describe('a record', () => {
  const table: Table<{ id: number }> = {
    name: 'sample',
    unknown: 'reject',
    rows: { id: required(1, uint32) },
  };

  test('is a version byte and the message, and goes both ways', () => {
    const record = encodeRecord(table, { id: 300 });
    expect(toHex(record)).toBe('0108ac02');
    expect(decodeRecord(table, record)).toEqual({ id: 300 });
  });

  test('of version 0 is malformed, and of 2 … 255 written by a newer release', () => {
    const { data } = expectError('malformed', () => decodeRecord(table, fromHex('0008ac02')));
    expect(data).toMatchObject({ what: 'sample', field: 'version', got: '0' });
    for (let version = 2; version < 256; version++) {
      const record = concat(Uint8Array.of(version), fromHex('08ac02'));
      expect(expectError('newer-format', () => decodeRecord(table, record)).data).toEqual({
        what: 'sample',
        got: version,
        supported: '0x01',
      });
    }
  });

  test('that is empty is malformed, and so is a version byte alone', () => {
    const { data } = expectError('malformed', () => decodeRecord(table, new Uint8Array(0)));
    expect(data).toMatchObject({ field: 'version', got: '0 bytes' });
    expect(expectError('malformed', () => decodeRecord(table, Uint8Array.of(1))).data.field).toBe('id');
  });

  test('of a newer release is recognised by its first byte, whatever follows', () => {
    expectError('newer-format', () => decodeRecord(table, Uint8Array.of(2)));
    expectError('newer-format', () => decodeRecord(table, fromHex('02ffffff')));
  });

  test.each(notBytes)('is not read from %s', (_, value) => {
    const { data } = expectError('invalid-argument', () => decodeRecord(table, value as Uint8Array));
    expect(data.name).toBe('sample');
  });
});
