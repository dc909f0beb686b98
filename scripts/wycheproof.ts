/**
 * Runs Wycheproof vectors through both backends: `npm run wycheproof -- DIR` takes every *.json file of the folder.
 *
 * Where Wycheproof leaves a choice (`acceptable`), or asks for what our interface cannot express, the policy is here:
 * - X25519 computes every shared secret but the all-zero one, and `publicKeyFrom` lets in only canonical keys that are
 *   not of low order;
 * - Ed25519 is strict (RFC 8032, without cofactor), and so is XEdDSA on the same vectors;
 * - what no caller can express is counted apart, and must be invalid: a nonce that is not 12 bytes long, and for XEdDSA
 *   an s of 256 bits, whose last bit is the sign of A there.
 *
 * XEdDSA runs on the backend of `#crypto`: node, or noble with the condition `polyratchet-noble`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { concat, equalBytes, fromHex, readLittleEndian } from '../src/core/bytes.js';
import { PolyratchetError } from '../src/core/errors.js';
import { Secret } from '../src/core/secret.js';
import { publicKeyFrom, xeddsaVerify, backend as seam } from '../src/crypto/index.js';
import * as noble from '../src/crypto/noble.js';
import * as node from '../src/crypto/node.js';
import type { CryptoProvider } from '../src/crypto/provider.js';

/** One test: its bytes are in hexadecimal, under names that depend on the algorithm. */
interface Vector {
  readonly [field: string]: unknown;
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
}

interface Group {
  readonly pk?: string;
  readonly tests: readonly Vector[];
}

interface File {
  readonly algorithm: string;
  readonly testGroups: readonly Group[];
}

/** Whether the library does with a vector what it should; or that the vector is invalid and cannot be expressed. */
type Outcome = boolean | 'inexpressible';

/** What is run over the vectors of an algorithm, by the name that the table shows. */
type Checks = Readonly<Record<string, (vector: Vector, group: Group) => Outcome>>;

const onBoth = (check: (backend: CryptoProvider, vector: Vector, group: Group) => Outcome): Checks => ({
  node: (vector, group) => check(node, vector, group),
  noble: (vector, group) => check(noble, vector, group),
});

/** The algorithms by the names that Wycheproof has for them. */
const ALGORITHMS: Readonly<Record<string, Checks>> = {
  XDH: { ...onBoth(checkX25519), publicKeyFrom: checkPublicKey },
  EDDSA: { ...onBoth(checkEd25519), [`XEdDSA on ${seam}`]: checkXeddsa },
  'AES-CBC-PKCS5': onBoth(checkAesCbc),
  'AES-GCM': onBoth(checkAead('aesGcmSeal', 'aesGcmOpen')),
  'CHACHA20-POLY1305': onBoth(checkAead('chachaSeal', 'chachaOpen')),
  'HKDF-SHA-256': onBoth(checkHkdf),
  HMACSHA256: onBoth(checkHmac),
};

const NONCE_LENGTH = 12;
const { Fp } = ed25519.Point;

const [folder] = process.argv.slice(2);
const problem = folder === undefined ? 'usage: npm run wycheproof -- DIR' : runFolder(folder);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}

/** Runs all files and prints the table; returns what is wrong, if anything is. */
function runFolder(directory: string): string | undefined {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  if (names.length === 0) return `no *.json file in ${directory}`;
  console.log(row('file', 'backend', 'passed', 'failed', 'inexpressible'));
  const outcomes = names.sort().flatMap((name) => runFile(join(directory, name)));
  const failed = outcomes.filter((outcome) => !isGood(outcome)).length;
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 ? undefined : 'wycheproof: failed';
}

function runFile(path: string): (Outcome | Error)[] {
  const { algorithm, testGroups } = JSON.parse(readFileSync(path, 'utf8')) as File;
  const checks = ALGORITHMS[algorithm];
  if (checks === undefined) {
    console.error(`${basename(path)}: ${algorithm} is no algorithm of this script`);
    return [false];
  }
  return Object.entries(checks).flatMap(([name, check]) => {
    const results = testGroups.flatMap((group) =>
      group.tests.map((vector) => ({ id: vector.tcId, outcome: outcomeOf(() => check(vector, group)) })),
    );
    const failed = results.filter(({ outcome }) => !isGood(outcome));
    const apart = results.filter(({ outcome }) => outcome === 'inexpressible');
    console.log(row(basename(path), name, results.length - failed.length, failed.length, apart.length));
    for (const { id, outcome } of failed) console.error(`  tcId ${id}: ${String(outcome)}`);
    return results.map(({ outcome }) => outcome);
  });
}

function isGood(outcome: Outcome | Error): boolean {
  return outcome === true || outcome === 'inexpressible';
}

/** An exception is a failure that is reported, not the end of the run. */
function outcomeOf(check: () => Outcome): Outcome | Error {
  try {
    return check();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function checkX25519(backend: CryptoProvider, vector: Vector): Outcome {
  const shared = backend.x25519SharedSecret(new Secret('Key', hex(vector, 'private')), hex(vector, 'public'));
  const expected = hex(vector, 'shared');
  return same(shared, expected.every((byte) => byte === 0) ? undefined : expected);
}

function checkPublicKey(vector: Vector): Outcome {
  const bytes = hex(vector, 'public');
  const isUsable = readLittleEndian(bytes) < Fp.ORDER && !vector.flags.includes('LowOrderPublic');
  try {
    return same(publicKeyFrom('public', bytes), bytes) && isUsable;
  } catch (error) {
    return PolyratchetError.is(error, 'invalid-key') && !isUsable;
  }
}

function checkEd25519(backend: CryptoProvider, vector: Vector, { pk = '' }: Group): Outcome {
  const verdict = backend.ed25519Verify(fromHex(pk), hex(vector, 'msg'), hex(vector, 'sig'));
  return verdict === (vector.result === 'valid');
}

/** The same signature by the Curve25519 key: u = (1 + y) / (1 − y), and the sign of A in the last bit. */
function checkXeddsa(vector: Vector, { pk = '' }: Group): Outcome {
  const A = fromHex(pk);
  const sign = (A[31] ?? 0) & 0x80;
  const y = Fp.fromBytes(concat(A.subarray(0, 31), Uint8Array.of((A[31] ?? 0) & 0x7f)));
  const u = publicKeyFrom('public', Fp.toBytes(Fp.div(Fp.add(1n, y), Fp.sub(1n, y))));
  const signature = hex(vector, 'sig');
  if (signature.length === 64) {
    const last = signature[63] ?? 0;
    if ((last & 0x80) !== 0) return inexpressible(vector);
    signature[63] = last | sign;
  }
  return xeddsaVerify(u, hex(vector, 'msg'), signature) === (vector.result === 'valid');
}

function checkAesCbc(backend: CryptoProvider, vector: Vector): Outcome {
  const [key, iv] = [hex(vector, 'key'), hex(vector, 'iv')];
  const [plaintext, ciphertext] = [hex(vector, 'msg'), hex(vector, 'ct')];
  const decrypted = backend.aesCbcDecrypt(key, iv, ciphertext);
  if (vector.result === 'invalid') return decrypted === undefined;
  return same(decrypted, plaintext) && same(backend.aesCbcEncrypt(key, iv, plaintext), ciphertext);
}

function checkAead(seal: 'aesGcmSeal' | 'chachaSeal', open: 'aesGcmOpen' | 'chachaOpen') {
  return (backend: CryptoProvider, vector: Vector): Outcome => {
    const [key, nonce] = [hex(vector, 'key'), hex(vector, 'iv')];
    const [plaintext, data] = [hex(vector, 'msg'), hex(vector, 'aad')];
    const sealed = concat(hex(vector, 'ct'), hex(vector, 'tag'));
    if (nonce.length !== NONCE_LENGTH) return inexpressible(vector);
    const opened = backend[open](key, nonce, sealed, data);
    if (vector.result === 'invalid') return opened === undefined;
    return same(opened, plaintext) && same(backend[seal](key, nonce, plaintext, data), sealed);
  };
}

function checkHkdf(backend: CryptoProvider, vector: Vector): Outcome {
  const [inputKey, salt, info] = [hex(vector, 'ikm'), hex(vector, 'salt'), hex(vector, 'info')];
  try {
    const output = backend.hkdfSha256(inputKey, salt, info, Number(vector['size']));
    return same(output, hex(vector, 'okm')) === (vector.result === 'valid');
  } catch (error) {
    return PolyratchetError.is(error, 'too-large') && vector.flags.includes('SizeTooLarge');
  }
}

/** A shorter tag is the beginning of the whole one. */
function checkHmac(backend: CryptoProvider, vector: Vector): Outcome {
  const tag = hex(vector, 'tag');
  const whole = backend.hmacSha256(hex(vector, 'key'), hex(vector, 'msg'));
  return same(whole.subarray(0, tag.length), tag) === (vector.result === 'valid');
}

function inexpressible({ result }: Vector): Outcome {
  return result === 'invalid' && 'inexpressible';
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

function hex(vector: Vector, field: string): Uint8Array {
  const text = vector[field];
  if (typeof text !== 'string') throw new Error(`the vector has no ${field}`);
  return fromHex(text);
}

function row(file: string, name: string, ...cells: (string | number)[]): string {
  return file.padEnd(26) + name.padEnd(18) + cells.map((cell) => String(cell).padStart(14)).join('');
}
