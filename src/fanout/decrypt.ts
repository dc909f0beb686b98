/**
 * The receiving end of a fanout: one device's message, without its padding.
 *
 * @module
 */
import { parseAddress, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError, withDevice } from '../core/errors.js';
import { decrypt, type DecryptOptions, type DecryptResult } from '../session/index.js';
import { unpad } from '../wire/index.js';

/** A message, the device it came from, and what its decryption may need. */
export interface DecryptFromOptions extends DecryptOptions {
  /** Address of the sending device: named in errors. */
  readonly device: Address;
}

/**
 * Decrypts a message of a fanout and takes its padding off. A throw changes nothing.
 *
 * @throws PolyratchetError as `decrypt`, with the device in the data; `malformed`: wrong padding; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom as random } from 'polyratchet';
 * import { decryptFrom } from 'polyratchet/fanout';
 * import type { Identity } from 'polyratchet/identity';
 * import type { EncryptedMessage, Session } from 'polyratchet/session';
 *
 * declare const identity: Identity;
 * declare const session: Session;
 * declare const message: EncryptedMessage;
 *
 * const result = decryptFrom({ device: 'alice@example.org', identity, session, message, random });
 * console.log(new TextDecoder().decode(result.plaintext));
 * ```
 */
export function decryptFrom(options: DecryptFromOptions): DecryptResult {
  const { device, ...rest } = inputObject('options', options);
  parseAddress(device);
  try {
    const result = decrypt(rest);
    return { ...result, plaintext: unpad(result.plaintext) };
  } catch (error) {
    throw PolyratchetError.is(error) ? withDevice(error, device) : error;
  }
}
