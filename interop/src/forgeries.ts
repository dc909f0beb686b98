/** Containers that no companion must take, each made for one by somebody who could have made a good one. */
import { createHmac } from 'node:crypto';
import { systemRandom as random } from 'polyratchet';
import {
  encodeDeviceIdentityContainer,
  encodeSignedDeviceIdentity,
  signAccount,
  type SignedDeviceIdentity,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import type { Companion } from './companion.js';

export interface Forgery {
  readonly name: string;
  /** What is wrong about it. */
  readonly kind: 'mac' | 'signature';
  /** Why we refuse it. */
  readonly code: 'link-mismatch' | 'invalid-signature';
  container(companion: Companion): Uint8Array;
}

const primary = generateIdentity(random);
const stranger = generateIdentity(random);
const device = { rawId: 4711, timestamp: 1000 * Math.floor(Date.now() / 1000), keyIndex: 1 };

export const forgeries: readonly Forgery[] = [
  {
    name: 'a bit of the MAC flipped',
    kind: 'mac',
    code: 'link-mismatch',
    container: (companion) => withLastByteChanged(sealed(companion.linkingSecret, genuine(companion))),
  },
  {
    name: 'the secret of another offer',
    kind: 'mac',
    code: 'link-mismatch',
    container: (companion) => sealed(random(32), genuine(companion)),
  },
  {
    name: 'the signature of another primary',
    kind: 'signature',
    code: 'invalid-signature',
    container: (companion) =>
      sealed(companion.linkingSecret, { ...genuine(companion), accountSignatureKey: stranger.publicKey }),
  },
  {
    name: 'a signature for another companion',
    kind: 'signature',
    code: 'invalid-signature',
    container: ({ linkingSecret }) => sealed(linkingSecret, genuine({ identityKey: stranger.publicKey })),
  },
  {
    name: 'details that were changed after they were signed',
    kind: 'signature',
    code: 'invalid-signature',
    container: (companion) => {
      const { details } = genuine(companion, { ...device, keyIndex: 2 });
      return sealed(companion.linkingSecret, { ...genuine(companion), details });
    },
  },
];

/** HMAC-SHA-256. */
export function hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(bytes).digest());
}

function genuine({ identityKey }: Pick<Companion, 'identityKey'>, details = device): SignedDeviceIdentity {
  return signAccount({ device: details, companionIdentity: identityKey, identity: primary, random });
}

function sealed(secret: Uint8Array, signed: SignedDeviceIdentity): Uint8Array {
  const details = encodeSignedDeviceIdentity(signed);
  return encodeDeviceIdentityContainer({ details, mac: hmac(secret, details) });
}

/** The last byte is one of the MAC. */
function withLastByteChanged(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));
}
