/**
 * A group whose members and devices come and go, on a network that delays, mixes and loses what it carries.
 *
 * Sender keys and the rules are real; what sessions and device lists do is taken for granted: a message to a device reaches
 * that device alone, and everybody knows everybody's devices. What must hold is written down by the model itself: who may
 * read a message is decided when it is sent, by what its sender knows then. At the end every device, also one that is gone,
 * tries every message with all keys that it ever got.
 */
import fc from 'fast-check';
import type { Address } from 'polyratchet';
import type { ContentFormat } from 'polyratchet/content';
import { PolyratchetError } from 'polyratchet/errors';
import {
  acceptGroupKey,
  addKeyHolders,
  applyGroupChange,
  changeGroup,
  createGroup,
  createKeyHolders,
  decodeGroup,
  decodeGroupUpdate,
  decodeKeyHolders,
  encodeGroup,
  encodeKeyHolders,
  encryptGroupMessage,
  groupExtensions,
  isMember,
  joinGroup,
  planDistribution,
  type ChangeKind,
  type DistributionPlan,
  type GroupExtensions,
  type GroupKey,
  type GroupRecord,
  type GroupSendPlan,
  type SendDevice,
} from 'polyratchet/group';
import {
  acceptSenderKeyDistribution,
  createSenderKey,
  decryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
} from 'polyratchet/senderkey';
import { seededRandom } from '../support/random.js';
import { GROUP, keyOf, NOW } from './people.js';

const format: ContentFormat<GroupExtensions> = { form: 'payload', extensions: groupExtensions };
const ACCOUNTS = ['alice', 'bob', 'carol', 'dave', 'erin'].map((user) => `${user}@example.org`);
const INITIAL = ACCOUNTS.slice(0, 3);
const KINDS = ['add', 'add', 'remove', 'promote', 'promote', 'demote', 'leave'] as const;

/** One thing that happens; numbers choose among what there is. */
export interface GroupAct {
  readonly kind: 'send' | 'deliver' | 'change' | 'link' | 'unlink' | 'reset' | 'wait' | 'restart' | 'lose';
  readonly who: number;
  readonly what: number;
  readonly whom: number;
}

/** Walks of so many steps. */
export function groupActs(steps: number): fc.Arbitrary<readonly GroupAct[]> {
  const kinds = [
    ...Array.from({ length: 6 }, () => 'send' as const),
    ...Array.from({ length: 12 }, () => 'deliver' as const),
    ...Array.from({ length: 4 }, () => 'change' as const),
    ...(['link', 'link', 'unlink', 'reset', 'wait', 'restart', 'lose'] as const),
  ];
  const act = fc.record({
    kind: fc.constantFrom(...kinds),
    who: fc.nat(999),
    what: fc.nat(999),
    whom: fc.nat(999),
  });
  return fc.array(act, { minLength: steps / 2, maxLength: steps, size: 'max' });
}

/** What a walk has met. */
export interface GroupTally {
  steps: number;
  sent: number;
  read: number;
  /** Messages that a device could not open that might not. */
  closed: number;
  rotated: number;
  current: number;
  forks: number;
  /** Devices that had to ask an admin at the end. */
  asked: number;
  /** Those among them who cannot be helped before the group has gone on. */
  stranded: number;
}

export function newGroupTally(): GroupTally {
  return { steps: 0, sent: 0, read: 0, closed: 0, rotated: 0, current: 0, forks: 0, asked: 0, stranded: 0 };
}

/** One device, with what it stores. */
interface Device {
  readonly address: Address;
  readonly account: Address;
  readonly edition: number;
  isGone: boolean;
  record: GroupRecord | undefined;
  key: GroupKey | undefined;
  plan: { readonly basis: string; readonly plan: GroupSendPlan } | undefined;
  previous: DistributionPlan | undefined;
  readonly received: Map<Address, ReceivedSenderKey>;
  readonly read: Set<Post>;
  /** Changes of a group that it does not know yet. */
  readonly early: { readonly author: Address; readonly bytes: Uint8Array }[];
}

interface Post {
  readonly from: Device;
  readonly keyId: number;
  readonly message: Uint8Array;
  /** Who may read it. */
  readonly readers: ReadonlySet<Device>;
}

/** Something on its way to a device. */
type Parcel = { readonly to: Device; readonly from: Device } & (
  | { readonly kind: 'key' | 'update'; readonly bytes: Uint8Array }
  | { readonly kind: 'post'; readonly post: Post }
);

/** Walks through acts, and throws at the first violation. */
export function walkGroup(acts: readonly GroupAct[], tally: GroupTally): void {
  const world = new World(tally);
  for (const act of acts) {
    world.take(act);
    tally.steps++;
  }
  world.end();
}

class World {
  readonly #tally: GroupTally;
  readonly #random = seededRandom(2_026);
  readonly #devices: Device[] = [];
  readonly #posts: Post[] = [];
  #flying: Parcel[] = [];
  #now = NOW;
  /** Changes with all their authors, as somebody sees them who misses nothing. */
  #truth: GroupRecord;
  /** Whether no fork was beyond what is decided: then all agree. */
  #isDecided = true;
  /** Counts what happens to devices. */
  #lists = 0;

  constructor(tally: GroupTally) {
    this.#tally = tally;
    const [creator = ''] = INITIAL;
    this.#truth = createGroup({ id: GROUP, creator, members: INITIAL }).record;
    for (const account of ACCOUNTS)
      this.#appear(account, 0, INITIAL.includes(account) ? this.#truth : undefined);
  }

  take({ kind, who, what, whom }: GroupAct): void {
    const alive = this.#devices.filter(({ isGone }) => !isGone);
    const device = pick(alive, who);
    switch (kind) {
      case 'send':
        this.#send(device);
        return;
      case 'deliver':
        this.#deliver(this.#take(who));
        return;
      case 'lose': // only what can be made up for: a message
        if (this.#flying[who % Math.max(1, this.#flying.length)]?.kind === 'post') this.#take(who);
        return;
      case 'change':
        this.#change(device, pick(KINDS, what), pick(ACCOUNTS, whom));
        return;
      case 'link': {
        const { account, record } = device;
        const numbers = alive.filter((other) => other.account === account).map(({ address }) => address);
        const number = [1, 2].find((free) => !numbers.includes(addressOf(account, free)));
        if (number !== undefined) this.#appear(account, number, record);
        return;
      }
      case 'unlink':
        if (device.address !== device.account) this.#vanish(device);
        return;
      case 'reset': {
        this.#vanish(device);
        const { account, address } = device;
        const record = alive.find((other) => other !== device && other.account === account)?.record;
        this.#appear(account, Number(/:(\d)/.exec(address)?.[1] ?? 0), record);
        return;
      }
      case 'wait':
        this.#now += (1 + (what % 4)) * 24 * 60 * 60 * 1000;
        return;
      case 'restart':
        if (device.record !== undefined) device.record = decodeGroup(encodeGroup(device.record));
        if (device.key !== undefined)
          device.key = { ...device.key, holders: decodeKeyHolders(encodeKeyHolders(device.key.holders)) };
    }
  }

  /** A device with keys of its own, whoever had its address before. */
  #appear(account: Address, number: number, record: GroupRecord | undefined): void {
    const edition = ++this.#lists;
    const state = { isGone: false, record, key: undefined, plan: undefined, previous: undefined };
    const own = { received: new Map(), read: new Set<Post>(), early: [] };
    this.#devices.push({ address: addressOf(account, number), account, edition, ...state, ...own });
  }

  #vanish(device: Device): void {
    this.#lists++;
    device.isGone = true;
  }

  #change(device: Device, kind: ChangeKind, whom: Address): void {
    const { account: author, record } = device;
    if (record === undefined) return;
    const parts = kind === 'leave' ? { kind } : { kind, accounts: [whom] };
    let made;
    try {
      made = changeGroup({ record, author, ...parts });
    } catch (error) {
      if (PolyratchetError.is(error, 'membership-conflict')) return;
      throw error;
    }
    device.record = made.record;
    const { change } = made;
    const seen = applyGroupChange({ record: this.#truth, change, author });
    if (seen.kind === 'refused') {
      if (seen.why !== 'stale') throw new Error(`nobody could have made that: ${seen.why}`);
      this.#isDecided = false;
    } else this.#truth = seen.record;
    if (seen.kind === 'replaced' || seen.kind === 'lost') this.#tally.forks++;
    for (const { accounts, groupChange: bytes } of made.announcements)
      for (const to of this.#devices)
        if (!to.isGone && to !== device && accounts.includes(to.account))
          this.#flying.push({ kind: 'update', from: device, to, bytes });
  }

  /** What `planFanout` would say: the very same plan as long as nothing has changed. Everybody is in it, members or not. */
  #planOf(device: Device, record: GroupRecord): GroupSendPlan {
    const basis = `${this.#lists} ${record.group.version} ${record.hash.join()}`;
    if (device.plan?.basis !== basis) {
      const others = this.#devices.filter((other) => !other.isGone && other !== device);
      const ready = (wanted: boolean): SendDevice[] =>
        others
          .filter(({ account }) => (account === device.account) === wanted)
          .map(({ address, edition }) => ({
            kind: 'ready',
            device: address,
            identity: keyOf(address, edition),
          }));
      const rest = { chat: GROUP, bundles: [], basis: { aliases: [] } };
      const plan = { from: device.address, recipients: ready(false), ownDevices: ready(true), ...rest };
      device.plan = { basis, plan };
    }
    return device.plan.plan;
  }

  #send(device: Device): void {
    const { record } = device;
    if (record === undefined || !isMember(record, device.account)) return;
    const plan = this.#planOf(device, record);
    let distribution = this.#distribution(device, record, plan);
    if (distribution.kind === 'rotate') {
      this.#tally.rotated++;
      const senderKey = createSenderKey({ random: this.#random });
      const holders = createKeyHolders({ group: GROUP, senderKey, now: this.#now });
      device.key = { senderKey, holders };
      distribution = this.#distribution(device, record, plan);
    }
    const { key } = device;
    if (key === undefined) throw new Error('no key after a rotation');
    if (distribution.kind === 'distribute') this.#distribute(device, key, distribution.to);
    if (distribution.kind === 'current') this.#tally.current++;
    device.previous = distribution;
    this.#encrypt(device, record, distribution);
  }

  #distribution(device: Device, record: GroupRecord, plan: GroupSendPlan): DistributionPlan {
    const { key, previous } = device;
    return planDistribution({
      record,
      plan,
      ...(key === undefined ? {} : { key }),
      ...(previous === undefined ? {} : { previous }),
      now: this.#now,
    });
  }

  #distribute(
    device: Device,
    { senderKey, holders }: GroupKey,
    to: Parameters<typeof addKeyHolders>[0]['to'],
  ): void {
    const bytes = senderKeyDistribution({ senderKey });
    const sealed = to.map((target) => target.device);
    for (const address of sealed)
      this.#flying.push({ kind: 'key', from: device, to: this.#at(address), bytes });
    device.key = { senderKey, holders: addKeyHolders({ holders, to, sealed }) };
  }

  #encrypt(device: Device, record: GroupRecord, distribution: DistributionPlan): void {
    const { key } = device;
    if (key === undefined) throw new Error('no key');
    const readers = this.#devices.filter(
      (other) => !other.isGone && other !== device && record.group.members.includes(other.account),
    );
    const holders = key.holders.devices.map((holder) => holder.device).sort();
    if (
      holders.join() !==
      readers
        .map(({ address }) => address)
        .sort()
        .join()
    )
      throw new Error('the key is with others than those who may read');
    const encrypted = encryptGroupMessage({
      record,
      distribution,
      key,
      messageId: `${this.#posts.length}`,
      format,
      content: {},
      metadata: {},
      random: this.#random,
    });
    device.key = encrypted.key;
    const { message } = encrypted;
    const { keyId } = key.holders;
    const post: Post = { from: device, keyId, message, readers: new Set(readers) };
    this.#posts.push(post);
    this.#tally.sent++;
    for (const to of readers) this.#flying.push({ kind: 'post', from: device, to, post });
  }

  #at(address: Address): Device {
    const found = this.#devices.find((device) => !device.isGone && device.address === address);
    if (found === undefined) throw new Error(`no device ${address}`);
    return found;
  }

  #take(which: number): Parcel | undefined {
    const place = which % Math.max(1, this.#flying.length);
    const parcel = this.#flying[place];
    this.#flying = this.#flying.filter((other) => other !== parcel);
    return parcel;
  }

  #deliver(parcel: Parcel | undefined): void {
    if (parcel === undefined) return;
    switch (parcel.kind) {
      case 'update':
        this.#update(parcel.to, parcel.from.account, parcel.bytes);
        return;
      case 'key':
        if (!this.#accept(parcel)) this.#flying.push(parcel); // it asks again, and gets it again
        return;
      case 'post':
        if (!this.#read(parcel.to, parcel.post)) this.#flying.push(parcel); // it waits
    }
  }

  #update(to: Device, author: Address, bytes: Uint8Array): void {
    const { record } = to;
    const update = decodeGroupUpdate(bytes);
    if (update.kind === 'state') {
      const known = record === undefined ? {} : { record };
      const joined = joinGroup({ group: update.group, author, own: to.account, ...known });
      if (joined.kind === 'refused') return;
      to.record = joined.record;
      for (const early of to.early.splice(0)) this.#update(to, early.author, early.bytes);
      return;
    }
    if (update.kind !== 'change') throw new Error(update.kind);
    if (record === undefined) {
      to.early.push({ author, bytes });
      return;
    }
    const applied = applyGroupChange({ record, change: update.change, author });
    if (applied.kind !== 'refused') to.record = applied.record;
  }

  /** Whether the key was taken. A device that is gone takes whatever it gets, and asks no rules. */
  #accept({ to, from, bytes: message }: Parcel & { readonly bytes: Uint8Array }): boolean {
    const { address: sender } = from;
    const received = to.received.get(nameOf(from));
    const known = received === undefined ? {} : { received };
    if (to.isGone || to.record === undefined) {
      const binding = { group: GROUP, sender, ...known };
      to.received.set(
        nameOf(from),
        acceptSenderKeyDistribution({ ...binding, distribution: message }).received,
      );
      return true;
    }
    const distribution = { groupId: GROUP, message };
    const accepted = acceptGroupKey({ record: to.record, distribution, sender, ...known });
    if (accepted.kind === 'refused') return false;
    to.received.set(nameOf(from), accepted.received);
    return true;
  }

  /** Whether a device has read a message that it may read, or never will. */
  #read(to: Device, post: Post): boolean {
    if (to.isGone) return true;
    if (to.record === undefined || !isMember(to.record, post.from.account)) return false;
    if (!this.#opens(to, post)) return false;
    if (to.read.has(post)) throw new Error('read twice');
    to.read.add(post);
    this.#tally.read++;
    return true;
  }

  /** Whether a device can open a message, whatever the rules say; what it reads is stored. */
  #opens(device: Device, { from, message }: Post): boolean {
    const received = device.received.get(nameOf(from));
    if (received === undefined) return false;
    try {
      const opened = decryptSenderKey({ received, group: GROUP, sender: from.address, message });
      device.received.set(nameOf(from), opened.received);
      return true;
    } catch (error) {
      if (PolyratchetError.is(error)) return false;
      throw error;
    }
  }

  end(): void {
    for (let round = 0; round < 3; round++) {
      const flying = this.#flying;
      this.#flying = [];
      const order = { update: 0, key: 1, post: 1 } as const;
      for (const parcel of [...flying].sort((a, b) => order[a.kind] - order[b.kind])) this.#deliver(parcel);
    }
    if (this.#isDecided) this.#agree();
    for (const post of this.#posts) for (const device of this.#devices) this.#check(device, post);
  }

  /** Who is a member in the end knows the truth, or hears it from an admin. */
  #agree(): void {
    const { group, hash } = this.#truth;
    for (const device of this.#devices) {
      const { record, account: own } = device;
      if (device.isGone || !group.members.includes(own) || record?.hash.join() === hash.join()) continue;
      this.#tally.asked++;
      const known = record === undefined ? {} : { record };
      const others = this.#devices.filter((other) => other.account === own && !other.isGone);
      const isAmongOurs = others.some((other) => other.record?.hash.join() === hash.join());
      const asked = [...group.admins, ...(isAmongOurs ? [own] : [])];
      const answers = asked.map((author) => joinGroup({ group, author, own, asked: true, ...known }));
      const taken = answers.find(({ kind }) => kind !== 'refused');
      if (taken !== undefined) continue;
      // Nobody is left whom it knows as an admin, or its branch went further before it lost: a later state will do.
      this.#tally.stranded++;
      const isKnown = group.admins.some((admin) => record?.group.admins.includes(admin));
      const isLate = group.version >= (record?.base.version ?? 0);
      if ((isKnown || isAmongOurs) && isLate)
        throw new Error(`${device.address} can ask nobody ${JSON.stringify(answers)}`);
    }
  }

  #check(device: Device, post: Post): void {
    if (device === post.from) return;
    if (!post.readers.has(device)) {
      if (this.#opens(device, post)) throw new Error(`${device.address} reads what it may not`);
      this.#tally.closed++;
      return;
    }
    if (device.isGone || device.read.has(post)) return;
    // It was lost on its way, its sender is no member in the device's eyes, or five newer keys have pushed its key out.
    const received = device.received.get(nameOf(post.from));
    if (received?.states.some(({ keyId }) => keyId === post.keyId) === true) {
      if (!this.#opens(device, post)) throw new Error(`${device.address} cannot read what it may`);
      return;
    }
    if (device.record !== undefined && !isMember(device.record, post.from.account)) return;
    if ((received?.states.length ?? 0) < 5)
      throw new Error(`${device.address} has no key of ${post.from.address}`);
  }
}

/** A device of an address that another had before has keys of its own. */
function nameOf({ address, edition }: Device): string {
  return `${address} ${edition}`;
}

function addressOf(account: Address, number: number): Address {
  return number === 0 ? account : account.replace('@', `:${number}@`);
}

function pick<Item>(items: readonly Item[], which: number): Item {
  const item = items[which % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
