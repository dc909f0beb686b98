/** People with phones and companions, on a server in memory that a test looks into, in a time that it owns. */
import {
  accountOf,
  PolyratchetError,
  type Address,
  type Envelope,
  type SentMessageResult,
  type ServerAccess,
} from 'polyratchet';
import { createMemoryServer, type MemoryServer } from 'polyratchet/memory';
import { seededRandom } from '../support/random.js';
import { Ciphertexts } from './ciphertexts.js';
import { ManualClock, settled } from './clock.js';
import { Device, type DeviceOptions } from './device.js';

export const NOW = Date.UTC(2026, 8, 1);
export const HOUR_MS: number = 60 * 60 * 1000;
export const DAY_MS: number = 24 * HOUR_MS;

const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

/** What a test can say about a device. */
export type DeviceExtras = Omit<Partial<DeviceOptions>, 'seed'>;

/** A message that was sent, and who is to show it. */
interface Sent {
  /** Its sender's account, and its id. */
  readonly name: string;
  readonly text: string;
  readonly recipients: readonly Device[];
}

export class World {
  readonly clock = new ManualClock(NOW);
  readonly server: MemoryServer = createMemoryServer({ clock: this.clock, random: seededRandom(99) });
  readonly ciphertexts = new Ciphertexts();
  readonly devices: Device[] = [];
  readonly sent: Sent[] = [];
  /** Ids of messages for which a device may ask again. */
  readonly retried = new Set<string>();
  /** Accounts whose lists the server withholds. */
  readonly hidden = new Set<Address>();
  /** Calls that fail the next time. */
  readonly failing = new Set<'send'>();
  #seeds = 0;
  /** What the server makes of envelopes that it was given. */
  tamper: (envelope: Envelope) => Envelope = (envelope) => envelope;

  /** A device that is nobody yet. */
  device(extras: DeviceExtras = {}): Device {
    const device = new Device({
      clock: this.clock,
      server: this.access(),
      seed: ++this.#seeds,
      ...extras,
    });
    this.devices.push(device);
    return device;
  }

  /** The server as devices reach it: looked at, and not always honest. */
  access(): ServerAccess {
    return this.ciphertexts.watch({
      connectUnlinked: () => this.server.connectUnlinked(),
      connect: (address) => {
        const connection = this.server.connect(address);
        return {
          ...connection,
          fetchDeviceLists: (accounts) =>
            connection.fetchDeviceLists(accounts.filter((account) => !this.hidden.has(account))),
          send: async (envelopes, options) => {
            if (this.failing.delete('send')) throw new Error('out of order');
            return connection.send(
              envelopes.map((envelope) => this.tamper(envelope)),
              options,
            );
          },
        };
      },
    });
  }

  /** A device is switched off for good. */
  async retire(device: Device): Promise<void> {
    await this.run(device.client.close());
    this.devices.splice(this.devices.indexOf(device), 1);
  }

  /** The phone of a new account. */
  async register(account: Address, extras?: DeviceExtras): Promise<Device> {
    const device = this.device(extras);
    await this.run(registerDevice(device, account));
    return device;
  }

  /** A new account with companions: the phone first. */
  async person(account: Address, devices: number, extras?: DeviceExtras): Promise<readonly Device[]> {
    const phone = await this.register(account, extras);
    const all = [phone];
    while (all.length < devices) all.push(await this.link(phone, extras));
    return all;
  }

  /** A new companion of a phone. */
  async link(phone: Device, extras?: DeviceExtras): Promise<Device> {
    const companion = this.device(extras);
    await this.linkByQr(phone, companion);
    return companion;
  }

  async linkByQr(phone: Device, companion: Device): Promise<void> {
    await this.#linkUntilDone(phone, companion, async () => {
      const pending = await companion.perform(unlessLinked((client) => client.offerLink(LABELS)));
      if (pending === undefined) return;
      const { qr, linked } = pending;
      const approved = phone.perform((client) =>
        tolerant(client.approveLink({ qr, userConfirmed: this.#consent() })),
      );
      await this.#linked(companion, linked, approved);
    });
  }

  async linkByCode(phone: Device, companion: Device): Promise<void> {
    const account = await this.run(phone.address());
    await this.#linkUntilDone(phone, companion, async () => {
      const pending = await companion.perform(
        unlessLinked((client) => client.offerLinkByCode({ ...LABELS, account })),
      );
      if (pending === undefined) return;
      const { code, linked } = pending;
      const approved = phone.perform(async (client) => {
        const offer = (await client.linkOffers()).at(-1);
        const ref = offer === undefined ? {} : { ref: offer.ref };
        await tolerant(client.approveLinkByCode({ code, ...ref, userConfirmed: this.#consent() }));
      });
      await this.#linked(companion, linked, approved);
    });
  }

  /** Waits for the companion, and for the phone as long as the companion does. */
  async #linked(companion: Device, linked: Promise<Address>, approved: Promise<unknown>): Promise<void> {
    const { dead } = companion.process;
    await Promise.race([Promise.all([tolerant(linked), approved]), dead]);
  }

  /** As two people would: they begin again until both devices say that it is done. */
  async #linkUntilDone(phone: Device, companion: Device, attempt: () => Promise<void>): Promise<void> {
    for (let attempts = 0; attempts < 4; attempts++) {
      await this.run(attempt());
      const address = await this.run(companion.perform((client) => client.address()));
      if (address === undefined) continue;
      await this.run(companion.perform((client) => client.connect()));
      // A phone that was restarted goes on with the link at its next upkeep.
      for (let waits = 0; waits < 3; waits++) {
        const linked = await this.run(phone.perform((client) => client.linkedDevices()));
        if (linked.some((device) => device.address === address)) return;
        await this.clock.advance(60_000);
      }
      throw new Error('the companion is linked, and the phone does not know it');
    }
    throw new Error('the devices could not be linked');
  }

  #consent(): { method: 'pin'; at: number } {
    return { method: 'pin', at: this.clock.now() };
  }

  /** Sends a text; its id is new unless given. */
  async send(from: Device, to: Address, text: string, id?: string): Promise<SentMessageResult> {
    const body = new TextEncoder().encode(text);
    const chosen = id ?? `message ${this.sent.length}`;
    const sender = accountOf(await this.run(from.address()));
    const recipients = [...(await this.members())]
      .filter(([address, device]) => device !== from && [sender, to].includes(accountOf(address)))
      .map(([, device]) => device);
    this.sent.push({ name: `${sender} ${chosen}`, text, recipients });
    return this.run(from.perform((client) => client.send({ to, body, id: chosen })));
  }

  /** Waits for something, and lets as much time pass as it takes. */
  run<Result>(action: Promise<Result>): Promise<Result> {
    return this.clock.until(action);
  }

  /** Waits until nothing is under way, without letting time pass. */
  async settled(): Promise<void> {
    await settled();
    await settled();
  }

  /** Sends what has waited, and lets everybody do what a minute and an hour bring. */
  async finish(): Promise<void> {
    for (const device of this.devices) {
      await this.run(device.ready);
      if ((await this.run(device.perform(currentAddress))) === undefined) continue;
      await this.run(device.perform((client) => client.connect()));
    }
    await this.clock.advance(61_000);
    await this.settled();
  }

  /** The devices by address; those that were logged out have none. */
  async members(): Promise<ReadonlyMap<Address, Device>> {
    const members = new Map<Address, Device>();
    for (const device of this.devices) {
      const address = await this.run(device.perform(currentAddress));
      if (address !== undefined) members.set(address, device);
    }
    return members;
  }

  /** What went wrong with the messages that were sent: each is shown on every device of both sides but the sender's. */
  async faults(): Promise<Faults> {
    const faults = {
      lost: 0,
      doubled: 0,
      strange: 0,
      repeated: this.ciphertexts.repeated(this.retried),
      reusedKeys: this.ciphertexts.reused,
      untold: 0,
    };
    for (const device of (await this.members()).values()) {
      const due = new Map(
        this.sent
          .filter(({ recipients }) => recipients.includes(device))
          .map(({ name, text }) => [name, text]),
      );
      for (const [name, text] of due) if (device.shown.get(name)?.text !== text) faults.lost++;
      for (const name of device.shown.keys()) if (!due.has(name)) faults.strange++;
      faults.doubled += device.rekeyed;
      faults.untold += device.neverTold;
    }
    return faults;
  }
}

/** What must never happen. */
export interface Faults {
  /** Messages that a device was not told of, or told wrongly. */
  readonly lost: number;
  /** Messages that the inbox had twice. */
  readonly doubled: number;
  /** Messages that nobody has sent. */
  readonly strange: number;
  /** Messages that were encrypted again for a device that has not asked. */
  readonly repeated: number;
  /** Message keys with two ciphertexts. */
  readonly reusedKeys: number;
  /** Events that were written until they are told, and that no life of the device has told. */
  readonly untold: number;
}

export const NO_FAULTS: Faults = { lost: 0, doubled: 0, strange: 0, repeated: 0, reusedKeys: 0, untold: 0 };

type AnyClient = Device['client'];

const currentAddress = async (client: AnyClient): Promise<Address | undefined> => {
  try {
    return await client.address();
  } catch (error) {
    // A device that was logged out is closed.
    if (PolyratchetError.is(error, 'closed')) return undefined;
    throw error;
  }
};

export function registerDevice(device: Device, account: Address): Promise<void> {
  return device.perform(async (client) => {
    if ((await client.address()) === undefined) await client.register(account);
    else await client.connect();
  });
}

function unlessLinked<Result>(
  offer: (client: AnyClient) => Promise<Result>,
): (client: AnyClient) => Promise<Result | undefined> {
  return async (client) => ((await client.address()) === undefined ? offer(client) : undefined);
}

/** People try again where a link has failed. */
async function tolerant(link: Promise<unknown>): Promise<void> {
  try {
    await link;
  } catch (error) {
    if (!PolyratchetError.is(error) || !/^(link-|server-failed|invalid-argument)/.test(error.code))
      throw error;
  }
}
