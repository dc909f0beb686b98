/**
 * Secret bytes inside states: they can be used by this library and stored by its encoders, but not printed.
 *
 * @module
 */
import { inputBytes } from './bytes.js';

/** Read and write what only the class below can see. */
let read: (secret: Secret) => Uint8Array;
let readImported: (secret: Secret) => unknown;
let writeImported: (secret: Secret, imported: unknown) => void;

/**
 * Secret bytes with their role in the type: a root key cannot be passed for a chain key.
 *
 * The bytes are private: `JSON.stringify`, `util.inspect`, template strings and `structuredClone` show the role
 * only. A secret never changes, and a crypto backend may keep an imported form of it as long as it lives.
 */
export class Secret<Role extends string = string> {
  /** What the bytes are for. */
  readonly role: Role;
  readonly #bytes: Uint8Array;
  #imported: unknown;

  /**
   * Takes a fresh copy, or `bytes` itself where nobody else has it; each role's own constructor function checks the
   * length.
   */
  constructor(role: Role, bytes: Uint8Array, ownership: 'copied' | 'given' = 'copied') {
    this.role = role;
    this.#bytes = ownership === 'given' ? bytes : new Uint8Array(bytes);
  }

  static {
    read = (secret) => secret.#bytes;
    readImported = (secret) => secret.#imported;
    writeImported = (secret, imported) => {
      secret.#imported = imported;
    };
    // What the inspectors of Node.js, Deno and Bun show: the role.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Secret): string {
        return this.toString();
      },
    });
  }

  /** What JSON shows: the role. */
  toJSON(): string {
    return this.toString();
  }

  /** What text shows: the role. */
  toString(): string {
    return `[Secret ${this.role}]`;
  }
}

/**
 * The bytes of a secret, without a copy: for the crypto and the encoders of this library, which never change them.
 *
 * @internal
 */
export function reveal(secret: Secret): Uint8Array {
  return read(secret);
}

/**
 * What a backend keeps beside a secret: its imported form, which lives as long. (A WeakMap would do the same, at the
 * garbage collector's expense: it looks at every entry of one.)
 *
 * @internal
 */
export function importedForm(secret: Secret): unknown {
  return readImported(secret);
}

/**
 * Keeps the imported form of a secret; bytes and role stay as they are.
 *
 * @internal
 */
export function keepImportedForm(secret: Secret, imported: unknown): void {
  writeImported(secret, imported);
}

/**
 * A secret of a role from exactly `length` bytes, which are copied.
 *
 * @throws PolyratchetError `invalid-argument`
 * @internal
 */
export function secretOf<Role extends string>(role: Role, bytes: Uint8Array, length: number): Secret<Role> {
  return new Secret(role, inputBytes(role, bytes, length));
}
