/**
 * A primary that links, unlinks and registers anew, a server that delays, repeats, mixes and forges what it published, and
 * contacts that believe none of it unsigned.
 *
 * What must hold is written down by the model itself, from what the primary has done and not from what the library says.
 */
import {
  acceptedDevices,
  addCompanion,
  compareDeviceListMetadata,
  confirmCompanion,
  createDeviceListMetadata,
  createOwnDevices,
  deviceListOf,
  encodeDeviceList,
  LIST_LIFETIME_MS,
  MAX_COMPANIONS,
  mergeDeviceList,
  NEWER_LIST_GRACE_MS,
  removeAllCompanions,
  removeCompanion,
  renewOwnDevices,
  type DeviceListAnswer,
  type DeviceListRecord,
  type OwnDevices,
} from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import { generateIdentity, type Identity } from 'polyratchet/identity';
import {
  ALICE,
  answerOf,
  BOTH_AT,
  HOUR,
  laptop,
  listBy,
  NOW,
  phone,
  random,
  signedFor,
  signerAt,
  stranger,
  tablet,
} from './lists.js';

export const CONTACTS = 3;

/** One thing that happens; numbers choose among what there is. */
export type Step =
  | { readonly kind: 'link' | 'renew' | 'unlink-all' | 're-register' }
  | { readonly kind: 'unlink'; readonly which: number }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'deliver'; readonly contact: number; readonly age: number; readonly order: number }
  | { readonly kind: 'forge'; readonly contact: number; readonly how: number; readonly age: number }
  | { readonly kind: 'hint'; readonly contact: number };

interface Contact {
  record: DeviceListRecord | undefined;
  /** The newest list that it was told of, and since when it waits for one. */
  told: { timestamp: number; since: number } | undefined;
  /** Time of the newest list that it has taken. */
  newest: number;
}

/** What the primary has done with a device. */
interface Deed {
  readonly identity: Uint8Array;
  readonly keyIndex: number;
  readonly rawId: number;
  /** Time of the first list without it. */
  removed: number;
  /** End of life of the last list that allowed it. */
  bound: number;
}

/** Identities to link, made once: they are dear on noble. */
const pool: readonly Identity[] = [
  laptop,
  tablet,
  ...Array.from({ length: 4 }, () => generateIdentity(random)),
];

export interface Tally {
  steps: number;
  accepted: number;
  refused: number;
  merged: number;
}

/** Walks through steps, and throws at the first violation. */
export function walkLists(
  steps: readonly Step[],
  tally: Tally = { steps: 0, accepted: 0, refused: 0, merged: 0 },
): Tally {
  const world = new World(tally);
  for (const step of steps) {
    world.take(step);
    tally.steps++;
    world.check();
  }
  world.end();
  return tally;
}

class World {
  readonly #tally: Tally;
  #now = BOTH_AT;
  #own: OwnDevices = createOwnDevices({ account: ALICE, ...signerAt(NOW) }).devices;
  #next = 0;
  readonly #published: DeviceListAnswer[] = [];
  readonly #deeds: Deed[] = [];
  readonly #contacts: readonly Contact[] = Array.from({ length: CONTACTS }, () => ({
    record: undefined,
    told: undefined,
    newest: 0,
  }));

  constructor(tally: Tally) {
    this.#tally = tally;
    this.#publish(this.#own);
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'link':
        if (this.#own.companions.length < MAX_COMPANIONS) this.#link();
        return;
      case 'unlink': {
        const { companions } = this.#own;
        const companion = companions[step.which % Math.max(1, companions.length)];
        if (companion === undefined) return;
        const { keyIndex } = companion;
        this.#publish(removeCompanion({ devices: this.#own, keyIndex, ...this.#signer() }).devices);
        return;
      }
      case 'unlink-all':
        this.#publish(removeAllCompanions({ devices: this.#own, ...this.#signer() }).devices);
        return;
      case 'renew':
        this.#publish(renewOwnDevices({ devices: this.#own, ...this.#signer() }).devices);
        return;
      case 're-register':
        this.#publish(createOwnDevices({ account: ALICE, previous: this.#own, ...this.#signer() }).devices);
        return;
      case 'wait':
        this.#now += step.hours * HOUR;
        return;
      case 'deliver':
        this.#deliver(step.contact, shuffled(this.#pick(step.age), step.order));
        return;
      case 'forge':
        this.#deliver(step.contact, forge(this.#pick(step.age), this.#pick(0), step.how));
        return;
      case 'hint':
        this.#hint(this.#contacts[step.contact]!);
    }
  }

  /** Nobody accepts what was never signed, nor what was revoked beyond its bounds; the primary always counts. */
  check(): void {
    for (const { record, told, newest } of this.#contacts) {
      if (record === undefined) continue;
      const { devices } = acceptedDevices({ record, now: this.#now });
      if (devices[0]?.identity.join() !== phone.publicKey.join()) throw new Error('the primary must count');
      const rawId = record.list.kind === 'signed' ? record.list.details.rawId : undefined;
      for (const { keyIndex, identity } of devices.slice(1)) {
        this.#tally.accepted++;
        const deed = this.#deeds.find(
          (known) =>
            known.rawId === rawId && known.keyIndex === keyIndex && known.identity.join() === identity.join(),
        );
        if (deed === undefined) throw new Error(`a device that was never signed: ${keyIndex}`);
        if (newest >= deed.removed) throw new Error(`a device that is known to be removed: ${keyIndex}`);
        if (this.#now > deed.bound) throw new Error(`a device beyond the life of its list: ${keyIndex}`);
        if (deed.bound < Infinity && told !== undefined && this.#now > told.since + NEWER_LIST_GRACE_MS) {
          throw new Error(`a removed device beyond the grace: ${keyIndex}`);
        }
      }
    }
  }

  /** When all have the newest list, all know the same. */
  end(): void {
    this.take({ kind: 'renew' });
    const truth = acceptedDevices({ record: deviceListOf(this.#own), now: this.#now });
    for (const [i, contact] of this.#contacts.entries()) {
      this.#deliver(i, this.#pick(0));
      if (contact.record === undefined) throw new Error('the newest list must be taken');
      const { kind, devices } = acceptedDevices({ record: contact.record, now: this.#now });
      if (kind !== 'complete' || JSON.stringify(devices) !== JSON.stringify(truth.devices)) {
        throw new Error(`contact ${i} knows other devices`);
      }
    }
  }

  #signer() {
    return signerAt(this.#now);
  }

  #link(): void {
    const linked = this.#own.companions.map(({ identity }) => identity.join());
    const free = pool.filter(({ publicKey }) => !linked.includes(publicKey.join()));
    const companion = free[this.#next++ % free.length]!;
    const companionIdentity = companion.publicKey;
    const { devices, companion: added } = addCompanion({
      devices: this.#own,
      companionIdentity,
      ...this.#signer(),
    });
    const { rawId, timestamp } = devices;
    const { keyIndex } = added;
    const signedIdentity = signedFor({ rawId, timestamp, keyIndex }, companion);
    this.#deeds.push({ identity: companionIdentity, keyIndex, rawId, removed: Infinity, bound: Infinity });
    const taken = devices.companions.map(({ link }) => (link.kind === 'confirmed' ? link.device : 0));
    const device = [1, 2, 3, 4].find((number) => !taken.includes(number)) ?? 5; // numbers are given again
    this.#publish(confirmCompanion({ devices, keyIndex, device, signedIdentity }));
  }

  #publish(next: OwnDevices): void {
    const end = this.#own.timestamp + LIST_LIFETIME_MS;
    for (const deed of this.#deeds) {
      const stays =
        next.rawId === deed.rawId && next.companions.some(({ keyIndex }) => keyIndex === deed.keyIndex);
      if (stays || deed.removed < Infinity) continue;
      deed.removed = next.timestamp;
      deed.bound = end;
    }
    this.#own = next;
    this.#published.push(answerOf(next));
  }

  #pick(age: number): DeviceListAnswer {
    return this.#published[this.#published.length - 1 - (age % this.#published.length)]!;
  }

  #deliver(i: number, answer: DeviceListAnswer): void {
    const contact = this.#contacts[i]!;
    const { record } = contact;
    const before = record === undefined ? undefined : encodeDeviceList(record).join();
    try {
      const known = record === undefined ? {} : { record };
      const pinned = { primaryIdentity: phone.publicKey };
      contact.record = mergeDeviceList({
        account: ALICE,
        ...known,
        ...pinned,
        answer,
        now: this.#now,
      }).record;
      this.#tally.merged++;
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      this.#tally.refused++;
      if (record !== undefined && encodeDeviceList(record).join() !== before)
        throw new Error('a refusal changed state', { cause: error });
    }
    this.#settle(contact);
  }

  /** The primary, or whoever it has linked, writes to the contact. */
  #hint(contact: Contact): void {
    if (contact.record === undefined) return;
    const metadata = createDeviceListMetadata({ sender: deviceListOf(this.#own), now: this.#now });
    const device = this.#own.companions.length > 0 ? 1 : 0;
    const { sender } = compareDeviceListMetadata({
      metadata,
      sender: contact.record,
      device,
      now: this.#now,
    });
    const isTold = metadata.senderTimestamp !== undefined; // a primary that is long alone says nothing
    if (sender.kind === 'differs' && isTold) throw new Error('honest lists must not differ');
    if ('record' in sender) contact.record = sender.record;
    const { timestamp } = this.#own;
    if (isTold && timestampOf(contact.record) < timestamp) {
      contact.told = { timestamp, since: contact.told?.since ?? this.#now };
    }
    this.#settle(contact);
  }

  #settle(contact: Contact): void {
    const { told, record } = contact;
    if (record !== undefined) contact.newest = Math.max(contact.newest, timestampOf(record));
    if (told !== undefined && record !== undefined && timestampOf(record) >= told.timestamp)
      contact.told = undefined;
  }
}

const timestampOf = ({ list }: DeviceListRecord): number =>
  list.kind === 'signed' ? list.details.timestamp : list.floor;

function shuffled(answer: DeviceListAnswer, order: number): DeviceListAnswer {
  const devices = [...answer.devices];
  const turned = devices.map((_, i) => devices[(i + order) % devices.length]!);
  return { ...answer, devices: order % 2 === 0 ? turned : turned.slice(0, -1) };
}

/** Signed by somebody else, who is nobody's primary. */
const evil = {
  list: listBy(stranger, { rawId: 1, timestamp: NOW, currentIndex: 1, validIndexes: [1] }),
  device: signedFor({ rawId: 1, timestamp: NOW, keyIndex: 1 }, tablet, stranger),
};

/** How the server lies; none of it needs a key of the primary's. */
const forgeries: readonly ((old: DeviceListAnswer, fresh: DeviceListAnswer) => DeviceListAnswer)[] = [
  (old) => ({ ...old, signedList: evil.list }),
  (old) => ({ ...old, signedList: flipped(old.signedList ?? evil.list) }),
  (old) => ({
    ...old,
    devices: [...old.devices, { device: 9, identity: tablet.publicKey, signedIdentity: evil.device }],
  }),
  (old) => ({ ...old, devices: [...old.devices, { device: 9, keyIndex: 1, identity: stranger.publicKey }] }),
  (old) => ({
    ...old,
    devices: old.devices.map((claim) => ({ ...claim, keyIndex: (claim.keyIndex ?? 0) + 1 })),
  }),
  (old) => ({
    ...old,
    devices: old.devices.map((claim) =>
      claim.device === 0 ? claim : { ...claim, identity: stranger.publicKey },
    ),
  }),
  (old, fresh) => ({ ...fresh, devices: old.devices }),
  (old, fresh) => ({ ...old, devices: [...fresh.devices, ...old.devices] }),
  (old) => ({ devices: old.devices }),
  (old) => ({
    ...old,
    devices: old.devices.map((claim) => ({ ...claim, device: claim.device === 0 ? 0 : 10 - claim.device })),
  }),
];

export const FORGERIES: number = forgeries.length;

function forge(old: DeviceListAnswer, fresh: DeviceListAnswer, how: number): DeviceListAnswer {
  return forgeries[how % forgeries.length]?.(old, fresh) ?? old;
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 4 ? byte ^ 1 : byte));
}
