/**
 * `baileys`: a companion. It takes a container with a function of its own; of the exchange by code it exports the parts,
 * which are put together here in the order of the protocol.
 */
import { randomBytes } from 'node:crypto';
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  aesEncryptGCM,
  buildPairingQRData,
  bytesToCrockford,
  configureSuccessfulPairing,
  Curve,
  derivePairingCodeKey,
  encodeSignedDeviceIdentity,
  hkdf,
  proto,
  type BinaryNode,
} from 'baileys';
import type {
  AdvMessages,
  CodeCompanion,
  CodePrimary,
  Companion,
  Completed,
  MessageCodec,
} from '../companion.js';
import { installedVersion, type LinkingPeer } from '../peer.js';

/** The implementation as it is installed. */
export function baileys(): LinkingPeer {
  return {
    name: 'baileys',
    version: installedVersion('baileys'),
    checksAccountSignature: false, // its `Curve.verify` is true for every signature
    createCompanion: () => companionOf(Curve.generateKeyPair(), randomBytes(32)),
    createCodeCompanion,
    createCodePrimary,
    adv,
  };
}

type KeyPair = ReturnType<typeof Curve.generateKeyPair>;

function companionOf(identity: KeyPair, linkingSecret: Uint8Array): Companion {
  const noiseKey = Curve.generateKeyPair().public;
  return {
    privateKey: identity.private,
    identityKey: identity.public,
    linkingSecret,
    qr: buildPairingQRData(
      '2@ref-of-a-server',
      base64(noiseKey),
      base64(identity.public),
      base64(linkingSecret),
      ['Ubuntu', 'Chrome', '22.04.4'],
    ),
    complete: (container) => complete(identity, linkingSecret, container),
  };
}

function complete(identity: KeyPair, linkingSecret: Uint8Array, container: Uint8Array): Completed {
  const { creds, reply } = configureSuccessfulPairing(stanzaOf(container), {
    advSecretKey: base64(linkingSecret),
    signedIdentityKey: identity,
    signalIdentities: [],
  });
  const { account } = creds;
  const sent = childOf(childOf(reply, 'pair-device-sign'), 'device-identity');
  if (!account?.accountSignatureKey || !(sent.content instanceof Uint8Array)) {
    throw new Error('it answers nothing');
  }
  return {
    reply: sent.content,
    signedIdentity: encodeSignedDeviceIdentity(account, true),
    pinned: account.accountSignatureKey,
    keyIndex: Number(sent.attrs['key-index']),
  };
}

/** The stanza in which a server brings the container. */
function stanzaOf(container: Uint8Array): BinaryNode {
  const content: BinaryNode[] = [
    { tag: 'device-identity', attrs: {}, content: container },
    { tag: 'device', attrs: { jid: '1555:7@s.whatsapp.net', lid: '9876:7@lid' } },
    { tag: 'platform', attrs: { name: 'android' } },
  ];
  return { tag: 'iq', attrs: { id: '1' }, content: [{ tag: 'pair-success', attrs: {}, content }] };
}

function childOf({ content }: BinaryNode, tag: string): BinaryNode {
  const child = Array.isArray(content) ? content.find((node) => node.tag === tag) : undefined;
  if (child === undefined) throw new Error(`no ${tag} in the reply`);
  return child;
}

const NONE = Buffer.alloc(0);

function createCodeCompanion(): CodeCompanion {
  const identity = Curve.generateKeyPair();
  const ephemeral = Curve.generateKeyPair();
  const code = bytesToCrockford(randomBytes(5));
  return {
    code,
    wrappedEphemeral: wrap(code, ephemeral.public),
    async finish({ wrappedEphemeral, primaryIdentity }) {
      const shared = Curve.sharedKey(ephemeral.private, await unwrap(code, wrappedEphemeral));
      const [random, salt, nonce] = [randomBytes(32), randomBytes(32), randomBytes(12)];
      const plaintext = Buffer.concat([identity.public, primaryIdentity, random]);
      const sealed = aesEncryptGCM(plaintext, bundleKeyOf(shared, salt), nonce, NONE);
      const identityShared = Curve.sharedKey(identity.private, primaryIdentity);
      return {
        finish: { bundle: Buffer.concat([salt, nonce, sealed]), companionIdentity: identity.public },
        companion: companionOf(identity, linkingSecretOf(shared, identityShared, random)),
      };
    },
  };
}

function createCodePrimary(): CodePrimary {
  const identity = Curve.generateKeyPair();
  const ephemeral = Curve.generateKeyPair();
  let shared: Uint8Array = NONE;
  return {
    identityKey: identity.public,
    async answer(code, wrappedEphemeral) {
      shared = Curve.sharedKey(ephemeral.private, await unwrap(code, wrappedEphemeral));
      return { wrappedEphemeral: await wrap(code, ephemeral.public), primaryIdentity: identity.public };
    },
    accept({ bundle, companionIdentity }) {
      const salt = bundle.subarray(0, 32);
      const opened = aesDecryptGCM(
        bundle.subarray(44),
        bundleKeyOf(shared, salt),
        bundle.subarray(32, 44),
        NONE,
      );
      if (!Buffer.concat([companionIdentity, identity.public]).equals(opened.subarray(0, 64))) {
        throw new Error('other identities');
      }
      const identityShared = Curve.sharedKey(identity.private, companionIdentity);
      return linkingSecretOf(shared, identityShared, opened.subarray(64));
    },
  };
}

async function wrap(code: string, ephemeralKey: Uint8Array): Promise<Uint8Array> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)];
  return Buffer.concat([salt, iv, aesEncryptCTR(ephemeralKey, await derivePairingCodeKey(code, salt), iv)]);
}

async function unwrap(code: string, wrapped: Uint8Array): Promise<Uint8Array> {
  const key = await derivePairingCodeKey(code, Buffer.from(wrapped.subarray(0, 32)));
  return aesDecryptCTR(wrapped.subarray(48), key, wrapped.subarray(32, 48));
}

function bundleKeyOf(shared: Uint8Array, salt: Uint8Array): Uint8Array {
  return hkdf(shared, 32, { salt, info: 'link_code_pairing_key_bundle_encryption_key' });
}

function linkingSecretOf(...parts: readonly Uint8Array[]): Uint8Array {
  return hkdf(Buffer.concat(parts), 32, { info: 'adv_secret' });
}

const adv: AdvMessages = {
  keyIndexList: codec(proto.ADVKeyIndexList),
  signedKeyIndexList: codec(proto.ADVSignedKeyIndexList),
  deviceIdentity: codec(proto.ADVDeviceIdentity),
  signedDeviceIdentity: codec(proto.ADVSignedDeviceIdentity),
  container: codec(proto.ADVSignedDeviceIdentityHMAC),
};

/** What is used of a generated message class. */
interface MessageClass {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

function codec(message: MessageClass): MessageCodec {
  return {
    encode: (value) => message.encode(value).finish(),
    decode: (bytes) => Object.fromEntries(Object.entries(message.decode(bytes))),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
