/**
 * Retries: asking for a message that could not be read, and sending one again to a device that asks.
 *
 * @module
 */
import { accountOf, isDevice, parseAddress, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import { acceptedDevices } from '../devices/index.js';
import {
  answerRetry,
  decodeRetryRequest,
  encodeRetryRequest,
  encryptFanout,
  planRetryRequest,
  type Envelope,
  type OutgoingMessage,
  type RetryAnswer,
  type RetryRequest,
  type SentMessage,
} from '../fanout/index.js';
import { createBundle, generateOneTimePreKeys, nextPreKeyId, type PreKeyBundle } from '../identity/index.js';
import { connected, isOwnTrouble, loadSelf, type Core, type Self } from './core.js';
import {
  ASKED,
  deviceList,
  message,
  oneTimePreKey,
  outboxName,
  PREKEYS,
  retryAnswers,
  retryRequests,
  session,
  signedPreKey,
} from './keys.js';
import { DONE, malformed, refuse, type Opened } from './opened.js';
import { writeEntry } from './outboxEntry.js';
import type { Transaction } from './transaction.js';

/** Devices that are asked in a day, before those of unknown accounts have to wait: the server can make up any number of them. */
export const MAX_ASKED_DEVICES = 1_000;

/** Asks the sender of a message that could not be read for another copy, or gives it up. */
export async function askAgain(
  core: Core,
  tx: Transaction,
  self: Self,
  envelope: Envelope,
  error: PolyratchetError,
): Promise<Opened> {
  const { id: messageId, from: device } = envelope;
  const { registrationId } = self;
  const before = await tx.read(retryRequests(device));
  if (before === undefined && (await isOneTooMany(core, tx, self, device)))
    return { kind: 'left', fetch: [] };
  const plan = planRetryRequest({
    device,
    ...(before === undefined ? {} : { requests: before }),
    messageId,
    error,
    registrationId,
    now: tx.now,
  });
  switch (plan.kind) {
    case 'ignore':
      return plan.why === 'not-retryable' ? refuse(tx, envelope, error) : DONE;
    case 'give-up':
      tx.emit({ kind: 'lost', id: messageId, from: device });
      return DONE;
    case 'request': {
      tx.set(retryRequests(device), plan.requests);
      const bundle = plan.withKeys ? await ownBundle(core, tx, self) : undefined;
      const request = { ...plan.request, ...(bundle === undefined ? {} : { bundle }) };
      const bytes = encodeRetryRequest(request);
      const entry = {
        id: messageId,
        from: self.address,
        to: device,
        type: 'retry',
        bytes,
        at: tx.now,
      } as const;
      return { kind: 'done', fetch: [], entries: [await enqueue(core, tx, entry)] };
    }
  }
}

/** Whether a device of an account that nobody knows has to wait until others of them were asked long enough ago. */
async function isOneTooMany(
  { records }: Core,
  tx: Transaction,
  self: Self,
  device: Address,
): Promise<boolean> {
  const account = accountOf(device);
  if (account === self.account || (await tx.read(deviceList(account))) !== undefined) return false;
  return (await records.list(ASKED, '', MAX_ASKED_DEVICES)).length >= MAX_ASKED_DEVICES;
}

/** A bundle for one device: its one-time prekey was never published. */
async function ownBundle(core: Core, tx: Transaction, self: Self): Promise<PreKeyBundle | undefined> {
  const preKeys = await tx.read(PREKEYS);
  if (preKeys === undefined) return undefined;
  const signed = await tx.read(signedPreKey(preKeys.signedId));
  if (signed === undefined) return undefined;
  let lastId = preKeys.lastOneTimeId;
  while ((await tx.read(oneTimePreKey(nextPreKeyId(lastId)))) !== undefined) lastId = nextPreKeyId(lastId);
  const { random } = core.settings;
  const { oneTimePreKeys, lastId: lastOneTimeId } = generateOneTimePreKeys({ lastId, count: 1, random });
  const [fresh] = oneTimePreKeys;
  if (fresh === undefined) return undefined;
  tx.set(oneTimePreKey(fresh.id), fresh);
  tx.set(PREKEYS, { ...preKeys, lastOneTimeId });
  return createBundle({
    identity: self.identity,
    registrationId: self.registrationId,
    signedPreKey: signed,
    oneTimePreKey: fresh,
  });
}

/** Puts one envelope into the outbox. */
async function enqueue(core: Core, tx: Transaction, envelope: Envelope): Promise<string> {
  const name = outboxName(tx.stamp(), `${envelope.id} ${envelope.type} ${envelope.to}`);
  await writeEntry(core, tx, name, { messageId: envelope.id, round: 0, envelopes: [envelope] });
  return name;
}

/** Takes a device's request for a message, and sends it again where the rules say so. */
export async function takeRequest(core: Core, envelope: Envelope): Promise<Opened> {
  let bundle: PreKeyBundle | undefined;
  for (let attempt = 0; ; attempt++) {
    const step = await core.transactor.run((tx) => answerStep(core, tx, envelope, bundle, attempt > 0));
    if (step !== 'fetch-bundle') return step;
    bundle = (await connected(core).fetchBundles([envelope.from])).get(envelope.from);
  }
}

async function answerStep(
  core: Core,
  tx: Transaction,
  envelope: Envelope,
  bundle: PreKeyBundle | undefined,
  hasFetched: boolean,
): Promise<Opened | 'fetch-bundle'> {
  const { from, bytes } = envelope;
  if (!isDevice(from)) return refuse(tx, envelope, malformed('from'));
  let request: RetryRequest;
  try {
    request = decodeRetryRequest(bytes);
  } catch (error) {
    if (PolyratchetError.is(error)) return refuse(tx, envelope, error);
    throw error;
  }
  const account = accountOf(from);
  const keys = [session(from), message(request.messageId), retryAnswers(from), deviceList(account)];
  const self = await loadSelf(tx, ...keys);
  const answer = await decide(core, tx, self, from, request);
  // A device that begins anew under its address asks with its new identity: who writes to it has to hear of that.
  if (answer.kind === 'refused') {
    return answer.why === 'identity-changed' ? { kind: 'done', fetch: [accountOf(from)] } : DONE;
  }
  if (answer.session === 'fetch-bundle' && !hasFetched) return 'fetch-bundle';
  tx.set(retryAnswers(from), answer.answers);
  const { identity, registrationId, address, deviceIdentity } = self;
  const target = bundle === undefined ? answer.target : { ...answer.target, bundle };
  const { random } = core.settings;
  const { plaintext } = answer;
  const [outcome] = encryptFanout({
    identity,
    registrationId,
    plaintext,
    devices: [target],
    random,
    now: tx.now,
  });
  if (outcome?.kind === 'refused' && isOwnTrouble(outcome.error)) throw outcome.error;
  if (outcome?.kind !== 'encrypted') return DONE;
  tx.set(session(from), outcome.session);
  const sealed: Envelope = {
    id: request.messageId,
    from: address,
    to: from,
    ...outcome.message,
    at: tx.now,
    ...(outcome.message.type === 'prekey' && deviceIdentity !== undefined ? { deviceIdentity } : {}),
  };
  return { kind: 'done', fetch: [], entries: [await enqueue(core, tx, sealed)] };
}

/** Whether the device gets the message again. */
async function decide(
  core: Core,
  tx: Transaction,
  self: Self,
  from: Address,
  request: RetryRequest,
): Promise<RetryAnswer> {
  const { account, own } = self;
  const record = accountOf(from) === account ? own.record : tx.get(deviceList(accountOf(from)));
  const accepted =
    record === undefined
      ? undefined
      : acceptedDevices({ record, now: tx.now, hosted: core.settings.hosted }).devices.find(
          ({ device }) => device === parseAddress(from).device,
        );
  const sent = await sentTo(core, tx, self, from, tx.get(message(request.messageId)));
  const known = tx.get(session(from));
  const answers = tx.get(retryAnswers(from));
  return answerRetry({
    request,
    device: from,
    ...(sent === undefined ? {} : { sent }),
    ...(accepted === undefined ? {} : { identityKey: accepted.identity }),
    ...(known === undefined ? {} : { session: known }),
    ...(answers === undefined ? {} : { answers }),
    now: tx.now,
  });
}

/** Who was sent a message, if the device may ask for it. */
async function sentTo(
  { features }: Core,
  tx: Transaction,
  self: Self,
  device: Address,
  outgoing: OutgoingMessage | undefined,
): Promise<SentMessage | undefined> {
  if (outgoing === undefined) return undefined;
  for (const feature of features) {
    if (!(await feature.mayAsk(tx, self, outgoing, device))) return undefined;
  }
  return outgoing.sent;
}
