/** polyratchet as a subject, on whichever backend the process was started with. */
import { systemRandom as random } from 'polyratchet';
import { decryptFrom, encryptFanout } from 'polyratchet/fanout';
import {
  createBundle,
  generateIdentity,
  generateOneTimePreKeys,
  generateRegistrationId,
  generateSignedPreKey,
  type OneTimePreKey,
  type PreKeyBundle,
  type SignedPreKey,
} from 'polyratchet/identity';
import { securityCode, type AccountParty } from 'polyratchet/securitycode';
import {
  createSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  peekPreKeyMessage,
  type DecryptOptions,
  type DecryptResult,
  type Session,
} from 'polyratchet/session';
import { deviceListOf } from './ourDevices.js';
import { createGroupSender } from './ourGroup.js';
import { createOurMember } from './ourMember.js';
import { createDevices } from './ourPair.js';
import { sendTo } from './ourSends.js';
import type { FanoutParty, Message, Party, Subject } from './subject.js';

const NOW = 1_000_000;

type OurParty = Party<PreKeyBundle, Uint8Array, Uint8Array>;
type OurMessage = Message<Uint8Array>;

export function polyratchet(): Subject<PreKeyBundle, Uint8Array, Uint8Array> {
  return {
    name: 'polyratchet',
    kind: 'js',
    createParty,
    plaintext: (bytes) => bytes,
    securityCode: codeOf,
    deviceList: deviceListOf,
    sendTo,
    createMember: createOurMember,
    createGroupSender,
    createDevices,
  };
}

function codeOf(devices: number): () => string {
  const personAt = (account: string): AccountParty => ({
    accounts: [account],
    identityKeys: Array.from({ length: devices }, () => generateIdentity(random).publicKey),
  });
  const people = { local: personAt('alice@bench'), remote: personAt('bob@bench') };
  return () => securityCode(people).digits;
}

function createParty(name: string): OurParty {
  const identity = generateIdentity(random);
  const registrationId = generateRegistrationId(random);
  const sessions = new Map<string, Session>();
  const signedPreKeys = new Map<number, SignedPreKey>();
  const oneTimePreKeys = new Map<number, OneTimePreKey>();
  let lastId = 0;

  /** Loads what the message needs, decrypts, stores what has changed. */
  const open = (
    remote: string,
    { type, bytes }: OurMessage,
    step: (options: DecryptOptions) => DecryptResult,
  ): Uint8Array => {
    const session = sessions.get(remote);
    const result = step({
      identity,
      message: { type, bytes },
      ...(session === undefined ? {} : { session }),
      ...(type === 'prekey' ? preKeysFor(bytes) : {}),
      random,
    });
    sessions.set(remote, result.session);
    const { oneTimePreKeyId } = result.consumed;
    if (oneTimePreKeyId !== undefined) oneTimePreKeys.delete(oneTimePreKeyId);
    return result.plaintext;
  };
  const preKeysFor = (bytes: Uint8Array): Pick<DecryptOptions, 'signedPreKey' | 'oneTimePreKey'> => {
    const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(bytes);
    const signedPreKey = signedPreKeys.get(signedPreKeyId);
    const oneTimePreKey = oneTimePreKeyId === undefined ? undefined : oneTimePreKeys.get(oneTimePreKeyId);
    return {
      ...(signedPreKey === undefined ? {} : { signedPreKey }),
      ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
    };
  };

  const fanout: FanoutParty<PreKeyBundle, Uint8Array> = {
    encrypt(recipients, plaintext) {
      const devices = recipients.map(({ name: device, bundle }) => {
        const session = sessions.get(device);
        return {
          device,
          ...(session === undefined ? {} : { session }),
          ...(bundle === undefined ? {} : { bundle }),
        };
      });
      const outcomes = encryptFanout({ identity, registrationId, plaintext, devices, random, now: NOW });
      return outcomes.map((outcome) => {
        if (outcome.kind !== 'encrypted') throw new Error(`${outcome.device}: ${outcome.kind}`);
        sessions.set(outcome.device, outcome.session);
        return outcome.message;
      });
    },
    decrypt: (device, message) => open(device, message, (options) => decryptFrom({ device, ...options })),
  };

  return {
    name,
    fanout,
    createBundle() {
      const signedPreKey = generateSignedPreKey({ identity, id: lastId + 1, random, now: NOW });
      const made = generateOneTimePreKeys({ lastId, count: 1, random });
      const oneTimePreKey = found('the new prekey', made.oneTimePreKeys[0]);
      lastId = made.lastId;
      signedPreKeys.set(signedPreKey.id, signedPreKey);
      oneTimePreKeys.set(oneTimePreKey.id, oneTimePreKey);
      return createBundle({ identity, registrationId, signedPreKey, oneTimePreKey });
    },
    startSession(remote, bundle) {
      const { session } = createSession({ identity, registrationId, bundle, random, now: NOW });
      sessions.set(remote, session);
    },
    encrypt(remote, plaintext) {
      const { session, message } = encrypt({
        session: found('session', sessions.get(remote)),
        plaintext,
        now: NOW,
      });
      sessions.set(remote, session);
      return message;
    },
    decrypt: (remote, message) => open(remote, message, decrypt),
    encodeSession: (remote) => encodeSession(found('session', sessions.get(remote))),
    decodeSession(remote, record) {
      sessions.set(remote, decodeSession(record));
    },
  };
}

function found<Value>(what: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
