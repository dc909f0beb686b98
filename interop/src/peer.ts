/** Another implementation, as a package of the registry. */
import { createRequire } from 'node:module';
import type { Party } from './party.js';

export interface KeyPair {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Peer {
  /** Name of the package. */
  readonly name: string;
  /** The version that is installed. */
  readonly version: string;
  /** A device with an identity of its own. */
  createParty(): Party;
  generateKeyPair(): KeyPair;
  sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** `publicKey` in its 33-byte form. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export const require: NodeJS.Require = createRequire(import.meta.url);

/** The version in an installed package's manifest, so that results never name another one than what ran. */
export function installedVersion(alias: string): string {
  const { version } = require(`${alias}/package.json`) as { readonly version: string };
  return version;
}

/** `name version`, for people. */
export function labelOf({ name, version }: Pick<Peer, 'name' | 'version'>): string {
  return `${name} ${version}`;
}
