/** `whatsapp-rust-bridge`: Rust compiled to WebAssembly, made for Baileys. */
import * as bridge from 'whatsapp-rust-bridge';
import type { KeyPair, PreKeyBundleInput, SignalStorage, SignedPreKey } from 'whatsapp-rust-bridge';
import type { Message, Party, Subject } from '../subject.js';
import { found, versionOf } from './package.js';
import { createBridgeMember } from './whatsappRustBridgeGroups.js';

type BridgeParty = Party<PreKeyBundleInput, Uint8Array, Uint8Array>;

/** Wire type of a prekey message in this implementation's interface. */
const PREKEY = 3;

export function whatsappRustBridge(): Subject<PreKeyBundleInput, Uint8Array, Uint8Array> {
  return {
    name: `whatsapp-rust-bridge ${versionOf('whatsapp-rust-bridge')}`,
    kind: 'wasm',
    storesRecords: true,
    plaintext: (bytes) => bytes,
    createParty,
    createMember: createBridgeMember,
  };
}

function createParty(name: string): BridgeParty {
  const identity = bridge.generateIdentityKeyPair();
  const registrationId = bridge.generateRegistrationId();
  const sessions = new Map<string, Uint8Array>();
  const preKeys = new Map<number, KeyPair>();
  const signedPreKeys = new Map<number, SignedPreKey>();
  const storage: SignalStorage = {
    loadSession: (id) => sessions.get(id) ?? null,
    storeSession: (id, record) => {
      sessions.set(id, record.serialize());
    },
    getOurIdentity: () => identity,
    getOurRegistrationId: () => registrationId,
    isTrustedIdentity: () => true,
    loadPreKey: (id) => preKeys.get(id),
    removePreKey: (id) => {
      preKeys.delete(id);
    },
    loadSignedPreKey: (id) => signedPreKeys.get(id),
    loadSenderKey: () => null,
    storeSenderKey: () => undefined,
  };
  const addresses = new Map<string, bridge.ProtocolAddress>();
  const addressOf = (remote: string): bridge.ProtocolAddress => {
    const address = addresses.get(remote) ?? new bridge.ProtocolAddress(remote, 1);
    addresses.set(remote, address);
    return address;
  };
  /** Kept, since each keeps the session that it has loaded; what it stores is a record all the same. */
  const ciphers = new Map<string, bridge.SessionCipher>();
  const cipherOf = (remote: string): bridge.SessionCipher => {
    const cipher = ciphers.get(remote) ?? new bridge.SessionCipher(storage, addressOf(remote));
    ciphers.set(remote, cipher);
    return cipher;
  };
  let lastId = 0;
  return {
    name,
    createBundle() {
      const id = ++lastId;
      const signed = bridge.generateSignedPreKey(identity, id);
      const { keyPair } = bridge.generatePreKey(id);
      signedPreKeys.set(id, signed);
      preKeys.set(id, keyPair);
      return {
        registrationId,
        identityKey: identity.pubKey,
        signedPreKey: { keyId: id, publicKey: signed.keyPair.pubKey, signature: signed.signature },
        preKey: { keyId: id, publicKey: keyPair.pubKey },
      };
    },
    async startSession(remote, bundle): Promise<void> {
      const builder = new bridge.SessionBuilder(storage, addressOf(remote));
      await builder.processPreKeyBundle(bundle);
      builder.free();
    },
    async encrypt(remote, plaintext): Promise<Message<Uint8Array>> {
      const { type, body } = await cipherOf(remote).encrypt(plaintext);
      return { type: type === PREKEY ? 'prekey' : 'message', bytes: body };
    },
    decrypt: (remote, { type, bytes }) =>
      type === 'prekey'
        ? cipherOf(remote).decryptPreKeyWhisperMessage(bytes)
        : cipherOf(remote).decryptWhisperMessage(bytes),
    encodeSession: (remote) => found('session', sessions.get(addressOf(remote).toString())),
    decodeSession(remote, record) {
      ciphers.get(remote)?.free();
      ciphers.delete(remote);
      sessions.set(addressOf(remote).toString(), record.slice());
    },
    free() {
      for (const cipher of ciphers.values()) cipher.free();
      for (const address of addresses.values()) address.free();
    },
  };
}
