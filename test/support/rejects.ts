/** Expecting that a message is refused and that nothing has changed: the heart of every test against forgery. */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import { decrypt, encodeSession, peekPreKeyMessage, type EncryptedMessage } from 'polyratchet/session';
import { expect } from 'vitest';
import { preKeysFor, type Party } from './party.js';
import { expectNoSecrets, secretsOf } from './secrets.js';

/** What is stored of a party, as far as decrypting could change it. */
export interface Stored {
  readonly session: Uint8Array | undefined;
  readonly signedPreKeys: readonly number[];
  readonly oneTimePreKeys: readonly number[];
}

export function storedOf(party: Party): Stored {
  return {
    session: party.session === undefined ? undefined : encodeSession(party.session),
    signedPreKeys: [...party.signedPreKeys.keys()],
    oneTimePreKeys: [...party.oneTimePreKeys.keys()],
  };
}

export interface RejectOptions {
  readonly trustedIdentity?: Uint8Array;
}

/**
 * Decrypts a message that must be refused with one of the codes: the session is the same to the byte afterwards, and the
 * error holds no secret of the party's. The genuine message can be delivered next.
 */
export function rejects<Code extends ErrorCode>(
  party: Party,
  message: EncryptedMessage,
  code: Code | readonly Code[],
  { trustedIdentity }: RejectOptions = {},
): PolyratchetError<Code> {
  const { identity, session, random } = party;
  const before = storedOf(party);
  const error = caught(() =>
    decrypt({
      identity,
      message,
      ...(session === undefined ? {} : { session }),
      ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
      ...loadPreKeys(party, message),
      random,
    }),
  );
  const codes: readonly ErrorCode[] = typeof code === 'string' ? [code] : code;
  if (!PolyratchetError.is(error)) {
    const got = error instanceof Error ? error.message : 'no error';
    throw new Error(`expected ${codes.join(' or ')}: ${got}`, { cause: error });
  }
  expect(codes, 'the code of the error').toContain(error.code);
  expect(storedOf(party), 'what is stored afterwards').toEqual(before);
  expectNoSecrets(error, secretsOf(party));
  return error as PolyratchetError<Code>;
}

/** What a function throws; `undefined` if it returns. */
export function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The prekeys that the message names; where it is too broken to name any, all that there are to be misused. */
function loadPreKeys(party: Party, message: EncryptedMessage): ReturnType<typeof preKeysFor> {
  if (message.type !== 'prekey') return {};
  if (caught(() => peekPreKeyMessage(message.bytes)) === undefined) return preKeysFor(party, message);
  const [signedPreKey] = party.signedPreKeys.values();
  const [oneTimePreKey] = party.oneTimePreKeys.values();
  return {
    ...(signedPreKey === undefined ? {} : { signedPreKey }),
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
  };
}
