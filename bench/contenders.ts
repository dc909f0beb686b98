/** Who takes part: our variants, the sums of primitives, the peers; each runs in a process of its own. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Backend } from './row.js';

/** Someone who takes part. */
export interface Contender {
  /** Backend of ours, or a name for errors; the name in results comes from the subject itself. */
  readonly id: string;
  readonly role: Role;
  /** Module and function that make the subject (or the floor's primitives). */
  readonly module: string;
  readonly maker: string;
  readonly conditions: readonly string[];
  /** What a program that uses it imports, and where from; a floor's are the noble modules behind ours. */
  readonly imports: readonly string[];
  readonly folder: string;
  /** A call that it needs before it can be used, on the imported module. */
  readonly start?: string;
  /** What a bundler makes of it: for browsers, or for Node.js. */
  readonly platform: 'browser' | 'node';
}

/** A floor is the floor of some of our backends. */
export type Role =
  | { readonly kind: 'ours'; readonly backend: Backend }
  | { readonly kind: 'floor'; readonly backends: readonly Backend[] }
  | { readonly kind: 'peer' };

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PEERS = fileURLToPath(new URL('peers', import.meta.url));
const NO_CONDITIONS: readonly string[] = [];

/** The condition that browsers get by default, if this version of the library has it. */
const KERNEL = 'polyratchet-browser';

const FANOUT = 'polyratchet/fanout';
const CURVES = ['@noble/curves/ed25519.js'];
const ALL_NOBLE = [
  ...CURVES,
  '@noble/ciphers/aes.js',
  '@noble/ciphers/chacha.js',
  '@noble/hashes/hkdf.js',
  '@noble/hashes/hmac.js',
  '@noble/hashes/sha2.js',
];

/** Our variants first, then the floors, then the peers. */
export function contenders({ withPeers }: { readonly withPeers: boolean }): readonly Contender[] {
  return [
    ours('node', NO_CONDITIONS, 'node'),
    ours('noble', ['polyratchet-noble'], 'browser'),
    ...(hasCondition(KERNEL) ? [ours('kernel', [KERNEL], 'browser')] : []),
    floor('floor.node.ts', 'nodePrimitives', ['node'], CURVES),
    floor('floor.noble.ts', 'noblePrimitives', ['noble', 'kernel'], ALL_NOBLE),
    ...(withPeers ? peers() : []),
  ];
}

function peers(): readonly Contender[] {
  return [
    peer('libsignalClient.ts', 'libsignalClient60', 'libsignal-client-0.60'),
    peer('libsignalClient.ts', 'libsignalClient103', 'libsignal-client-0.103'),
    peer('whatsappRustBridge.ts', 'whatsappRustBridge', 'whatsapp-rust-bridge'),
    { ...peer('olm.ts', 'olm', '@matrix-org/olm'), start: 'default.init()' },
    peer('libsignal.ts', 'libsignal', 'libsignal'),
  ];
}

function ours(backend: Backend, conditions: readonly string[], platform: Contender['platform']): Contender {
  return {
    id: backend,
    role: { kind: 'ours', backend },
    module: './ours.ts',
    maker: 'polyratchet',
    conditions,
    imports: [FANOUT],
    folder: ROOT,
    platform,
  };
}

function floor(
  file: string,
  maker: string,
  backends: readonly Backend[],
  imports: readonly string[],
): Contender {
  return {
    id: maker,
    role: { kind: 'floor', backends },
    module: `./${file}`,
    maker,
    conditions: NO_CONDITIONS,
    imports,
    folder: ROOT,
    platform: 'node',
  };
}

function peer(file: string, maker: string, alias: string): Contender {
  return {
    id: alias,
    role: { kind: 'peer' },
    module: `./peers/${file}`,
    maker,
    conditions: NO_CONDITIONS,
    imports: [alias],
    folder: PEERS,
    platform: 'node',
  };
}

function hasCondition(condition: string): boolean {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { imports } = JSON.parse(manifest) as { readonly imports: Readonly<Record<string, object>> };
  return Object.values(imports).some((targets) => condition in targets);
}
