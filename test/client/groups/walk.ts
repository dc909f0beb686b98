/**
 * People who write to a group, change it, link and unlink devices and crash, on a network that mixes, repeats and loses.
 *
 * Who may read a message is written down when it is sent: all devices of those whom its sender sees in the group. Whoever
 * has a device that is gone opens none of the others at the end; and everybody else has shown all of theirs, but for those
 * of senders who are no members any more in their eyes.
 */
import fc from 'fast-check';
import { accountOf, PolyratchetError, type Address, type Envelope } from 'polyratchet';
import { groupHash, type Group } from 'polyratchet/group';
import { decodeIdentity } from 'polyratchet/identity';
import type { MemoryStore } from 'polyratchet/memory';
import { equalBytes, toHex } from '../../../src/core/bytes.js';
import type { Device } from '../device.js';
import { HOUR_MS } from '../world.js';
import { opened } from './attacker.js';
import { act, ALICE, BOB, CAROL, DAVE, GroupWorld, groupsOf, say, WITH_GROUPS } from './people.js';

const PEOPLE = [ALICE, BOB, CAROL, DAVE];
const GROUP = 'friends@groups.example.org';

/** One thing that happens; numbers choose among what there is. */
export interface Act {
  readonly kind: 'send' | 'change' | 'link' | 'unlink' | 'crash' | 'deliver' | 'wait';
  readonly who: number;
  readonly what: number;
  readonly whom: number;
}

/** Walks of so many steps. */
export function acts(steps: number): fc.Arbitrary<readonly Act[]> {
  const kinds = [
    ...Array.from({ length: 8 }, () => 'send' as const),
    ...Array.from({ length: 3 }, () => 'change' as const),
    ...(['link', 'unlink', 'crash', 'crash', 'deliver', 'deliver', 'wait'] as const),
  ];
  const number = fc.nat(999);
  const one = fc.record({ kind: fc.constantFrom(...kinds), who: number, what: number, whom: number });
  return fc.array(one, { minLength: steps, maxLength: steps, size: 'max' });
}

/** What walks have met. */
export interface Tally {
  sent: number;
  shown: number;
  /** Messages of senders who were gone when they came. */
  refused: number;
  changes: number;
  forks: number;
  gone: number;
  /** Messages that did not open for who is gone. */
  closed: number;
  crashes: number;
  mixed: number;
  repeated: number;
  lostKeys: number;
}

export function newTally(): Tally {
  return {
    sent: 0,
    shown: 0,
    refused: 0,
    changes: 0,
    forks: 0,
    gone: 0,
    closed: 0,
    crashes: 0,
    mixed: 0,
    repeated: 0,
    lostKeys: 0,
  };
}

/** A device that is gone, and what was sent to it. */
interface Gone {
  readonly device: Device;
  readonly address: Address;
  readonly identity: string;
  readonly store: MemoryStore;
  /** Messages whose senders had not heard of it. */
  readonly unheard: Set<string>;
}

/** Walks through acts, and throws at the first violation. */
export async function walk(steps: readonly Act[], tally: Tally): Promise<void> {
  const party = new Walk(tally);
  await party.begin();
  for (const step of steps) await party.take(step);
  await party.end();
}

class Walk {
  readonly #tally: Tally;
  readonly #world = new GroupWorld();
  readonly #gone: Gone[] = [];
  /** Who was removed at some time, or has left. */
  readonly #wereOut = new Set<Address>();
  readonly #senders = new Map<string, Device>();
  #kept: Envelope[] = [];
  /** Decides what becomes of each envelope: the same each time. */
  #dice = 1;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  async begin(): Promise<void> {
    for (const account of PEOPLE) await this.#world.register(account, WITH_GROUPS);
    const [alice] = this.#world.devices;
    if (alice === undefined) throw new Error('nobody is there');
    await act(this.#world, alice, (groups) => groups.create({ id: GROUP, members: [BOB, CAROL] }));
    await this.#world.settled();
    this.#world.mail = (envelope) => this.#carry(envelope);
  }

  async take({ kind, who, what, whom }: Act): Promise<void> {
    const world = this.#world;
    const device = pick(world.devices, who);
    this.#dice += what + 1;
    if (kind === 'crash') {
      this.#tally.crashes++;
      const boundary = what % 2 === 0 ? 'store' : 'server';
      device.process.arm({ boundary, call: 1 + (whom % 4), moment: what % 3 === 0 ? 'before' : 'after' });
      return;
    }
    switch (kind) {
      case 'send':
        await this.#send(device, `text ${this.#tally.sent}`);
        break;
      case 'change':
        await this.#change(who, what, pick(PEOPLE, whom));
        break;
      case 'link': {
        await this.#deliver(); // a link is not what is walked here
        const phone = await this.#phoneOf(pick(PEOPLE, whom));
        phone.process.arm();
        if ((await world.run(phone.perform((client) => client.linkedDevices()))).length < 2)
          await world.link(phone, WITH_GROUPS);
        break;
      }
      case 'unlink':
        await this.#unlink(device);
        break;
      case 'deliver':
        await this.#deliver();
        break;
      case 'wait':
        await world.clock.advance((1 + (what % 3)) * HOUR_MS);
    }
    await world.settled();
  }

  /** What the network does with an envelope: the first time it may be kept back, repeated or, if it is a key, lost. */
  #carry(envelope: Envelope): readonly Envelope[] {
    this.#dice = (this.#dice * 1_103 + 12_345) % 65_536;
    switch (this.#dice % 10) {
      case 0:
      case 1:
        this.#kept.push(envelope);
        this.#tally.mixed++;
        return [];
      case 2:
        this.#tally.repeated++;
        return [envelope, envelope];
      case 3:
        if (!this.#world.keyIds.has(envelope.id)) return [envelope];
        this.#tally.lostKeys++;
        return [];
      default:
        return [envelope];
    }
  }

  async #deliver(): Promise<void> {
    const world = this.#world;
    const { mail } = world;
    const kept = this.#kept;
    this.#kept = [];
    await world.deliver(
      ...kept.filter((_, i) => i % 2 === 1),
      ...kept.filter((_, i) => i % 2 === 0).reverse(),
    );
    world.mail = mail;
  }

  async #send(device: Device, text: string): Promise<void> {
    if (!(await this.#isIn(device))) return;
    const unheard = await this.#unheardBy(device);
    await say(this.#world, device, GROUP, text);
    const { name = '' } = this.#world.sent.at(-1) ?? {};
    this.#senders.set(name, device);
    for (const gone of unheard) gone.unheard.add(name);
    this.#tally.sent++;
  }

  /** The devices that are gone, and that count all the same as far as a device knows. */
  async #unheardBy(device: Device): Promise<readonly Gone[]> {
    const unheard: Gone[] = [];
    for (const gone of this.#gone) {
      const { devices } = await this.#world.run(
        device.perform((client) => client.devicesOf(accountOf(gone.address))),
      );
      if (devices.some(({ identity }) => toHex(identity) === gone.identity)) unheard.push(gone);
    }
    return unheard;
  }

  async #change(who: number, what: number, whom: Address): Promise<void> {
    const kind = pick(['add', 'add', 'add', 'remove', 'remove', 'promote', 'leave'] as const, what);
    const device = pick(kind === 'leave' ? this.#world.devices : await this.#admins(), who);
    const account = accountOf(await device.address());
    // Alice stays what she is, so that there is somebody to ask.
    if ((kind === 'leave' ? account : whom) === ALICE && kind !== 'add') return;
    try {
      await act(this.#world, device, (groups) =>
        kind === 'leave' ? groups.leave(GROUP) : groups[kind](GROUP, [whom]),
      );
      this.#tally.changes++;
    } catch (error) {
      // Whoever has died after it was done is told that it cannot be done again.
      if (!PolyratchetError.is(error, 'membership-conflict')) throw error;
    }
    const subject = kind === 'leave' ? account : whom;
    const state = await act(this.#world, device, (groups) => groups.get(GROUP)).catch(() => undefined);
    if (state?.members.includes(subject) === false) this.#wereOut.add(subject);
  }

  /** Devices of those who are admins in their own eyes. */
  async #admins(): Promise<readonly Device[]> {
    const admins: Device[] = [];
    for (const device of this.#world.devices) {
      const account = accountOf(await device.address());
      const state = await act(this.#world, device, (groups) => groups.get(GROUP)).catch(() => undefined);
      if (state?.admins.includes(account) === true) admins.push(device);
    }
    return admins;
  }

  async #unlink(device: Device): Promise<void> {
    const world = this.#world;
    const address = await device.address();
    if (address === accountOf(address)) return;
    await this.#deliver();
    const phone = await this.#phoneOf(accountOf(address));
    const store = device.store.snapshot();
    const record = (await store.read(['identity'])).get('identity')?.value ?? new Uint8Array();
    const identity = toHex(decodeIdentity(record).publicKey);
    this.#gone.push({ device, address, identity, store, unheard: new Set() });
    await world.retire(device);
    await world.run(
      phone.perform(async (client) => {
        const linked = await client.linkedDevices();
        if (linked.some((each) => each.address === address)) await client.unlink(address);
      }),
    );
    this.#tally.gone++;
  }

  /** Everybody gets everything, learns whatever it lacks, and is looked at. */
  async end(): Promise<void> {
    const world = this.#world;
    for (const { process } of world.devices) process.arm();
    for (let round = 0; round < 3; round++) {
      await this.#deliver();
      world.mail = (envelope) => [envelope];
      await world.finish();
      for (const device of world.devices) await this.#send(device, `round ${round}`);
      await world.clock.advance(2 * HOUR_MS);
    }
    await this.#agree();
    await this.#look();
    await this.#attack();
  }

  /** Those who are members in the eyes of Alice, who has been an admin all along, see what she sees. */
  async #agree(): Promise<void> {
    const stateOf = (device: Device): Promise<Group> =>
      act(this.#world, device, (groups) => groups.get(GROUP));
    const truth = await stateOf(await this.#phoneOf(ALICE));
    for (const device of this.#world.devices) {
      this.#tally.forks += device.of('group-changed').filter(({ lost }) => lost).length;
      const address = await device.address();
      if (!truth.members.includes(accountOf(address))) continue;
      if (!equalBytes(groupHash(await stateOf(device)), groupHash(truth)))
        throw new Error(`${address} sees another group`);
    }
  }

  async #look(): Promise<void> {
    const { devices, sent } = this.#world;
    const { reusedKeys, doubled, strange } = await this.#world.faults();
    if (reusedKeys + doubled + strange > 0) throw new Error(JSON.stringify({ reusedKeys, doubled, strange }));
    for (const { name, text, recipients } of sent) {
      const [account = '', ...id] = name.split(' ');
      for (const device of recipients.filter((each) => devices.includes(each))) {
        if (device.shown.get(name)?.text === text) this.#tally.shown++;
        else if (this.#isGone(name) || (await this.#isExcused(device, account, id.join(' '))))
          this.#tally.refused++;
        else throw new Error(`${await device.address()} has not shown ${name}`);
      }
    }
  }

  /**
   * Whether the sender of a message was no member in a device's eyes, when it came or for good; or the device was put out
   * itself before it could ask for a message whose key it had lost.
   */
  async #isExcused(device: Device, sender: Address, id: string): Promise<boolean> {
    const isAbout = (event: { readonly id: string; readonly from: Address }): boolean =>
      event.id === id && accountOf(event.from) === sender;
    if (device.of('refused').some(isAbout)) return true;
    const address = await device.address();
    if (
      this.#wereOut.has(accountOf(address)) &&
      (device.of('lost').some(isAbout) || this.#hasAsked(address, id))
    )
      return true;
    const state = await act(this.#world, device, (groups) => groups.get(GROUP)).catch(() => undefined);
    return state?.members.includes(sender) !== true;
  }

  /** Whether a device has asked for a message: who is put out before the answer gets none. */
  #hasAsked(device: Address, id: string): boolean {
    return this.#world.ciphertexts.envelopes.some(
      (envelope) => envelope.type === 'retry' && envelope.from === device && envelope.id === id,
    );
  }

  /** Whether a message came from a device that was unlinked since. */
  #isGone(name: string): boolean {
    return this.#gone.some(({ device }) => device === this.#senders.get(name));
  }

  async #attack(): Promise<void> {
    const { ciphertexts, sent } = this.#world;
    for (const { device, unheard, ...loot } of this.#gone) {
      const ids = await opened(this.#world, loot, ciphertexts.envelopes);
      for (const { name, recipients } of sent) {
        const id = name.slice(name.indexOf(' ') + 1);
        if (recipients.includes(device) || unheard.has(name)) continue;
        if (ids.has(id)) throw new Error(`${loot.address} opens ${name}`);
        this.#tally.closed++;
      }
    }
  }

  async #isIn(device: Device): Promise<boolean> {
    const account = accountOf(await this.#world.run(device.address()));
    return this.#world.run(
      device.perform(async (client) => {
        const groups = await groupsOf(client).list();
        return groups.some(({ id, members }) => id === GROUP && members.includes(account));
      }),
    );
  }

  async #phoneOf(account: Address): Promise<Device> {
    const phone = (await this.#world.members()).get(account);
    if (phone === undefined) throw new Error(`${account} has no phone`);
    return phone;
  }
}

function pick<Item>(items: readonly Item[], which: number): Item {
  const item = items[which % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
