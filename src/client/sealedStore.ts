/**
 * A store whose values are encrypted and authenticated, each under its name.
 *
 *     value = 0x01 ‖ nonce, 24 bytes ‖ XChaCha20-Poly1305(key, nonce, record, associated data: name ‖ 0x01) ‖ tag, 16 bytes
 *
 * Names, versions, lengths, and what changes when stay visible. That whoever holds the store puts back an older value
 * of a name, or an older state of the whole store, is not noticed: nothing in the value can know which one is the latest.
 *
 * @module
 */
import { concat, inputBytes, isBytes, utf8 } from '../core/bytes.js';
import { inputList, inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { reveal, secretOf, type Secret } from '../core/secret.js';
import { systemRandom } from '../core/system.js';
import { xchachaOpen, xchachaSeal } from '../crypto/index.js';
import type { Store, StoreChange } from './store.js';

/** The format that is written, and part of what is authenticated: the version of the store is given after the write. */
const FORMAT = 1;

/** Bytes of the nonce: drawn at random, they repeat for no number of values that anybody writes. */
const NONCE_LENGTH = 24;

/** Bytes of the tag. */
const TAG_LENGTH = 16;

/** Bytes of the key. */
const KEY_LENGTH = 32;

/** Bytes by which a sealed value is longer: the store beneath has to take as much more. */
export const SEALED_OVERHEAD: number = 1 + NONCE_LENGTH + TAG_LENGTH;

/** What a sealed store may be given. */
export interface SealedStoreOptions {
  /** The source of nonces; the system's unless given. */
  readonly random?: Random;
}

/**
 * A store that seals values on their way into another one, and opens them on their way out.
 *
 * The key belongs where the platform keeps secrets: a key chain, a key store, or a vault that a passphrase opens. Names
 * are not hidden, and an older value or an older store that is put back is not noticed.
 *
 * @param store - what keeps the sealed values; they are {@link SEALED_OVERHEAD} bytes longer
 * @param key - 32 random bytes, used for nothing else; they are copied
 * @returns a store; its `read` fails as a whole with `store-failed` (`why`: `not-authentic`) if one value was sealed under
 *   another key or another name, or was changed; with `newer-format` if a newer release has written it
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { sealedStore } from 'polyratchet/client';
 * import { createMemoryStore } from 'polyratchet/memory';
 *
 * const key = systemRandom(32); // made once, and kept where the platform keeps secrets
 * const store = sealedStore(createMemoryStore(), key);
 * await store.commit([{ name: 'greeting', value: new TextEncoder().encode('hello'), expected: null }]);
 * ```
 */
export function sealedStore(store: Store, key: Uint8Array, options: SealedStoreOptions = {}): Store {
  const inner = inputObject('store', store);
  const secret = secretOf('StoreKey', key, KEY_LENGTH);
  const { random = systemRandom } = inputObject('options', options);
  return {
    read: async (names) => {
      const found = await inner.read(names);
      return new Map(
        [...found].map(([name, { value, version }]) => [name, { value: open(secret, name, value), version }]),
      );
    },
    list: (prefix, after, limit) => inner.list(prefix, after, limit),
    commit: async (changes) =>
      inner.commit(
        inputList('changes', changes).map((change): StoreChange => {
          const { name, value, expected } = inputObject('changes', change);
          return { name, value: value === null ? null : seal(secret, name, value, random), expected };
        }),
      ),
  };
}

function seal(key: Secret<'StoreKey'>, name: string, value: Uint8Array, random: Random): Uint8Array {
  const nonce = randomBytes(random, NONCE_LENGTH);
  const sealed = xchachaSeal(reveal(key), nonce, inputBytes('value', value), associatedData(name));
  return concat(Uint8Array.of(FORMAT), nonce, sealed);
}

function open(key: Secret<'StoreKey'>, name: string, stored: Uint8Array): Uint8Array {
  const bytes = isBytes(stored) ? stored : new Uint8Array(0);
  const [format = 0] = bytes;
  if (format > FORMAT) {
    throw new PolyratchetError('newer-format', { what: 'sealed value', got: format, supported: '0x01' });
  }
  const [nonce, sealed] = [bytes.subarray(1, 1 + NONCE_LENGTH), bytes.subarray(1 + NONCE_LENGTH)];
  const isWhole = format === FORMAT && sealed.length >= TAG_LENGTH;
  const value = isWhole ? xchachaOpen(reveal(key), nonce, sealed, associatedData(name)) : undefined;
  if (value !== undefined) return value;
  throw new PolyratchetError('store-failed', { operation: 'store.read', why: 'not-authentic' });
}

/** The format is one byte, and stands last: no other name and format have the same. */
function associatedData(name: string): Uint8Array {
  return concat(utf8(name), Uint8Array.of(FORMAT));
}
