/**
 * Conversations with other implementations, replayed: every message of theirs must decrypt, and every message of ours
 * must be, byte for byte, the one that they decrypted.
 */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import { encodePublicKey } from 'polyratchet/identity';
import {
  createSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  type DecryptResult,
  type EncryptedMessage,
  type Session,
} from 'polyratchet/session';
import { describe, expect, inject, test } from 'vitest';
import { sessionFiles } from './files.js';
import { innerMessageOf } from './preKeyMessage.js';
import { draw, flipBit, fromHex, noRandom, preKeysFor, replayBundle, replayParty, toHex } from './replay.js';
import type { DecryptStep, Step, Transcript } from './schema.js';

const now = 0;

/** What a changed message may be refused with; anything else is a mistake of ours. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bad-mac',
  'duplicate-message',
  'invalid-key',
  'key-gone',
  'legacy-version',
  'malformed',
  'too-far-ahead',
  'unknown-version',
]);

/** All of them on one backend; elsewhere, where a step takes a hundred times as long, the first of each peer. */
const some = <Item>(all: readonly Item[]): readonly Item[] =>
  inject('backend') === 'node' ? all : all.slice(0, 3);

describe.each(sessionFiles)('$source', ({ transcripts }) => {
  describe.each(some(transcripts))('$name', (transcript) => {
    test('our keys follow from what we drew', () => {
      const { us } = transcript;
      const { identity, signedPreKeys, oneTimePreKeys } = replayParty(us);
      expect(toHex(encodePublicKey(identity.publicKey))).toBe(us.identityKey);
      for (const { id, publicKey, signature } of us.signedPreKeys) {
        const made = signedPreKeys.get(id)!;
        expect(toHex(encodePublicKey(made.publicKey))).toBe(publicKey);
        expect(toHex(made.signature)).toBe(signature);
      }
      for (const { id, publicKey } of us.oneTimePreKeys) {
        expect(toHex(encodePublicKey(oneTimePreKeys.get(id)!.publicKey))).toBe(publicKey);
      }
    });

    test('every message is taken once, and none again at the end', () => {
      const replay = replayOf(transcript);
      for (const step of transcript.steps) {
        replay.run(step);
        if (step.kind === 'decrypt') replay.refuse(messageOf(step), ['duplicate-message']);
      }
      for (const step of decryptSteps(transcript)) {
        // Of a chain that is gone it is no longer known that the message came before.
        replay.refuse(messageOf(step), ['duplicate-message', 'bad-mac']);
      }
    });

    test('a changed message is refused, and the genuine one is taken afterwards', () => {
      const replay = replayOf(transcript);
      for (const [round, step] of transcript.steps.entries()) {
        if (step.kind === 'decrypt') {
          for (const changed of changesOf(messageOf(step), round)) replay.refuse(changed, REFUSALS);
        }
        replay.run(step);
      }
    });
  });
});

interface Replay {
  /** Makes the recorded call, which must give what was recorded. */
  run(step: Step): void;
  /** The message must be refused with one of these codes, and nothing may change by it. */
  refuse(message: EncryptedMessage, codes: Iterable<ErrorCode>): void;
}

/** Our side at the start of a conversation; the session is stored and loaded after each step. */
function replayOf({ us }: Transcript): Replay {
  const party = replayParty(us);
  const { identity, registrationId } = party;
  let stored: Uint8Array | undefined;
  const known = (): { session?: Session } => (stored === undefined ? {} : { session: decodeSession(stored) });
  const open = (message: EncryptedMessage, random = noRandom): DecryptResult =>
    decrypt({ identity, message, ...known(), ...preKeysFor(party, message), random });

  const run = (step: Step): void => {
    switch (step.kind) {
      case 'start': {
        const bundle = replayBundle(step.bundle);
        const options = { identity, registrationId, bundle, ...known(), now };
        stored = encodeSession(draw(step.random, (random) => createSession({ ...options, random })).session);
        return;
      }
      case 'encrypt': {
        const { session, message } = encrypt({
          session: known().session!,
          plaintext: fromHex(step.plaintext),
          now,
        });
        expect({ type: message.type, message: toHex(message.bytes) }).toEqual({
          type: step.type,
          message: step.message,
        });
        stored = encodeSession(session);
        return;
      }
      case 'decrypt': {
        const result = draw(step.random, (random) => open(messageOf(step), random));
        const { oneTimePreKeyId } = result.consumed;
        expect(toHex(result.plaintext)).toBe(step.plaintext);
        expect([result.state, oneTimePreKeyId]).toEqual([step.state, step.oneTimePreKeyId]);
        if (oneTimePreKeyId !== undefined) party.oneTimePreKeys.delete(oneTimePreKeyId);
        stored = encodeSession(result.session);
      }
    }
  };
  const refuse = (message: EncryptedMessage, codes: Iterable<ErrorCode>): void => {
    const { session } = known();
    const code = codeOf(() => open(message));
    expect([...codes], `refusal of ${toHex(message.bytes)}`).toContain(code);
    if (session !== undefined) expect(encodeSession(session)).toEqual(stored);
  };
  return { run, refuse };
}

function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
  return undefined;
}

function messageOf({ type, message }: DecryptStep): EncryptedMessage {
  return { type, bytes: fromHex(message) };
}

function decryptSteps({ steps }: Transcript): DecryptStep[] {
  return steps.filter((step) => step.kind === 'decrypt');
}

/** Bytes from one change to the next. */
const STRIDE = 16;

/**
 * The message with one bit changed: of every 16th byte, from another one on for every message, and of the last; of a
 * prekey message only what the MAC covers.
 */
function* changesOf({ type, bytes }: EncryptedMessage, round: number): Generator<EncryptedMessage> {
  const { start, end } = type === 'prekey' ? innerMessageOf(bytes) : { start: 0, end: bytes.length };
  for (let at = start + (round % STRIDE); at < end; at += STRIDE) {
    yield { type, bytes: flipBit(bytes, 8 * at + ((at + round) % 8)) };
  }
  yield { type, bytes: flipBit(bytes, 8 * (end - 1) + (round % 8)) };
}
