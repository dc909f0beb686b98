/** `libsignal`: the session layer of Baileys. It speaks X3DH with the version byte 0x33 only. */
import type { Bundle, Message, Party } from '../party.js';
import { installedVersion, labelOf, require, type Peer } from '../peer.js';

interface KeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

interface Address {
  toString(): string;
}

interface SessionRecord {
  serialize(): unknown;
}

/** What it calls to store and load. */
interface Storage {
  loadSession(id: string): Promise<SessionRecord | undefined>;
  storeSession(id: string, record: SessionRecord): Promise<void>;
  isTrustedIdentity(id: string, identityKey: Buffer): Promise<boolean>;
  loadPreKey(id: number): Promise<KeyPair | undefined>;
  removePreKey(id: number): Promise<void>;
  loadSignedPreKey(id: number): Promise<KeyPair | undefined>;
  getOurRegistrationId(): Promise<number>;
  getOurIdentity(): Promise<KeyPair>;
}

interface DeviceBundle {
  readonly registrationId: number;
  readonly identityKey: Buffer;
  readonly signedPreKey: { readonly keyId: number; readonly publicKey: Buffer; readonly signature: Buffer };
  readonly preKey?: { readonly keyId: number; readonly publicKey: Buffer };
}

interface SessionBuilder {
  initOutgoing(bundle: DeviceBundle): Promise<void>;
}

interface SessionCipher {
  encrypt(plaintext: Buffer): Promise<{ readonly type: number; readonly body: Buffer }>;
  decryptPreKeyWhisperMessage(message: Buffer): Promise<Buffer>;
  decryptWhisperMessage(message: Buffer): Promise<Buffer>;
}

/** What is used of it; its own declarations lack half of it. */
interface Library {
  readonly ProtocolAddress: new (name: string, device: number) => Address;
  readonly SessionBuilder: new (storage: Storage, address: Address) => SessionBuilder;
  readonly SessionCipher: new (storage: Storage, address: Address) => SessionCipher;
  readonly SessionRecord: { deserialize(serialized: unknown): SessionRecord };
  readonly curve: {
    calculateSignature(privateKey: Buffer, message: Buffer): Buffer;
    verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean;
  };
  readonly keyhelper: {
    generateIdentityKeyPair(): KeyPair;
    generateRegistrationId(): number;
    generateSignedPreKey(
      identity: KeyPair,
      id: number,
    ): { readonly keyPair: KeyPair; readonly signature: Buffer };
    generatePreKey(id: number): { readonly keyPair: KeyPair };
  };
}

/** Wire type of a prekey message in this implementation's interface. */
const PREKEY = 3;

/** The implementation as it is installed. */
export function libsignalNode(): Peer {
  const library = require('libsignal') as Library;
  const { curve, keyhelper } = library;
  const peer = { name: 'libsignal', version: installedVersion('libsignal') };
  return {
    ...peer,
    createParty: () => createParty(library, labelOf(peer)),
    generateKeyPair() {
      const { privKey, pubKey } = keyhelper.generateIdentityKeyPair();
      return { privateKey: privKey, publicKey: pubKey };
    },
    sign: (privateKey, message) => curve.calculateSignature(Buffer.from(privateKey), Buffer.from(message)),
    verify: (publicKey, message, signature) =>
      curve.verifySignature(Buffer.from(publicKey), Buffer.from(message), Buffer.from(signature)),
  };
}

function createParty(library: Library, name: string): Party {
  const { keyhelper, SessionBuilder, SessionCipher, SessionRecord } = library;
  const identity = keyhelper.generateIdentityKeyPair();
  const registrationId = keyhelper.generateRegistrationId();
  const sessions = new Map<string, string>();
  const preKeys = new Map<number, KeyPair>();
  const signedPreKeys = new Map<number, KeyPair>();
  const remote = new library.ProtocolAddress('the other', 1);
  let trusted: Buffer | undefined;
  let lastId = 0;
  const storage: Storage = {
    // As text: it changes the record that it loaded before it has checked the message.
    loadSession: async (id) => {
      const stored = sessions.get(id);
      return stored === undefined ? undefined : SessionRecord.deserialize(JSON.parse(stored));
    },
    storeSession: async (id, record) => {
      sessions.set(id, JSON.stringify(record.serialize()));
    },
    isTrustedIdentity: async (_id, key) => {
      trusted ??= Buffer.from(key);
      return trusted.equals(key);
    },
    loadPreKey: async (id) => preKeys.get(id),
    removePreKey: async (id) => {
      preKeys.delete(id);
    },
    loadSignedPreKey: async (id) => signedPreKeys.get(id),
    getOurRegistrationId: async () => registrationId,
    getOurIdentity: async () => identity,
  };
  return {
    name,
    identityKey: identity.pubKey,
    versionByte: 0x33,
    maxJump: 1_999,
    checksSignedPreKey: false,
    maxSkippedKeys: Infinity,
    maxReceivingChains: Infinity,
    namesDuplicates: false,
    isSpoiledByLateMessages: true,
    oneTimePreKeyIds: () => [...preKeys.keys()],

    async publishBundle({ oneTimePreKey }): Promise<Bundle> {
      const id = ++lastId;
      const signed = keyhelper.generateSignedPreKey(identity, id);
      signedPreKeys.set(id, signed.keyPair);
      const bundle = {
        registrationId,
        identityKey: identity.pubKey,
        signedPreKey: { id, publicKey: signed.keyPair.pubKey, signature: signed.signature },
      };
      if (!oneTimePreKey) return bundle;
      const { keyPair } = keyhelper.generatePreKey(id);
      preKeys.set(id, keyPair);
      return { ...bundle, oneTimePreKey: { id, publicKey: keyPair.pubKey } };
    },

    processBundle: ({ registrationId: theirs, identityKey, signedPreKey, oneTimePreKey }) =>
      silently(() =>
        new SessionBuilder(storage, remote).initOutgoing({
          registrationId: theirs,
          identityKey: Buffer.from(identityKey),
          signedPreKey: {
            keyId: signedPreKey.id,
            publicKey: Buffer.from(signedPreKey.publicKey),
            signature: Buffer.from(signedPreKey.signature),
          },
          ...(oneTimePreKey === undefined
            ? {}
            : { preKey: { keyId: oneTimePreKey.id, publicKey: Buffer.from(oneTimePreKey.publicKey) } }),
        }),
      ),

    async encrypt(plaintext): Promise<Message> {
      const cipher = new SessionCipher(storage, remote);
      const { type, body } = await silently(() => cipher.encrypt(Buffer.from(plaintext)));
      return { type: type === PREKEY ? 'prekey' : 'message', bytes: body };
    },

    decrypt: ({ type, bytes }) =>
      silently(() => {
        const cipher = new SessionCipher(storage, remote);
        const message = Buffer.from(bytes);
        return type === 'prekey'
          ? cipher.decryptPreKeyWhisperMessage(message)
          : cipher.decryptWhisperMessage(message);
      }),

    isDuplicate: (error) => error instanceof Error && error.name === 'MessageCounterError',
    forgetSession: () => {
      sessions.clear();
    },
  };
}

let time = Date.now();

/**
 * Runs a call with the console closed, since it prints sessions, with their keys; and by a clock that never shows the
 * same time twice, since it orders sessions by the millisecond of their last use.
 */
async function silently<Result>(call: () => Promise<Result>): Promise<Result> {
  const { error, info, log, warn } = console;
  const { now } = Date;
  const nothing = (): void => undefined;
  Object.assign(console, { error: nothing, info: nothing, log: nothing, warn: nothing });
  Date.now = () => (time = Math.max(time + 1, now()));
  try {
    return await call();
  } finally {
    Object.assign(console, { error, info, log, warn });
    Date.now = now;
  }
}
