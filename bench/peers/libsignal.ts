/** `libsignal`: the session layer of Baileys, JavaScript on node:crypto. */
import { createRequire } from 'node:module';
import type { Message, Party, Subject } from '../subject.js';
import { found, versionOf } from './package.js';

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
  isTrustedIdentity(): Promise<boolean>;
  loadPreKey(id: number): Promise<KeyPair | undefined>;
  removePreKey(id: number): Promise<void>;
  loadSignedPreKey(id: number): Promise<KeyPair | undefined>;
  getOurRegistrationId(): Promise<number>;
  getOurIdentity(): Promise<KeyPair>;
}

interface Bundle {
  readonly registrationId: number;
  readonly identityKey: Buffer;
  readonly signedPreKey: { readonly keyId: number; readonly publicKey: Buffer; readonly signature: Buffer };
  readonly preKey: { readonly keyId: number; readonly publicKey: Buffer };
}

interface SessionBuilder {
  initOutgoing(bundle: Bundle): Promise<void>;
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

type BaileysParty = Party<Bundle, Buffer, string>;

/** Wire type of a prekey message in this implementation's interface. */
const PREKEY = 3;

export function libsignal(): Subject<Bundle, Buffer, string> {
  closeConsole();
  const library = createRequire(import.meta.url)('libsignal') as Library;
  return {
    name: `libsignal ${versionOf('libsignal')}`,
    kind: 'js',
    plaintext: (bytes) => Buffer.from(bytes),
    createParty: (name) => createParty(library, name),
  };
}

/** It prints sessions, with their private keys. */
function closeConsole(): void {
  const nothing = (): void => undefined;
  Object.assign(console, { debug: nothing, error: nothing, info: nothing, log: nothing, warn: nothing });
}

function createParty(library: Library, name: string): BaileysParty {
  const { keyhelper, ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord } = library;
  const identity = keyhelper.generateIdentityKeyPair();
  const registrationId = keyhelper.generateRegistrationId();
  const sessions = new Map<string, SessionRecord>();
  const preKeys = new Map<number, KeyPair>();
  const signedPreKeys = new Map<number, KeyPair>();
  const addresses = new Map<string, Address>();
  const addressOf = (remote: string): Address => {
    const address = addresses.get(remote) ?? new ProtocolAddress(remote, 1);
    addresses.set(remote, address);
    return address;
  };
  const storage: Storage = {
    loadSession: async (id) => sessions.get(id),
    storeSession: async (id, record) => {
      sessions.set(id, record);
    },
    isTrustedIdentity: async () => true,
    loadPreKey: async (id) => preKeys.get(id),
    removePreKey: async (id) => {
      preKeys.delete(id);
    },
    loadSignedPreKey: async (id) => signedPreKeys.get(id),
    getOurRegistrationId: async () => registrationId,
    getOurIdentity: async () => identity,
  };
  let lastId = 0;
  return {
    name,
    createBundle() {
      const id = ++lastId;
      const { keyPair: signed, signature } = keyhelper.generateSignedPreKey(identity, id);
      const { keyPair: oneTime } = keyhelper.generatePreKey(id);
      signedPreKeys.set(id, signed);
      preKeys.set(id, oneTime);
      return {
        registrationId,
        identityKey: identity.pubKey,
        signedPreKey: { keyId: id, publicKey: signed.pubKey, signature },
        preKey: { keyId: id, publicKey: oneTime.pubKey },
      };
    },
    startSession: (remote, bundle) => new SessionBuilder(storage, addressOf(remote)).initOutgoing(bundle),
    async encrypt(remote, plaintext): Promise<Message<Buffer>> {
      const { type, body } = await new SessionCipher(storage, addressOf(remote)).encrypt(plaintext);
      return { type: type === PREKEY ? 'prekey' : 'message', bytes: body };
    },
    decrypt(remote, { type, bytes }) {
      const cipher = new SessionCipher(storage, addressOf(remote));
      return type === 'prekey'
        ? cipher.decryptPreKeyWhisperMessage(bytes)
        : cipher.decryptWhisperMessage(bytes);
    },
    encodeSession(remote) {
      const record = found('session', sessions.get(addressOf(remote).toString()));
      return JSON.stringify(record.serialize());
    },
    decodeSession(remote, record) {
      sessions.set(addressOf(remote).toString(), SessionRecord.deserialize(JSON.parse(record)));
    },
  };
}
