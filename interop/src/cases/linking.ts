/** Linking by QR code: our primary, the peer's companion; and what both sign about it. */
import assert from 'node:assert/strict';
import { systemRandom as random } from 'polyratchet';
import {
  completeLink,
  createLinkOffer,
  parseLinkQr,
  signAccount,
  verifyDeviceIdentity,
  verifyKeyIndexList,
  type CompletedLink,
  type LinkRequest,
} from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import { generateIdentity, importIdentity } from 'polyratchet/identity';
import type { Companion } from '../companion.js';
import { forgeries, hmac, type Forgery } from '../forgeries.js';
import { OurPrimary } from '../ourPrimary.js';
import type { LinkingPeer } from '../peer.js';
import type { Case } from './talk.js';

export function linkingCases(peer: LinkingPeer): Case[] {
  return [
    {
      name: 'linking: four companions link by QR code, one after the other',
      run: async () => linkFour(peer),
    },
    { name: 'linking: their container is one that our companion takes', run: async () => weComplete(peer) },
    {
      name: 'linking: a container under another secret is refused by both',
      run: async () => forged(peer, 'mac'),
    },
    {
      name: `linking: a wrong account signature is ${peer.checksAccountSignature ? 'refused by both' : 'taken by them and refused by us'}`,
      run: async () => forged(peer, 'signature'),
    },
    { name: 'linking: we read their QR code', run: async () => sameQr(peer) },
  ];
}

/** Links a companion of the peer's, and checks what each side has of the other afterwards. */
export function link(primary: OurPrimary, companion: Companion, request: LinkRequest): void {
  const { container, companion: approved } = primary.approve(request);
  const { reply, signedIdentity, pinned, keyIndex } = companion.complete(container);
  assert.equal(keyIndex, approved.keyIndex, 'the key index that they read');
  assert.deepEqual(Buffer.from(pinned), Buffer.from(primary.identity.publicKey), 'the key that they pin');
  primary.confirm(keyIndex, reply);
  for (const signed of [reply, signedIdentity]) {
    const device = verifyDeviceIdentity({
      signed,
      primaryIdentity: primary.identity.publicKey,
      companionIdentity: companion.identityKey,
    });
    assert.equal(device.keyIndex, keyIndex, 'the key index that everybody reads');
  }
}

function linkFour(peer: LinkingPeer): void {
  const primary = new OurPrimary();
  for (let i = 1; i <= 4; i++) {
    const companion = peer.createCompanion();
    const request = parseLinkQr(companion.qr);
    assert.deepEqual(Buffer.from(request.companionIdentity), Buffer.from(companion.identityKey));
    link(primary, companion, request);
  }
  const { identity, devices } = primary;
  const list = verifyKeyIndexList({ signedList: devices.signedList, primaryIdentity: identity.publicKey });
  assert.deepEqual(list.validIndexes, [1, 2, 3, 4]);
  refused('companion-limit', () => primary.approve(parseLinkQr(peer.createCompanion().qr)));
}

/** Made of the peer's messages and signatures alone, as a primary of theirs would. */
function weComplete({ adv }: LinkingPeer): void {
  const identity = generateIdentity(random);
  const now = Date.now();
  const { offer, qr } = createLinkOffer({
    identity,
    noiseKey: random(32),
    ref: 'ref',
    clientType: 'chrome',
    name: 'Laptop',
    platform: 'Linux',
    random,
    now,
  });
  const { linkingSecret, companionIdentity } = secretOf(qr);
  const primary = generateIdentity(random);
  const timestamp = Math.floor(now / 1000);
  const { accountSignature } = signAccount({
    device: { rawId: 4711, timestamp: 1000 * timestamp, keyIndex: 3 },
    companionIdentity,
    identity: primary,
    random,
  });
  const details = adv.deviceIdentity.encode({ rawId: 4711, timestamp, keyIndex: 3 });
  const accountSignatureKey = primary.publicKey;
  const signed = adv.signedDeviceIdentity.encode({ details, accountSignatureKey, accountSignature });
  const container = adv.container.encode({ details: signed, hmac: hmac(linkingSecret, signed) });
  const { device, reply } = completeLink({
    offer,
    identity,
    container,
    address: '1555:3@s.whatsapp.net',
    random,
    now,
  });
  assert.equal(device.keyIndex, 3);
  const sent = adv.signedDeviceIdentity.decode(reply);
  assert.equal(sent['accountSignatureKey'], undefined, 'the reply leaves the key out');
  assert.equal((sent['deviceSignature'] as Uint8Array).length, 64);
}

function forged(peer: LinkingPeer, kind: Forgery['kind']): void {
  const taken = kind === 'signature' && !peer.checksAccountSignature;
  for (const { name, container, code } of forgeries.filter((forgery) => forgery.kind === kind)) {
    const companion = peer.createCompanion();
    const bytes = container(companion);
    assert.equal(takes(companion, bytes), taken, `what they say of ${name}`);
    refused(code, () => ourCompletion(companion, bytes), name);
  }
}

export function takes(companion: Companion, container: Uint8Array): boolean {
  try {
    companion.complete(container);
    return true;
  } catch {
    return false;
  }
}

/** What our own companion makes of a container in the place of the peer's: with its identity and its secret. */
export function ourCompletion({ privateKey, qr }: Companion, container: Uint8Array): CompletedLink {
  const { linkingSecret, companionIdentity, noiseKey = random(32), ref } = parseLinkQr(qr);
  const now = Date.now();
  return completeLink({
    offer: {
      clientType: 'chrome',
      name: '',
      platform: '',
      linkingSecret,
      companionIdentity,
      noiseKey,
      ref,
      createdAt: now,
    },
    identity: importIdentity(privateKey),
    container,
    address: '1555:1@s.whatsapp.net',
    random,
    now,
  });
}

function sameQr(peer: LinkingPeer): void {
  const { qr, identityKey, linkingSecret } = peer.createCompanion();
  const request = parseLinkQr(qr);
  assert.deepEqual(Buffer.from(request.companionIdentity), Buffer.from(identityKey));
  assert.deepEqual(secretOf(qr).linkingSecret, Buffer.from(linkingSecret));
  assert.equal(request.clientType, 'chrome');
}

/** The secret inside a QR text, which no request shows. */
function secretOf(qr: string): { readonly linkingSecret: Buffer; readonly companionIdentity: Buffer } {
  const [, , identity = '', secret = ''] = qr.split(',');
  return { linkingSecret: Buffer.from(secret, 'base64'), companionIdentity: Buffer.from(identity, 'base64') };
}

export function refused(code: PolyratchetError['code'], run: () => unknown, name = ''): void {
  assert.throws(run, (error) => PolyratchetError.is(error, code), `${name}: we refuse with ${code}`);
}
