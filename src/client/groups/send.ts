/**
 * Sending to a group: one ciphertext for all, and our key for those who lack it, in one send.
 *
 * @module
 */
import { inputAccount, type Address } from '../../core/address.js';
import { copyBytes, inputBytes } from '../../core/bytes.js';
import { inputObject } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { inputMessageId } from '../../content/index.js';
import type { DeviceOutcome, Envelope, FanoutPlan } from '../../fanout/index.js';
import { encryptGroupMessage, groupStateOf, type GroupRecord } from '../../group/index.js';
import type { SenderKeyProfile } from '../../senderkey/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import { deviceList, message, outboxName, sentId } from '../keys.js';
import type { Outbox } from '../outbox.js';
import { writeEntry } from '../outboxEntry.js';
import type { Written } from '../rounds.js';
import { Fetched, type Missing } from '../seal.js';
import { compose, findSent, isServerDown, randomId, type SentMessageResult } from '../send.js';
import { MIN_COMMIT_LENGTH } from '../store.js';
import type { Transaction } from '../transaction.js';
import { requireSettled } from './disputes.js';
import { giveKey, outcomesOf, readersOf, withReaders, type Given } from './give.js';
import { groupRecord, groupStanding, keyHolders, ownSenderKey } from './keys.js';
import { requireGroup } from './known.js';
import { planSend, type GroupSend } from './plan.js';

/** A message to a group. */
export interface SendGroupMessage {
  /** Address of the group. */
  readonly group: Address;
  /** The application's bytes; in the form `message` its serialised Message. */
  readonly body: Uint8Array;
  /** Names the message, as in `send` of the client. */
  readonly id?: string;
}

interface Request {
  readonly group: Address;
  readonly body: Uint8Array;
  readonly id: string;
  readonly profile: SenderKeyProfile;
}

type Step =
  /** The id was used: the message is sent, or there is an entry for it. */
  | { readonly kind: 'known'; readonly name?: string }
  | ({ readonly kind: 'fetch' } & Missing)
  /** Some have our key now, who lacked it; there was no room for more. */
  | { readonly kind: 'given'; readonly name: string }
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly written?: Written;
      readonly devices: readonly DeviceOutcome[];
    };

/** Bytes that one send may write: the group, the key and the message for those who ask again are written beside them. */
export const MAX_SEND_LENGTH: number = MIN_COMMIT_LENGTH - 4 * 1024 * 1024;

/** What stands around the body in an envelope: encryption, addresses, the claim of the group's state and of the lists. */
const MESSAGE_OVERHEAD = 1_024;

/** What stands around a key in an envelope, with the session that is written beside it. */
const KEY_OVERHEAD = 2_048;

/** Encrypts, stores and sends. Where the server cannot be asked, it is done with the lists that are known. */
export async function sendToGroup(
  core: Core,
  outbox: Outbox,
  profile: SenderKeyProfile,
  options: SendGroupMessage,
): Promise<SentMessageResult> {
  const { group, body, id } = inputObject('options', options);
  const request: Request = {
    group: inputAccount('group', group),
    body: copyBytes(inputBytes('body', body)),
    id: id === undefined ? randomId(core) : inputMessageId(id),
    profile,
  };
  const fetched = new Fetched();
  let failure: PolyratchetError | undefined;
  for (;;) {
    const step = await core.transactor.run((tx) => encryptStep(core, tx, request, fetched, failure));
    switch (step.kind) {
      case 'known':
        if (step.name === undefined) return { kind: 'sent', id: request.id, devices: [] };
        return { ...(await outbox.send(step.name)), id: request.id, devices: [] };
      case 'stored': {
        const sent = await outbox.send(step.name, step.written);
        return { ...sent, id: request.id, devices: step.devices };
      }
      case 'given':
        void outbox.send(step.name);
        break;
      case 'fetch':
        try {
          await fetched.fetch(core, step);
        } catch (error) {
          if (!isServerDown(error)) throw error;
          failure = error;
        }
    }
  }
}

async function encryptStep(
  core: Core,
  tx: Transaction,
  request: Request,
  fetched: Fetched,
  failure: PolyratchetError | undefined,
): Promise<Step> {
  const { group, id: messageId, profile } = request;
  const self = await loadSelf(tx, sentId(messageId), groupRecord(group), groupStanding(group));
  const known = await findSent(tx, messageId);
  if (known !== undefined) return { kind: 'known', ...known };
  const record = await requireGroup(tx, group);
  const { members, version } = record.group;
  const standing = await requireSettled(tx, group, version);
  await tx.load(...members.map(deviceList));
  const unknown = members.filter(
    (each) => each !== self.account && tx.get(deviceList(each)) === undefined && !fetched.hasAsked(each),
  );
  if (unknown.length > 0 && failure !== undefined) throw failure;
  if (unknown.length > 0) return { kind: 'fetch', lists: unknown, bundles: [] };
  const send = await planSend(core, tx, self, record, profile);
  const { plan, distribution } = send;
  const missing = fetched.missing({
    fetch: plan.fetch,
    bundles: distribution.kind === 'distribute' ? distribution.plan.bundles : [],
  });
  if (missing !== undefined && failure === undefined) return { kind: 'fetch', ...missing };
  // Who cannot be given the key would miss the message; whose list is too old does anyway.
  if (failure !== undefined && (missing?.bundles.length ?? 0) > 0) throw failure;
  const length = lengthFor(request, plan);
  tx.set(groupStanding(group), standing);
  const given = await giveKey(core, tx, self, send, fetched);
  tx.set(ownSenderKey(group), given.key.senderKey);
  tx.set(keyHolders(group), given.key.holders);
  if (given.isPart || (given.envelopes.length > 0 && length + lengthOfKeys(given) > MAX_SEND_LENGTH)) {
    const name = outboxName(tx.stamp(), given.messageId);
    await writeEntry(core, tx, name, { messageId: given.messageId, round: 0, envelopes: given.envelopes });
    return { kind: 'given', name };
  }
  return write(core, tx, self, { request, record, send, given });
}

/**
 * Bytes of a message to all devices of a plan.
 *
 * @throws PolyratchetError `too-large`
 */
function lengthFor({ group, body }: Request, { recipients, ownDevices }: FanoutPlan): number {
  const readers = [...recipients, ...ownDevices].filter(({ kind }) => kind !== 'refused');
  const got = readers.length * (body.length + MESSAGE_OVERHEAD);
  if (got <= MAX_SEND_LENGTH) return got;
  throw new PolyratchetError('too-large', { what: `message to ${group}`, limit: MAX_SEND_LENGTH, got });
}

function lengthOfKeys({ envelopes }: Given): number {
  return envelopes.reduce((sum, { bytes }) => sum + bytes.length + KEY_OVERHEAD, 0);
}

/** A message that can be encrypted. */
interface Prepared {
  readonly request: Request;
  readonly record: GroupRecord;
  readonly send: GroupSend;
  readonly given: Given;
}

/** Encrypts a message once, and writes it for all who read it. */
async function write(
  core: Core,
  tx: Transaction,
  self: Self,
  { request, record, send: { plan, distribution }, given }: Prepared,
): Promise<Step> {
  const { group, id: messageId } = request;
  const { format, random } = core.settings;
  const { metadata, participantHash } = plan;
  const content = { body: request.body };
  const about = { record, distribution, key: given.key, messageId, format, metadata };
  const encrypted = encryptGroupMessage({ ...about, content, random });
  tx.set(ownSenderKey(group), encrypted.key.senderKey);
  tx.set(keyHolders(group), encrypted.key.holders);
  const readers = readersOf(plan, encrypted.key);
  const outgoing = compose(core, plan, {
    id: messageId,
    content: { ...content, extensions: { groupState: groupStateOf(record) } },
  });
  await tx.load(message(messageId));
  tx.set(message(messageId), withReaders(outgoing, readers, tx.now));
  const at = tx.stamp();
  tx.set(sentId(messageId), { at });
  const common = { id: messageId, from: self.address, type: 'senderkey', group, at: tx.now } as const;
  const messages = readers.map(({ device }): Envelope => ({
    ...common,
    to: device,
    bytes: encrypted.message,
  }));
  const name = outboxName(at, messageId);
  // Keys come before the message that they open.
  const envelopes = [...given.envelopes, ...messages];
  const entry = await writeEntry(core, tx, name, { messageId, round: 1, participantHash, envelopes });
  const devices = outcomesOf(plan, readers, given.outcomes);
  return { kind: 'stored', name, written: { entry, plan, isPart: false }, devices };
}
