/**
 * Groups as a feature of the client.
 *
 * @module
 */
import { inputAccount, type Address } from '../../core/address.js';
import { describe } from '../../core/bytes.js';
import { inputList, inputObject } from '../../core/check.js';
import { invalidArgument } from '../../core/refusals.js';
import { groupExtensions, isMember, type Group } from '../../group/index.js';
import type { SenderKeyProfile } from '../../senderkey/index.js';
import { loadSelf, type Core } from '../core.js';
import type { Feature } from '../feature.js';
import type { Outbox } from '../outbox.js';
import { randomId, type SentMessageResult } from '../send.js';
import { forgetState, keepState } from './disputes.js';
import { GROUPS, groupRecord } from './keys.js';
import { requireGroup } from './known.js';
import { makeChange, makeGroup, type Announced, type Change } from './members.js';
import { partsOf } from './parts.js';
import { sendToGroup, type SendGroupMessage } from './send.js';

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
   * @throws PolyratchetError nothing was stored then: `membership-conflict` `not-a-member`; `disputed`: see `keep` and
   *   `forget`; `server-failed`, `deadline`: what new members and devices need could not be fetched; `too-large`, `invalid-argument`, `store-failed`.
   */
  send(message: SendGroupMessage): Promise<SentMessageResult>;
  /**
   * What is known of a group.
   *
   * @throws PolyratchetError `membership-conflict`: nothing is.
   */
  get(group: Address): Promise<Group>;
  /**
   * Decides a dispute, see the event `group-disputed`: the group stays as this device knows it, and whoever has disputed it is
   * not heard of again. Does nothing where there is none.
   *
   * @throws PolyratchetError `membership-conflict`: nothing is known of the group.
   */
  keep(group: Address): Promise<void>;
  /**
   * Erases all that this device knows of a group, its keys among it. Who has disputed it is asked for it; otherwise the next
   * state of an admin who adds us counts. The other members are told nothing: that is `leave`.
   */
  forget(group: Address): Promise<void>;
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
    keep: async (group) => keepState(core, inputAccount('group', group)),
    forget: async (group) => {
      const entries = await forgetState(core, inputAccount('group', group));
      for (const entry of entries) void outbox.send(entry);
    },
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
