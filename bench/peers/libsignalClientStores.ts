/** Stores of `@signalapp/libsignal-client`: maps of live records; the base classes belong to the version. */
import type {
  IdentityChange,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  PrivateKey,
  ProtocolAddress,
  PublicKey,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from 'libsignal-client-0.103';
import type { Client } from './libsignalClient.js';
import { found } from './package.js';

/** One device's. */
export interface Stores {
  readonly sessions: SessionStore & { readonly records: Map<string, SessionRecord> };
  readonly identities: IdentityKeyStore;
  readonly preKeys: PreKeyStore;
  readonly signedPreKeys: SignedPreKeyStore;
  readonly kyberPreKeys: KyberPreKeyStore;
}

/** Makes the classes of a version; the result makes a device's stores. */
export function createStores(client: Client): (identity: PrivateKey, registrationId: number) => Stores {
  class Sessions extends client.SessionStore {
    readonly records = new Map<string, SessionRecord>();

    override async saveSession(address: ProtocolAddress, record: SessionRecord): Promise<void> {
      this.records.set(address.name(), record);
    }

    override async getSession(address: ProtocolAddress): Promise<SessionRecord | null> {
      return this.records.get(address.name()) ?? null;
    }

    override async getExistingSessions(addresses: ProtocolAddress[]): Promise<SessionRecord[]> {
      return addresses.map((address) => found('session', this.records.get(address.name())));
    }
  }

  /** Trusts everybody: the comparison with a known key is the application's. */
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

    override async saveIdentity(address: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
      this.#known.set(address.name(), key);
      // Absent in 0.60, which takes a boolean; nothing here depends on the answer.
      const { IdentityChange } = client as Partial<Client>;
      return IdentityChange?.NewOrUnchanged ?? (false as unknown as IdentityChange);
    }

    override async isTrustedIdentity(): Promise<boolean> {
      return true;
    }

    override async getIdentity(address: ProtocolAddress): Promise<PublicKey | null> {
      return this.#known.get(address.name()) ?? null;
    }
  }

  class PreKeys extends client.PreKeyStore {
    readonly #records = new Map<number, PreKeyRecord>();

    override async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
      this.#records.set(id, record);
    }

    override async getPreKey(id: number): Promise<PreKeyRecord> {
      return found('one-time prekey', this.#records.get(id));
    }

    override async removePreKey(id: number): Promise<void> {
      this.#records.delete(id);
    }
  }

  class SignedPreKeys extends client.SignedPreKeyStore {
    readonly #records = new Map<number, SignedPreKeyRecord>();

    override async saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void> {
      this.#records.set(id, record);
    }

    override async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
      return found('signed prekey', this.#records.get(id));
    }
  }

  class KyberPreKeys extends client.KyberPreKeyStore {
    readonly #records = new Map<number, KyberPreKeyRecord>();

    override async saveKyberPreKey(id: number, record: KyberPreKeyRecord): Promise<void> {
      this.#records.set(id, record);
    }

    override async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
      return found('Kyber prekey', this.#records.get(id));
    }

    override async markKyberPreKeyUsed(): Promise<void> {
      // A last-resort key stays.
    }
  }

  return (identity, registrationId) => ({
    sessions: new Sessions(),
    identities: new Identities(identity, registrationId),
    preKeys: new PreKeys(),
    signedPreKeys: new SignedPreKeys(),
    kyberPreKeys: new KyberPreKeys(),
  });
}
