/**
 * Groups as a feature of the client.
 *
 * @module
 */
import { inputAccount, type Address } from '../../core/address.js';
import { describe } from '../../core/bytes.js';
import { inputList, inputObject } from '../../core/check.js';
import { invalidArgument } from '../../core/refusals.js';
import { reveal } from '../../core/secret.js';
import { decodeContent } from '../../content/index.js';
import { groupExtensions, isMember, reviewGroupRetry, type Group } from '../../group/index.js';
import type { SenderKeyProfile } from '../../senderkey/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import type { Feature, FeatureParts } from '../feature.js';
import type { Envelope, OutgoingMessage, PairwiseEnvelope } from '../../fanout/index.js';
import { openStep } from '../open.js';
import type { Outbox } from '../outbox.js';
import { randomId, type SentMessageResult } from '../send.js';
import type { Transaction } from '../transaction.js';
import { eraseIds } from '../upkeep.js';
import {
  ASKED,
  GROUPS,
  groupRecord,
  keyHolders,
  ownSenderKey,
  receivedPrefix,
  receivedSenderKey,
} from './keys.js';
import {
  ANSWER_LIFETIME_MS,
  askForGroups,
  makeChange,
  makeGroup,
  requireGroup,
  type Announced,
  type Change,
} from './members.js';
import { keyOf, planGroup } from './plan.js';
import { takeEnvelope, takeMessage } from './receive.js';
import { sendToGroup, type SendGroupMessage } from './send.js';
import { askForKeys, KEY_WAIT_MS, releaseWaiting } from './waiting.js';

/** How groups are spoken. */
export interface GroupsOptions {
  /** The format of messages: WhatsApp's unless given. All members must agree. */
  readonly profile?: SenderKeyProfile;
}

/** A group to make. */
export interface NewGroup {
  /** Addresses of the other members' accounts. */
  readonly members: readonly Address[];
  /** Its address, one that no other group has; random unless given. */
  readonly id?: Address;
}

/** What a client can do with groups. */
export interface GroupMethods {
  /**
   * Makes a group, whose only admin is this account, and tells the members. Returns the group.
   *
   * @throws PolyratchetError `device-unverified` `no-list`: nobody knows a member; `membership-conflict` `full`;
   *   `invalid-argument`, `server-failed`, `store-failed`, `deadline`.
   */
  create(options: NewGroup): Promise<Group>;
  /**
   * As an admin: adds members. They read from now on, and are told the state of the group.
   *
   * @throws PolyratchetError `membership-conflict`: we are no admin, or the change does not fit; otherwise as `create`.
   */
  add(group: Address, accounts: readonly Address[]): Promise<Group>;
  /** As an admin: removes members. The next message is under a new key. Throws as `add`. */
  remove(group: Address, accounts: readonly Address[]): Promise<Group>;
  /** As an admin: makes members admins. Throws as `add`. */
  promote(group: Address, accounts: readonly Address[]): Promise<Group>;
  /** As an admin: makes admins members like others. Throws as `add`. */
  demote(group: Address, accounts: readonly Address[]): Promise<Group>;
  /** Leaves a group. Throws as `add`; the last admin makes another one first. */
  leave(group: Address): Promise<Group>;
  /**
   * Sends a message to a group: one ciphertext for all, and our key to those who lack it. The same id again does nothing
   * twice.
   *
   * @throws PolyratchetError nothing was stored then: `membership-conflict` `not-a-member`; `server-failed`, `deadline`: what
   *   new devices need could not be fetched; `too-large`, `invalid-argument`, `store-failed`.
   */
  send(message: SendGroupMessage): Promise<SentMessageResult>;
  /**
   * What is known of a group.
   *
   * @throws PolyratchetError `membership-conflict`: nothing is.
   */
  get(group: Address): Promise<Group>;
  /** The groups that this account is a member of. */
  list(): Promise<readonly Group[]>;
}

/**
 * Groups: attach them with `createClient({ …, features: [groups()] })`, and find their methods under `client.groups`.
 *
 * @example
 * ```ts
 * import { createClient } from 'polyratchet';
 * import { groups } from 'polyratchet/groups';
 * import { createMemoryServer, createMemoryStore } from 'polyratchet/memory';
 *
 * const server = createMemoryServer();
 * const join = () => createClient({ store: createMemoryStore(), server, features: [groups()] });
 * const [alice, bob] = [join(), join()];
 * await alice.register('alice@example.org');
 * await bob.register('bob@example.org');
 *
 * const arrived = new Promise<string>((resolve) => {
 *   bob.on('message', ({ message }) => resolve(new TextDecoder().decode(message.body)));
 * });
 * const { id } = await alice.groups.create({ members: ['bob@example.org'] });
 * await alice.groups.send({ group: id, body: new TextEncoder().encode('hello, all') });
 * console.log(await arrived); // hello, all
 * await Promise.all([alice.close(), bob.close()]);
 * ```
 */
export function groups(options: GroupsOptions = {}): Feature<'groups', GroupMethods> {
  const { profile = 'whatsapp' } = inputObject('options', options);
  if (!['whatsapp', 'signal'].includes(profile)) {
    throw invalidArgument('profile', 'whatsapp or signal', describe(profile));
  }
  return {
    name: 'groups',
    extensions: groupExtensions,
    attach: (core, outbox) => ({
      methods: methodsOf(core, outbox, profile),
      ...partsOf(core, outbox, profile),
    }),
  };
}

function methodsOf(core: Core, outbox: Outbox, profile: SenderKeyProfile): GroupMethods {
  const announce = async (making: Promise<Announced>): Promise<Group> => {
    const { record, entries } = await making;
    await Promise.all(entries.map((entry) => outbox.send(entry)));
    return record.group;
  };
  const change = (group: Address, what: Change): Promise<Group> =>
    announce(makeChange(core, inputAccount('group', group), what));
  return {
    create: async (options) => {
      const { members, id } = inputObject('options', options);
      const address = id === undefined ? `${randomId(core)}@group` : inputAccount('id', id);
      return announce(makeGroup(core, address, inputAccounts(members)));
    },
    add: async (group, accounts) => change(group, { kind: 'add', accounts: inputAccounts(accounts) }),
    remove: async (group, accounts) => change(group, { kind: 'remove', accounts: inputAccounts(accounts) }),
    promote: async (group, accounts) => change(group, { kind: 'promote', accounts: inputAccounts(accounts) }),
    demote: async (group, accounts) => change(group, { kind: 'demote', accounts: inputAccounts(accounts) }),
    leave: async (group) => change(group, { kind: 'leave' }),
    send: (message) => sendToGroup(core, outbox, profile, message),
    get: async (group) =>
      (await core.transactor.run((tx) => requireGroup(tx, inputAccount('group', group)))).group,
    list: () => listGroups(core),
  };
}

function inputAccounts(accounts: readonly Address[]): readonly Address[] {
  const checked = inputList('accounts', accounts).map((account) => inputAccount('accounts', account));
  if (new Set(checked).size === checked.length) return checked;
  throw invalidArgument('accounts', 'each account once', describe(accounts));
}

async function listGroups(core: Core): Promise<readonly Group[]> {
  const found: Group[] = [];
  for await (const names of core.records.names(GROUPS)) {
    await core.transactor.run(async (tx) => {
      const keys = names.map((name) => groupRecord(name.slice(GROUPS.length)));
      const { account } = await loadSelf(tx, ...keys);
      for (const key of keys) {
        const record = tx.get(key);
        if (record !== undefined && isMember(record, account)) found.push(record.group);
      }
    });
  }
  return found;
}

function partsOf(core: Core, outbox: Outbox, profile: SenderKeyProfile): FeatureParts {
  let stopAsking: (() => void) | undefined;
  const askIn = (ms: number): void => {
    stopAsking ??= core.settings.clock.after(ms, () => {
      stopAsking = undefined;
      ask().catch(() => undefined); // what fails now is done with the next upkeep
    });
  };
  const ask = async (): Promise<void> => {
    const { entries, wait } = await askForKeys(core);
    sendAll(entries);
    if (wait !== undefined) askIn(wait);
  };
  const sendAll = (entries: readonly string[]): void => {
    for (const entry of entries) void outbox.send(entry);
  };
  const open: FeatureParts['takeEnvelope'] = (tx, envelope) =>
    isPairwise(envelope) ? openStep(core, tx, envelope) : takeEnvelope(core, profile, tx, envelope);
  return {
    takeMessage: (tx, self, message, envelope) => takeMessage(core, profile, tx, self, message, envelope),
    takeEnvelope: async (tx, envelope) => {
      const opened = await open(tx, envelope);
      if (opened.kind === 'waiting') askIn(KEY_WAIT_MS);
      return opened;
    },
    release: (group) => releaseWaiting(core, group, open),
    mayAsk: (tx, self, message, device) => mayAsk(core, tx, self, message, device),
    forget: (tx, devices) => forget(core, tx, devices),
    renew: async () => {
      sendAll(await askForGroups(core));
      await ask();
      await eraseIds(core, ASKED, ANSWER_LIFETIME_MS, Infinity);
    },
    stop: () => {
      stopAsking?.();
    },
  };
}

function isPairwise(envelope: Envelope): envelope is PairwiseEnvelope {
  return envelope.type === 'prekey' || envelope.type === 'message';
}

/**
 * Whether a device may ask for a message again: one to a group only as long as it may read there. Changes are for those whom
 * they have put out, too.
 */
async function mayAsk(
  core: Core,
  tx: Transaction,
  self: Self,
  message: OutgoingMessage,
  device: Address,
): Promise<boolean> {
  const { chat } = message;
  await tx.load(groupRecord(chat), ownSenderKey(chat), keyHolders(chat));
  const record = tx.get(groupRecord(chat));
  const key = keyOf(tx, chat);
  if (record === undefined || key === undefined || !isMember(record, self.account)) return true;
  if (isChange(core, message)) return true;
  const plan = await planGroup(core, tx, self, record.group);
  const review = reviewGroupRetry({ record, plan, holders: key.holders, device });
  tx.set(keyHolders(chat), review.holders);
  return review.kind === 'allowed';
}

function isChange({ settings: { format } }: Core, { plaintexts }: OutgoingMessage): boolean {
  if (plaintexts.kind === 'each') return false;
  return decodeContent({ format, plaintext: reveal(plaintexts.plaintext) }).groupChange !== undefined;
}

/** Erases the keys that came from devices that went. */
async function forget({ records }: Core, tx: Transaction, devices: readonly Address[]): Promise<void> {
  for (const device of devices) {
    const prefix = receivedPrefix(device);
    for await (const names of records.names(prefix)) {
      const keys = names.map((name) => receivedSenderKey(device, name.slice(prefix.length)));
      await tx.remove(...keys);
    }
  }
}
