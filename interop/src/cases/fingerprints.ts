/** Signal's fingerprints: the same digits, the same scannable bytes, and the same verdict on either screen. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { systemRandom as random } from 'polyratchet';
import { decodePublicKey, encodePublicKey, generateIdentity } from 'polyratchet/identity';
import { compareSecurityCodes, securityCode, type SecurityCode } from 'polyratchet/securitycode';
import type { FingerprintPeer, Person } from '../fingerprint.js';
import type { Case } from './talk.js';

const PAIRS = 200;

/** The version of Signal's scannable form that we speak. */
export const SCANNABLE_VERSION = 2;

export function fingerprintCases(peer: FingerprintPeer): Case[] {
  return [
    { name: `fingerprints: ${PAIRS} pairs of people, on both screens`, run: async () => pairs(peer) },
    { name: 'fingerprints: other keys and other people do not match', run: async () => mismatches(peer) },
    { name: 'fingerprints: another version is an error to both', run: async () => versions(peer) },
  ];
}

/** Every second key is one that the peer made. */
function pairs(peer: FingerprintPeer): void {
  for (let i = 0; i < PAIRS; i++) {
    const alice = { identifier: randomBytes(1 + (i % 40)), identityKey: peer.generateIdentityKey() };
    const bob = { identifier: Buffer.from(`+49170${i}`), identityKey: ourKey() };
    const [ours, theirs] = [ourCode(alice, bob), peer.create(bob, alice, SCANNABLE_VERSION)];
    assert.equal(ours.digits, theirs.digits, `digits of pair ${i}`);
    assert.equal(ours.digits, peer.create(alice, bob, SCANNABLE_VERSION).digits, 'digits of the same side');
    assert.deepEqual(ours.qr, bytes(peer.create(alice, bob, SCANNABLE_VERSION).scannable), 'scannable bytes');
    assert.equal(verdictOf(ours, theirs.scannable), 'match', `we scan pair ${i}`);
    assert(peer.compare(theirs.scannable, ours.qr), `they scan pair ${i}`);
  }
}

function mismatches(peer: FingerprintPeer): void {
  const alice = { identifier: Buffer.from('alice'), identityKey: peer.generateIdentityKey() };
  const bob = { identifier: Buffer.from('bob'), identityKey: ourKey() };
  const code = ourCode(alice, bob);
  const changes: readonly (readonly [Person, Person, 'local' | 'remote'])[] = [
    [bob, { ...alice, identityKey: ourKey() }, 'local'],
    [bob, { ...alice, identifier: Buffer.from('alicf') }, 'local'],
    [{ ...bob, identityKey: ourKey() }, alice, 'remote'],
    [{ ...bob, identifier: Buffer.from('bo') }, alice, 'remote'],
    [alice, bob, 'local'], // her own screen
  ];
  for (const [local, remote, side] of changes) {
    const theirs = peer.create(local, remote, SCANNABLE_VERSION);
    const result = compareSecurityCodes({ code, scanned: theirs.scannable });
    assert.deepEqual(result, { kind: 'mismatch', side, why: 'fingerprint' });
    assert.equal(peer.compare(theirs.scannable, code.qr), false, 'they find a difference as well');
  }
}

function versions(peer: FingerprintPeer): void {
  const alice = { identifier: Buffer.from('alice'), identityKey: ourKey() };
  const bob = { identifier: Buffer.from('bob'), identityKey: ourKey() };
  const code = ourCode(alice, bob);
  for (const version of [0, 1, 3, 200]) {
    const { scannable, digits } = peer.create(bob, alice, version);
    assert.equal(digits, code.digits, 'the version is not hashed');
    assert.equal(verdictOf(code, scannable), 'version');
    assert.throws(() => peer.compare(scannable, code.qr), 'they refuse ours');
  }
}

export function ourCode(local: Person, remote: Person): SecurityCode {
  return securityCode({ profile: 'signal', local: partyOf(local), remote: partyOf(remote) });
}

function partyOf({ identifier, identityKey }: Person) {
  return { identifier, identityKeys: [decodePublicKey(identityKey)] };
}

function ourKey(): Uint8Array {
  return encodePublicKey(generateIdentity(random).publicKey);
}

function verdictOf(code: SecurityCode, scanned: Uint8Array): string {
  return compareSecurityCodes({ code, scanned }).kind;
}

/** The same bytes as a plain array: older versions give a Buffer. */
function bytes(buffer: Uint8Array): Uint8Array {
  return Uint8Array.from(buffer);
}
