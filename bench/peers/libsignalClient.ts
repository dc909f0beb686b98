/**
 * `@signalapp/libsignal-client`: Signal's own implementation, Rust compiled to machine code. 0.60 still speaks plain
 * X3DH and the Double Ratchet, as we do; 0.103 insists on PQXDH (ML-KEM) and the triple ratchet, which is more work.
 */
import { randomInt } from 'node:crypto';
import type * as client103 from 'libsignal-client-0.103';
import type { PreKeyBundle, PrivateKey, ProtocolAddress, SessionRecord } from 'libsignal-client-0.103';
import type { Message, Party, Subject } from '../subject.js';
import { found, versionOf } from './package.js';
import { createMembers } from './libsignalClientGroups.js';
import { createStores, type Stores } from './libsignalClientStores.js';

/** The declarations of the newer version; what the older one has otherwise is in {@link Steps}. */
export type Client = typeof client103;

type Bytes = Uint8Array<ArrayBuffer>;
type ClientSubject = Subject<PreKeyBundle, Bytes, Bytes>;

/** Wire type of a prekey message in this implementation's interface. */
const PREKEY = 3;

/** One device's calls, which differ between the versions. */
interface Steps {
  start(bundle: PreKeyBundle, remote: ProtocolAddress): Promise<void>;
  encrypt(plaintext: Bytes, remote: ProtocolAddress): Promise<client103.CiphertextMessage>;
  decrypt(message: client103.SignalMessage, remote: ProtocolAddress): Promise<Bytes>;
  decryptPreKey(message: client103.PreKeySignalMessage, remote: ProtocolAddress): Promise<Bytes>;
}

/** The older version's functions do not take the local address. */
interface Client60 {
  processPreKeyBundle(...args: [PreKeyBundle, ProtocolAddress, ...SessionStores]): Promise<void>;
  signalEncrypt(...args: [Bytes, ProtocolAddress, ...SessionStores]): ReturnType<Steps['encrypt']>;
  signalDecrypt(...args: [client103.SignalMessage, ProtocolAddress, ...SessionStores]): Promise<Bytes>;
  signalDecryptPreKey(
    ...args: [client103.PreKeySignalMessage, ProtocolAddress, ...SessionStores, ...PreKeyStores]
  ): Promise<Bytes>;
}

type SessionStores = [client103.SessionStore, client103.IdentityKeyStore];
type PreKeyStores = [client103.PreKeyStore, client103.SignedPreKeyStore, client103.KyberPreKeyStore];

/** Version 0.60.2: plain X3DH. */
export async function libsignalClient60(): Promise<ClientSubject> {
  const client = (await import('libsignal-client-0.60')) as unknown as Client;
  const { processPreKeyBundle, signalEncrypt, signalDecrypt, signalDecryptPreKey } =
    client as unknown as Client60;
  return createSubject(client, versionOf('libsignal-client-0.60'), {
    usesKyber: false,
    stepsOf({ sessions, identities, preKeys, signedPreKeys, kyberPreKeys }) {
      return {
        start: (bundle, remote) => processPreKeyBundle(bundle, remote, sessions, identities),
        encrypt: (plaintext, remote) => signalEncrypt(plaintext, remote, sessions, identities),
        decrypt: (message, remote) => signalDecrypt(message, remote, sessions, identities),
        decryptPreKey: (message, remote) =>
          signalDecryptPreKey(message, remote, sessions, identities, preKeys, signedPreKeys, kyberPreKeys),
      };
    },
  });
}

/** Version 0.103.0: PQXDH and the triple ratchet. */
export async function libsignalClient103(): Promise<ClientSubject> {
  const client = await import('libsignal-client-0.103');
  const { processPreKeyBundle, signalEncrypt, signalDecrypt, signalDecryptPreKey } = client;
  return createSubject(client, versionOf('libsignal-client-0.103'), {
    usesKyber: true,
    stepsOf({ sessions, identities, preKeys, signedPreKeys, kyberPreKeys }, local) {
      return {
        start: (bundle, remote) => processPreKeyBundle(bundle, remote, local, sessions, identities),
        encrypt: (plaintext, remote) => signalEncrypt(plaintext, remote, local, sessions, identities),
        decrypt: (message, remote) => signalDecrypt(message, remote, local, sessions, identities),
        decryptPreKey: (message, remote) =>
          signalDecryptPreKey(
            message,
            remote,
            local,
            sessions,
            identities,
            preKeys,
            signedPreKeys,
            kyberPreKeys,
          ),
      };
    },
  });
}

interface Variant {
  readonly usesKyber: boolean;
  readonly stepsOf: (stores: Stores, local: ProtocolAddress) => Steps;
}

function createSubject(client: Client, version: string, { usesKyber, stepsOf }: Variant): ClientSubject {
  const storesOf = createStores(client);
  return {
    name: `@signalapp/libsignal-client ${version}`,
    kind: 'native',
    plaintext: (bytes) => Buffer.from(bytes),
    createMember: createMembers(client),
    securityCode: (devices) => (devices === 1 ? fingerprint(client) : undefined),
    createParty(name) {
      const identity = client.PrivateKey.generate();
      const stores = storesOf(identity, 1 + randomInt(16_380));
      const steps = stepsOf(stores, client.ProtocolAddress.new(name, 1));
      return createParty({ client, name, identity, stores, steps, usesKyber });
    },
  };
}

/** Its fingerprints are of one key each. */
function fingerprint({ Fingerprint, PrivateKey }: Client): () => string {
  const [alice, bob] = [PrivateKey.generate().getPublicKey(), PrivateKey.generate().getPublicKey()];
  const [aliceName, bobName] = [Buffer.from('alice@bench'), Buffer.from('bob@bench')];
  return () => Fingerprint.new(5200, 2, aliceName, alice, bobName, bob).displayableFingerprint().toString();
}

interface PartyOptions {
  readonly client: Client;
  readonly name: string;
  readonly identity: PrivateKey;
  readonly stores: Stores;
  readonly steps: Steps;
  readonly usesKyber: boolean;
}

function createParty(options: PartyOptions): Party<PreKeyBundle, Bytes, Bytes> {
  const { client, name, stores, steps } = options;
  const addresses = new Map<string, ProtocolAddress>();
  const addressOf = (remote: string): ProtocolAddress => {
    const address = addresses.get(remote) ?? client.ProtocolAddress.new(remote, 1);
    addresses.set(remote, address);
    return address;
  };
  let lastId = 0;
  return {
    name,
    createBundle: () => createBundle(options, ++lastId),
    startSession: (remote, bundle) => steps.start(bundle, addressOf(remote)),
    async encrypt(remote, plaintext): Promise<Message<Bytes>> {
      const message = await steps.encrypt(plaintext, addressOf(remote));
      return { type: message.type() === PREKEY ? 'prekey' : 'message', bytes: message.serialize() };
    },
    decrypt: (remote, { type, bytes }) =>
      type === 'prekey'
        ? steps.decryptPreKey(client.PreKeySignalMessage.deserialize(bytes), addressOf(remote))
        : steps.decrypt(client.SignalMessage.deserialize(bytes), addressOf(remote)),
    encodeSession: (remote) =>
      found<SessionRecord>('session', stores.sessions.records.get(remote)).serialize(),
    decodeSession(remote, record) {
      stores.sessions.records.set(remote, client.SessionRecord.deserialize(record));
    },
  };
}

async function createBundle(options: PartyOptions, id: number): Promise<PreKeyBundle> {
  const { client, identity, stores, usesKyber } = options;
  const { KyberPreKeyRecord, PreKeyRecord, PrivateKey, SignedPreKeyRecord } = client;
  const sign = (key: { serialize(): Bytes }): Bytes => identity.sign(key.serialize());
  const signed = PrivateKey.generate();
  const oneTime = PrivateKey.generate();
  const signedPublic = signed.getPublicKey();
  const oneTimePublic = oneTime.getPublicKey();
  const signature = sign(signedPublic);
  const record = SignedPreKeyRecord.new(id, Date.now(), signedPublic, signed, signature);
  await stores.signedPreKeys.saveSignedPreKey(id, record);
  await stores.preKeys.savePreKey(id, PreKeyRecord.new(id, oneTimePublic, oneTime));
  const bundle = [
    await stores.identities.getLocalRegistrationId(),
    1,
    id,
    oneTimePublic,
    id,
    signedPublic,
    signature,
    identity.getPublicKey(),
  ] as const;
  if (!usesKyber) return (client.PreKeyBundle.new as (...args: typeof bundle) => PreKeyBundle)(...bundle);
  const kyber = client.KEMKeyPair.generate();
  const kyberSignature = sign(kyber.getPublicKey());
  await stores.kyberPreKeys.saveKyberPreKey(id, KyberPreKeyRecord.new(id, Date.now(), kyber, kyberSignature));
  return client.PreKeyBundle.new(...bundle, id, kyber.getPublicKey(), kyberSignature);
}
