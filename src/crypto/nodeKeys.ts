/**
 * Raw keys as OpenSSL's key objects.
 *
 * They go in as JWK: OpenSSL's DER decoder costs ten times as much. A private key's `x` is not known when it comes in, and
 * Node.js does not ask for the right one; that is an observation, not a promise, so it is tested once, at first use, and
 * where it does not hold keys go in as PKCS#8.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { equalBytes } from '../core/bytes.js';
import { importedForm, keepImportedForm, reveal, type Secret } from '../core/secret.js';

/** The two uses of the curve. */
export type Curve = 'X25519' | 'Ed25519';

/** A secret is imported once: as a private key of the first curve that it is used on. */
export function privateKeyObject(curve: Curve, secret: Secret): KeyObject {
  const kept = importedForm(secret);
  if (kept instanceof KeyObject && kept.asymmetricKeyType === curve.toLowerCase()) return kept;
  const key = importPrivateKey(curve, reveal(secret));
  keepImportedForm(secret, key);
  return key;
}

/** Recently imported public keys by curve and content: a ratchet step and X3DH use the same one several times in a row. */
const publicKeys = new Map<string, KeyObject>();
const MAX_PUBLIC_KEYS = 64;

export function publicKeyObject(crv: Curve, publicKey: Uint8Array): KeyObject {
  const x = base64url(publicKey);
  const name = crv + x;
  let key = publicKeys.get(name);
  if (key === undefined) {
    key = createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' });
    if (publicKeys.size >= MAX_PUBLIC_KEYS) publicKeys.delete(publicKeys.keys().next().value ?? '');
    publicKeys.set(name, key);
  }
  return key;
}

/** Whether a private JWK with a wrong `x` gives the right key; unknown until the first import. */
let jwkWorks: boolean | undefined;

function importPrivateKey(curve: Curve, bytes: Uint8Array): KeyObject {
  jwkWorks ??= jwkSelfTest();
  return jwkWorks ? importJwk(curve, bytes) : importPkcs8(curve, bytes);
}

function importJwk(crv: Curve, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv, d: base64url(bytes), x: UNKNOWN_X }, format: 'jwk' });
}

function importPkcs8(curve: Curve, bytes: Uint8Array): KeyObject {
  const key = Buffer.concat([curve === 'X25519' ? PKCS8_X25519 : PKCS8_ED25519, bytes]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Imports a fixed key both ways and compares the public keys. */
function jwkSelfTest(): boolean {
  const bytes = Buffer.alloc(32, 0x58);
  try {
    return (['X25519', 'Ed25519'] as const).every((curve) =>
      equalBytes(publicPart(importJwk(curve, bytes)), publicPart(importPkcs8(curve, bytes))),
    );
  } catch {
    return false;
  }
}

export function publicPart(key: KeyObject): Uint8Array {
  const { x = '' } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x, 'base64url'));
}

const UNKNOWN_X = base64url(new Uint8Array(32));
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex'); // RFC 8410 §7
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}
