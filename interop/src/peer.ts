/** Another implementation, as a package of the registry. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AdvMessages, CodeCompanion, CodePrimary, Companion } from './companion.js';
import type { Party } from './party.js';

export interface KeyPair {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
}

/** What results are about. */
export interface Installed {
  /** Name of the package. */
  readonly name: string;
  /** The version that is installed. */
  readonly version: string;
}

/** One that signs with Curve25519 keys. */
export interface Signer extends Installed {
  generateKeyPair(): KeyPair;
  sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** `publicKey` in its 33-byte form. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** One that speaks Signal's sessions. */
export interface Peer extends Signer {
  /** A device with an identity of its own. */
  createParty(): Party;
}

/** One whose devices can be linked by our primary. */
export interface LinkingPeer extends Installed {
  /** Whether its companions refuse a container whose account signature is wrong. */
  readonly checksAccountSignature: boolean;
  /** Makes a companion that asks to be linked by QR code. */
  createCompanion(): Companion;
  /** Makes a companion that asks to be linked by code. */
  createCodeCompanion(): CodeCompanion;
  /** A primary that links ours by code, as far as the peer's functions go. */
  createCodePrimary(): CodePrimary;
  /** Its definitions of what primaries sign. */
  readonly adv: AdvMessages;
}

export const require: NodeJS.Require = createRequire(import.meta.url);

/** The version in an installed package's manifest, so that results never name another one than what ran. */
export function installedVersion(alias: string): string {
  const manifest = new URL(`../node_modules/${alias}/package.json`, import.meta.url); // not every package exports it
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  return version;
}

/** `name version`, for people. */
export function labelOf({ name, version }: Installed): string {
  return `${name} ${version}`;
}
