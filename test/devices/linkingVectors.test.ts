/** Links that were recorded with another implementation: the same bytes again, and never the more lenient verdict. */
import {
  approveLink,
  completeLink,
  confirmCompanion,
  createOwnDevices,
  decodeDeviceIdentity,
  decodeDeviceIdentityContainer,
  decodeKeyIndexList,
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  encodeDeviceIdentity,
  encodeDeviceIdentityContainer,
  encodeKeyIndexList,
  encodeSignedDeviceIdentity,
  encodeSignedKeyIndexList,
  parseLinkQr,
  verifyDeviceIdentity,
  type LinkOffer,
} from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import { importIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { reveal, Secret } from '../../src/core/secret.js';
import { draw, fromHex, replayIdentity, toHex } from '../vectors/replay.js';
import type { RecordedContainer, RecordedMessage } from '../vectors/schema.js';
import { seededRandom } from '../support/random.js';
import { linkingFiles } from '../vectors/files.js';

describe.each(linkingFiles)('$source', ({ links, containers, messages }) => {
  test.each(links)('we link $companion.identityKey again, byte for byte', (recorded) => {
    const { now, companion } = recorded;
    const identity = replayIdentity({ seed: recorded.seed });
    const request = parseLinkQr(recorded.qr);
    expect(toHex(request.companionIdentity)).toBe(companion.identityKey);
    expect(toHex(reveal(request.linkingSecret))).toBe(companion.linkingSecret);
    const approved = draw(recorded.random, (random) => {
      const signer = { identity, random, now, serverTime: now };
      const { devices } = createOwnDevices({ account: '1555@s.whatsapp.net', ...signer });
      return approveLink({ devices, request, userConfirmed: { method: 'pin', at: now }, ...signer });
    });
    expect(toHex(approved.container)).toBe(recorded.container);
    expect(toHex(approved.devices.signedList)).toBe(recorded.signedList);

    const { devices } = approved;
    const primaryIdentity = identity.publicKey;
    const companionIdentity = fromHex(companion.identityKey);
    for (const signedIdentity of [fromHex(recorded.reply), fromHex(recorded.signedIdentity)]) {
      const confirmed = confirmCompanion({ devices, keyIndex: 1, device: 7, signedIdentity });
      expect(confirmed.companions).toMatchObject([{ keyIndex: 1, link: { kind: 'confirmed', device: 7 } }]);
      const keys = { primaryIdentity, companionIdentity };
      expect(verifyDeviceIdentity({ signed: signedIdentity, ...keys }).keyIndex).toBe(1);
    }
  });

  test.each(containers)('$name: $us, the peer takes it: $peer', (recorded) => {
    expect(verdictOf(recorded)).toBe(recorded.us);
    expect(recorded.us === 'taken' && !recorded.peer).toBe(false);
  });

  test.each(messages)('their $name is read, and written again', ({ name, bytes }) => {
    expect(toHex(CODECS[name](fromHex(bytes)))).toBe(bytes);
  });
});

/** What our companion says in the place of the peer's. */
function verdictOf({ companion, container }: RecordedContainer): string {
  const identity = importIdentity(fromHex(companion.privateKey));
  const offer: LinkOffer = {
    linkingSecret: new Secret('LinkingSecret', fromHex(companion.linkingSecret)),
    companionIdentity: identity.publicKey,
    noiseKey: new Uint8Array(32),
    ref: 'ref',
    clientType: 'chrome',
    name: '',
    platform: '',
    createdAt: RECORDED_LATEST,
  };
  const random = seededRandom(1);
  const address = '1555:1@s.whatsapp.net';
  try {
    completeLink({ offer, identity, container: fromHex(container), address, random, now: RECORDED_LATEST });
    return 'taken';
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
}

/** A time after every recording: an answer from the past is good. */
const RECORDED_LATEST = 4_000_000_000_000;

const CODECS: Readonly<Record<RecordedMessage['name'], (bytes: Uint8Array) => Uint8Array>> = {
  keyIndexList: (bytes) => encodeKeyIndexList(decodeKeyIndexList(bytes)),
  signedKeyIndexList: (bytes) => encodeSignedKeyIndexList(decodeSignedKeyIndexList(bytes)),
  deviceIdentity: (bytes) => encodeDeviceIdentity(decodeDeviceIdentity(bytes)),
  signedDeviceIdentity: (bytes) => encodeSignedDeviceIdentity(decodeSignedDeviceIdentity(bytes)),
  container: (bytes) => encodeDeviceIdentityContainer(decodeDeviceIdentityContainer(bytes)),
};
