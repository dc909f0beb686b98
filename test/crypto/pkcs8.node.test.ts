/** The node backend where a private JWK needs its public part: keys go in as PKCS#8 and give the same results. */
import type * as NodeCrypto from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import * as noble from '../../src/crypto/noble.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { seededRandom } from '../support/random.js';

type ImportKey = typeof NodeCrypto.createPrivateKey;

/** How the platform imports private keys in the current test, and the formats that it was asked for. */
let importKey: (original: ImportKey) => ImportKey;
let formats: string[];

vi.mock('node:crypto', async (load) => {
  const original = await load<typeof NodeCrypto>();
  const createPrivateKey = (key: Parameters<ImportKey>[0]): NodeCrypto.KeyObject => {
    formats.push(formatOf(key));
    return importKey(original.createPrivateKey)(key);
  };
  return { ...original, createPrivateKey };
});

const bytes = seededRandom(5)(32);
const peer = noble.x25519PublicKey(new Secret('Key', seededRandom(6)(32)));
const message = seededRandom(7)(40);

beforeEach(() => {
  formats = [];
  vi.resetModules();
});
afterEach(() => vi.resetModules());

describe.each([
  ['refuses a JWK with another public part', refusing, 'der'],
  ['believes the public part of a JWK', believing, 'der'],
  ['computes the public part anew', (original: ImportKey) => original, 'jwk'],
])('on a platform that %s', (_, platform, format) => {
  test(`keys go in as ${format}, and the node backend answers as noble does`, async () => {
    importKey = platform;
    const node: CryptoProvider = await import('../../src/crypto/node.js');
    const { Secret: FreshSecret } = await import('../../src/core/secret.js');
    expect(answers(node, FreshSecret)).toEqual(answers(noble, Secret));
    expect(formats.slice(-2), 'the imports of the two keys').toEqual([format, format]);
  });
});

test('nothing is imported before the first use', async () => {
  importKey = (original) => original;
  await import('../../src/crypto/node.js');
  expect(formats).toEqual([]);
});

/** The class is an argument: modules that are loaded anew have a class of their own. */
function answers(backend: CryptoProvider, SecretClass: typeof Secret): unknown[] {
  const [key, seed] = [new SecretClass('Key', bytes), new SecretClass('Seed', bytes)];
  const publicKey = backend.ed25519PublicKey(seed);
  const signature = backend.ed25519Sign(seed, message);
  return [
    backend.x25519PublicKey(key),
    backend.x25519SharedSecret(key, peer),
    publicKey,
    signature,
    backend.ed25519Verify(publicKey, message, signature),
  ];
}

function refusing(original: ImportKey): ImportKey {
  return (key) => {
    if (formatOf(key) === 'jwk') throw new TypeError('Invalid JWK data');
    return original(key);
  };
}

/** The key object tells the `x` that it was made from. */
function believing(original: ImportKey): ImportKey {
  return (key) => {
    const made = original(key);
    if (formatOf(key) !== 'jwk') return made;
    const { x } = (key as { key: { x: string } }).key;
    return new Proxy(made, { get: (_, name) => (name === 'export' ? () => ({ x }) : undefined) });
  };
}

function formatOf(key: Parameters<ImportKey>[0]): string {
  return typeof key === 'object' && 'format' in key && key.format !== undefined ? key.format : 'pem';
}
