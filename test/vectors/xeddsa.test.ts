/** Signatures of other implementations: ours is never the more lenient verdict, and they accept what we sign. */
import { PolyratchetError } from 'polyratchet/errors';
import { decodePublicKey, encodePublicKey, sign, verify } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { signatureFiles } from './files.js';
import { draw, flipBit, fromHex, replayIdentity, toHex } from './replay.js';
import type { RecordedSignature } from './schema.js';

describe.each(signatureFiles)('$source', ({ signers, oddKeys }) => {
  test('has keys of both signs', () => {
    expect(new Set(signers.map(({ sign: bit }) => bit))).toEqual(new Set([0, 1]));
  });

  describe.each(signers)('key $publicKey', (signer) => {
    const identity = replayIdentity(signer.identity);

    test('follows from its private part', () => {
      expect(toHex(encodePublicKey(identity.publicKey))).toBe(signer.publicKey);
    });

    test('signs byte for byte what the peer accepted', () => {
      const { ours, sign: bit } = signer;
      const message = fromHex(ours.message);
      const signature = draw(ours.random, (random) => sign({ identity, message, random }));
      expect(toHex(signature)).toBe(ours.signature);
      expect(signature[63]! >> 7).toBe(bit);
      expect(verify({ publicKey: identity.publicKey, message, signature })).toBe(true);
    });

    test.each(signer.signatures)('$name: $us, the peer says $peer', (recorded) => {
      expect(verdictOf(recorded)).toBe(recorded.us);
      expect(recorded.us === true && !recorded.peer).toBe(false);
    });

    test('a change of any byte spoils a signature', () => {
      const signature = fromHex(signer.ours.signature);
      const message = fromHex(signer.ours.message);
      const { publicKey } = identity;
      for (let at = 0; at < signature.length; at++) {
        const changed = flipBit(signature, 8 * at + (at % 8));
        expect(verify({ publicKey, message, signature: changed }), `byte ${String(at)}`).toBe(false);
      }
      for (let at = 0; at < message.length; at++) {
        const changed = flipBit(message, 8 * at + (at % 8));
        expect(verify({ publicKey, message: changed, signature })).toBe(false);
      }
    });
  });

  test.each(oddKeys)('$name: the key is refused, though the peer takes it', (recorded) => {
    expect(recorded.peer).toBe(true);
    expect(verdictOf(recorded)).toBe(recorded.us);
  });
});

function verdictOf({ publicKey, message, signature }: RecordedSignature): RecordedSignature['us'] {
  try {
    return verify({
      publicKey: decodePublicKey(fromHex(publicKey)),
      message: fromHex(message),
      signature: fromHex(signature),
    });
  } catch (error) {
    if (PolyratchetError.is(error, 'invalid-key')) return 'invalid-key';
    throw error;
  }
}
