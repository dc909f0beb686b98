/**
 * `@signalapp/libsignal-client`: Signal's own implementation. Two versions speak X3DH (protocol version 3) and are
 * installed side by side; of their interfaces only what both have is used.
 */
import { randomInt } from 'node:crypto';
import type * as client072 from 'libsignal-0.72';
import type {
  PreKeyRecord,
  PrivateKey,
  ProtocolAddress,
  PublicKey,
  SessionRecord,
  SignedPreKeyRecord,
} from 'libsignal-0.72';
import type { Bundle, Message, Party } from '../party.js';
import { installedVersion, require, type Peer } from '../peer.js';

/** The declarations of the newer version; {@link libsignalClient} bridges what the older one has otherwise. */
type Client = typeof client072;

/** Wire type of a prekey message in this implementation's interface. */
const PREKEY = 3;

/** The implementation that is installed under an alias. */
export function libsignalClient(alias: 'libsignal-0.23' | 'libsignal-0.72', versionByte: number): Peer {
  const client = require(alias) as Client;
  const stores = storesOf(client);
  const { PrivateKey, PublicKey } = client;
  const name = '@signalapp/libsignal-client';
  const version = installedVersion(alias);
  return {
    name,
    version,
    createParty: () => createParty({ client, stores, name: `${name} ${version}`, versionByte }),
    generateKeyPair() {
      const privateKey = PrivateKey.generate();
      return { privateKey: privateKey.serialize(), publicKey: privateKey.getPublicKey().serialize() };
    },
    sign: (privateKey, message) => PrivateKey.deserialize(Buffer.from(privateKey)).sign(Buffer.from(message)),
    verify: (publicKey, message, signature) =>
      PublicKey.deserialize(Buffer.from(publicKey)).verify(Buffer.from(message), Buffer.from(signature)),
  };
}

interface PartyOptions {
  readonly client: Client;
  readonly stores: Stores;
  readonly name: string;
  readonly versionByte: number;
}

function createParty({ client, stores, name, versionByte }: PartyOptions): Party {
  const { PreKeyBundle, PreKeyRecord, PreKeySignalMessage, PrivateKey, PublicKey, SignalMessage } = client;
  const identity = PrivateKey.generate();
  const registrationId = 1 + randomInt(16_380);
  const identities = new stores.Identities(identity, registrationId);
  const sessions = new stores.Sessions();
  const preKeys = new stores.PreKeys();
  const signedPreKeys = new stores.SignedPreKeys();
  const kyberPreKeys = new stores.KyberPreKeys();
  const remote = client.ProtocolAddress.new('the other', 1);
  let lastId = 0;
  return {
    name,
    identityKey: identity.getPublicKey().serialize(),
    versionByte,
    maxJump: 25_000,
    checksSignedPreKey: true,
    maxSkippedKeys: 2_000,
    maxReceivingChains: 5,
    namesDuplicates: true,
    isSpoiledByLateMessages: false,
    oneTimePreKeyIds: () => [...preKeys.records.keys()],

    async publishBundle({ oneTimePreKey }): Promise<Bundle> {
      const id = ++lastId;
      const signed = PrivateKey.generate();
      const signature = identity.sign(signed.getPublicKey().serialize());
      const record = client.SignedPreKeyRecord.new(id, Date.now(), signed.getPublicKey(), signed, signature);
      await signedPreKeys.saveSignedPreKey(id, record);
      const bundle = {
        registrationId,
        identityKey: identity.getPublicKey().serialize(),
        signedPreKey: { id, publicKey: signed.getPublicKey().serialize(), signature },
      };
      if (!oneTimePreKey) return bundle;
      const oneTime = PrivateKey.generate();
      await preKeys.savePreKey(id, PreKeyRecord.new(id, oneTime.getPublicKey(), oneTime));
      return { ...bundle, oneTimePreKey: { id, publicKey: oneTime.getPublicKey().serialize() } };
    },

    async processBundle({ registrationId: theirs, identityKey, signedPreKey, oneTimePreKey }): Promise<void> {
      const publicKey = (bytes: Uint8Array): PublicKey => PublicKey.deserialize(Buffer.from(bytes));
      const bundle = PreKeyBundle.new(
        theirs,
        1,
        oneTimePreKey?.id ?? null,
        oneTimePreKey === undefined ? null : publicKey(oneTimePreKey.publicKey),
        signedPreKey.id,
        publicKey(signedPreKey.publicKey),
        Buffer.from(signedPreKey.signature),
        publicKey(identityKey),
      );
      await client.processPreKeyBundle(bundle, remote, sessions, identities);
    },

    async encrypt(plaintext): Promise<Message> {
      const message = await client.signalEncrypt(Buffer.from(plaintext), remote, sessions, identities);
      return { type: message.type() === PREKEY ? 'prekey' : 'message', bytes: message.serialize() };
    },

    async decrypt({ type, bytes }): Promise<Uint8Array> {
      if (type === 'message') {
        const message = SignalMessage.deserialize(Buffer.from(bytes));
        return client.signalDecrypt(message, remote, sessions, identities);
      }
      return client.signalDecryptPreKey(
        PreKeySignalMessage.deserialize(Buffer.from(bytes)),
        remote,
        sessions,
        identities,
        preKeys,
        signedPreKeys,
        kyberPreKeys,
      );
    },

    isDuplicate: (error) =>
      error instanceof Error &&
      (error as Error & { code?: unknown }).code === client.ErrorCode.DuplicatedMessage,
    forgetSession: () => {
      sessions.records.clear();
    },
  };
}

type Stores = ReturnType<typeof storesOf>;

/** Stores in memory that keep bytes, as an application's do; the base classes belong to the version. */
function storesOf(client: Client) {
  class Sessions extends client.SessionStore {
    readonly records = new Map<string, Buffer>();

    override async saveSession(address: ProtocolAddress, record: SessionRecord): Promise<void> {
      this.records.set(address.name(), record.serialize());
    }

    override async getSession(address: ProtocolAddress): Promise<SessionRecord | null> {
      const record = this.records.get(address.name());
      return record === undefined ? null : client.SessionRecord.deserialize(record);
    }

    override async getExistingSessions(): Promise<SessionRecord[]> {
      return Promise.reject(new Error('only sealed sender needs this'));
    }
  }

  class Identities extends client.IdentityKeyStore {
    readonly #identity: PrivateKey;
    readonly #registrationId: number;
    readonly #known = new Map<string, PublicKey>();

    constructor(identity: PrivateKey, registrationId: number) {
      super();
      this.#identity = identity;
      this.#registrationId = registrationId;
    }

    override async getIdentityKey(): Promise<PrivateKey> {
      return this.#identity;
    }

    override async getLocalRegistrationId(): Promise<number> {
      return this.#registrationId;
    }

    override async saveIdentity(address: ProtocolAddress, key: PublicKey): Promise<number> {
      this.#known.set(address.name(), key);
      // Absent in 0.23.1, which takes a boolean; nothing here depends on the answer.
      const { IdentityChange } = client as Partial<Client>;
      return IdentityChange?.NewOrUnchanged ?? (false as unknown as number);
    }

    /** Trust on first use. */
    override async isTrustedIdentity(address: ProtocolAddress, key: PublicKey): Promise<boolean> {
      const known = this.#known.get(address.name());
      return known === undefined || known.compare(key) === 0;
    }

    override async getIdentity(address: ProtocolAddress): Promise<PublicKey | null> {
      return this.#known.get(address.name()) ?? null;
    }
  }

  class PreKeys extends client.PreKeyStore {
    readonly records = new Map<number, Buffer>();

    override async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
      this.records.set(id, record.serialize());
    }

    override async getPreKey(id: number): Promise<PreKeyRecord> {
      return client.PreKeyRecord.deserialize(found('one-time prekey', this.records.get(id)));
    }

    override async removePreKey(id: number): Promise<void> {
      this.records.delete(id);
    }
  }

  class SignedPreKeys extends client.SignedPreKeyStore {
    readonly #records = new Map<number, Buffer>();

    override async saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void> {
      this.#records.set(id, record.serialize());
    }

    override async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
      return client.SignedPreKeyRecord.deserialize(found('signed prekey', this.#records.get(id)));
    }
  }

  // Absent in 0.23.1, which ignores the argument; without Kyber prekeys in the bundles neither version asks it.
  const { KyberPreKeyStore = Object as unknown as Client['KyberPreKeyStore'] } = client as Partial<Client>;
  class KyberPreKeys extends KyberPreKeyStore {
    override async saveKyberPreKey(): Promise<void> {
      return notSpoken();
    }

    override async getKyberPreKey(): Promise<never> {
      return notSpoken();
    }

    override async markKyberPreKeyUsed(): Promise<void> {
      return notSpoken();
    }
  }

  return { Sessions, Identities, PreKeys, SignedPreKeys, KyberPreKeys };
}

function found(what: string, record: Buffer | undefined): Buffer {
  if (record === undefined) throw new Error(`no such ${what}`);
  return record;
}

function notSpoken(): never {
  throw new Error('X3DH only: no Kyber prekey exists');
}
