/** Fingerprints of `@signalapp/libsignal-client`; their interface is the same in all its versions. */
import type * as client103 from 'libsignal-0.103';
import type { FingerprintPeer } from '../fingerprint.js';
import { installedVersion, require } from '../peer.js';

const ROUNDS = 5200;

/** The implementation that is installed under an alias. */
export function libsignalFingerprints(alias: 'libsignal-0.23' | 'libsignal-0.103'): FingerprintPeer {
  const { Fingerprint, PrivateKey, PublicKey, ScannableFingerprint } = require(alias) as typeof client103;
  const scannable = (bytes: Uint8Array): client103.ScannableFingerprint =>
    ScannableFingerprint._fromBuffer(Buffer.from(bytes));
  return {
    name: '@signalapp/libsignal-client',
    version: installedVersion(alias),
    generateIdentityKey: () => PrivateKey.generate().getPublicKey().serialize(),
    create(local, remote, version) {
      const fingerprint = Fingerprint.new(
        ROUNDS,
        version,
        Buffer.from(local.identifier),
        PublicKey.deserialize(Buffer.from(local.identityKey)),
        Buffer.from(remote.identifier),
        PublicKey.deserialize(Buffer.from(remote.identityKey)),
      );
      return {
        digits: fingerprint.displayableFingerprint().toString(),
        scannable: fingerprint.scannableFingerprint().toBuffer(),
      };
    },
    compare: (own, scanned) => scannable(own).compare(scannable(scanned)),
  };
}
