/** Whole sends, and the encrypt batch within them: made ready to be timed in turns. */
import { systemRandom as random, type Address } from 'polyratchet';
import { encodeContent, wrapDeviceSent } from 'polyratchet/content';
import {
  addCompanion,
  confirmCompanion,
  createOwnDevices,
  deviceListOf,
  encodeSignedDeviceIdentity,
  signAccount,
  signDevice,
  type DeviceListRecord,
} from 'polyratchet/devices';
import {
  composeMessage,
  encryptFanout,
  planFanout,
  sealEnvelopes,
  type FanoutPlan,
} from 'polyratchet/fanout';
import { createBundle, generateIdentity, generateSignedPreKey, type Identity } from 'polyratchet/identity';
import { createSession, decrypt, encrypt, type Session } from 'polyratchet/session';
import type { Send } from './subject.js';

const NOW = 1_000_000;
const COMPANIONS = 4;
const GROUP = 'group@bench';
const MESSAGE_ID = '3EB0C431C26A1916E07A';
const format = { form: 'payload' } as const;
const body = new Uint8Array(100).fill(65);

interface Account {
  readonly record: DeviceListRecord;
  /** By device number. */
  readonly identities: readonly Identity[];
}

/** Sends from an account of five devices to so many accounts of five; several are a group. */
export function sendTo(accounts: number): Send {
  const alice = accountOf('alice@bench');
  const bob = accountOf('bob@bench');
  const recipients = Array.from({ length: accounts }, (_, i) => ({
    ...bob.record,
    account: `bob${i}@bench`,
  }));
  const [identity] = alice.identities as [Identity];
  const sessions = new Map<Address, Session>();
  const toBob = bob.identities.map((peer) => sessionWith(identity, peer));
  for (const { account } of recipients) addSessions(sessions, account, toBob);
  addSessions(
    sessions,
    'alice@bench',
    alice.identities.slice(1).map((peer) => sessionWith(identity, peer)),
    1,
  );

  const group = accounts > 1 ? { group: GROUP } : {};
  const own = { record: alice.record, device: 0 };
  const sender = { identity, registrationId: 1, random, now: NOW };
  const planned = (previous?: FanoutPlan): FanoutPlan => {
    const before = previous === undefined ? {} : { previous };
    return planFanout({ own, recipients, ...group, sessions, ...before, now: NOW });
  };
  let plan = planned();
  if (plan.bundles.length > 0) throw new Error('every device must have a session');
  const { chat, metadata, participantHash } = plan;
  const content = { messageId: MESSAGE_ID, chat, body, deviceListMetadata: metadata };
  const message = encodeContent({ format, content });
  const copy = wrapDeviceSent({ plaintext: message, participantHash });
  const targets = [
    ...plan.recipients.map(({ device }) => ({ device, plaintext: message })),
    ...plan.ownDevices.map(({ device }) => ({ device, plaintext: copy })),
  ];
  return {
    devices: targets.length,
    batch() {
      const devices = targets.map(({ device, plaintext }) => {
        return { device, plaintext, session: found(sessions.get(device)) };
      });
      for (const outcome of encryptFanout({ ...sender, devices })) {
        if (outcome.kind !== 'encrypted') throw new Error(`${outcome.device}: ${outcome.kind}`);
        sessions.set(outcome.device, outcome.session);
      }
    },
    whole() {
      plan = planned(plan);
      const outgoing = composeMessage({ plan, messageId: MESSAGE_ID, format, content: { body } });
      const sealed = sealEnvelopes({ plan, message: outgoing, ...sender, sessions });
      if (sealed.envelopes.length !== targets.length) throw new Error('every device must get its envelope');
      for (const [device, session] of sealed.sessions) sessions.set(device, session);
    },
    plan() {
      if (planned(plan) !== plan) throw new Error('nothing has changed');
    },
  };
}

function addSessions(
  sessions: Map<Address, Session>,
  account: Address,
  made: readonly Session[],
  first = 0,
): void {
  made.forEach((session, i) => {
    const number = first + i;
    sessions.set(number === 0 ? account : account.replace('@', `:${number}@`), session);
  });
}

/** An account with a phone and four companions. */
function accountOf(account: Address): Account {
  const phone = generateIdentity(random);
  const signer = { identity: phone, random, now: NOW, serverTime: NOW };
  let { devices } = createOwnDevices({ account, ...signer });
  const identities = [phone];
  for (let number = 1; number <= COMPANIONS; number++) {
    const companion = generateIdentity(random);
    const companionIdentity = companion.publicKey;
    const added = addCompanion({ devices, companionIdentity, ...signer });
    const { rawId, timestamp } = added.devices;
    const { keyIndex } = added.companion;
    const device = { rawId, timestamp, keyIndex };
    const half = signAccount({ device, companionIdentity, identity: phone, random });
    const primaryIdentity = phone.publicKey;
    const signed = signDevice({ signed: half, identity: companion, primaryIdentity, random });
    const signedIdentity = encodeSignedDeviceIdentity(signed);
    devices = confirmCompanion({ devices: added.devices, keyIndex, device: number, signedIdentity });
    identities.push(companion);
  }
  return { record: deviceListOf(devices), identities };
}

/** A session in which both have sent. */
function sessionWith(identity: Identity, peer: Identity): Session {
  const signedPreKey = generateSignedPreKey({ identity: peer, id: 1, random, now: NOW });
  const bundle = createBundle({ identity: peer, registrationId: 2, signedPreKey });
  const started = createSession({ identity, registrationId: 1, bundle, random, now: NOW });
  const first = encrypt({ session: started.session, plaintext: body, now: NOW });
  const accepted = decrypt({ identity: peer, message: first.message, signedPreKey, random });
  const answer = encrypt({ session: accepted.session, plaintext: body, now: NOW });
  return decrypt({ identity, session: first.session, message: answer.message, random }).session;
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('no session');
  return value;
}
