/** People whose server lies: what it gets hold of, and what it makes them believe, is held against the truth. */
import {
  accountOf,
  PolyratchetError,
  type Address,
  type Envelope,
  type LinkingServer,
  type SentMessageResult,
  type Server,
  type ServerAccess,
} from 'polyratchet';
import { encodeContent } from 'polyratchet/content';
import { encryptFanout } from 'polyratchet/fanout';
import { createLyingServer, type Intruder, type LyingServer } from 'polyratchet/memory';
import { decrypt } from 'polyratchet/session';
import { expect } from 'vitest';
import { seededRandom } from '../../support/random.js';
import type { Device } from '../device.js';
import { World, type DeviceExtras, type Faults } from '../world.js';

export const ALICE = 'alice@example.org';
export const BOB = 'bob@example.org';
export const LAPTOP = 'alice:1@example.org';
export const TABLET = 'bob:1@example.org';

/** What no lie may bring about; that a message is encrypted again for who asks is no harm. */
export interface Harm extends Omit<Faults, 'repeated'> {
  /** Messages that stand in another chat than the one that they were written in. */
  readonly misplaced: number;
  /** Envelopes for devices that nobody has linked, or that a device of the server's can open. */
  readonly leaked: number;
}

/** How `send` says that the server has no keys of anybody who should read the message, or has swapped them all. */
const REFUSED_KEYS = ['untrusted-identity', 'invalid-signature', 'no-session'] as const;

export const NO_HARM: Harm = {
  lost: 0,
  doubled: 0,
  strange: 0,
  reusedKeys: 0,
  untold: 0,
  misplaced: 0,
  leaked: 0,
};

/** Says something else than a connection does. */
export type Distortion = (truth: Server, viewer: Address) => Partial<Server>;

/** A world on a lying server. */
export class LyingWorld extends World {
  override readonly server: LyingServer = createLyingServer({ clock: this.clock, random: seededRandom(99) });
  readonly #random = seededRandom(98);
  readonly #chats = new Map<string, Address>();
  readonly #linked = new Set<Address>();
  readonly #tried = new Map<Intruder, number>();
  readonly #opened = new Set<Envelope>();
  #injected = 0;
  #strangers = 0;
  /** Lies of a test's own, beside those that the server knows. */
  distort: Distortion = () => ({});
  /** Such lies to devices that want to be linked. */
  distortLinks: (truth: LinkingServer) => Partial<LinkingServer> = () => ({});

  override access(): ServerAccess {
    const access = super.access();
    return {
      connectUnlinked: () => distorted(access.connectUnlinked(), (truth) => this.distortLinks(truth)),
      connect: (address) => distorted(access.connect(address), (truth) => this.distort(truth, address)),
    };
  }

  override async send(from: Device, to: Address, text: string): Promise<SentMessageResult> {
    const id = `message ${this.sent.length}`;
    this.#chats.set(`${accountOf(await this.run(from.address()))} ${id}`, to);
    return super.send(from, to, text, id);
  }

  /** Sends, unless no device of the recipients has keys that the client may use: then nobody may ever read the message. */
  async attempt(from: Device, to: Address, text: string): Promise<boolean> {
    try {
      await this.send(from, to, text);
      return true;
    } catch (error) {
      if (!REFUSED_KEYS.some((code) => PolyratchetError.is(error, code))) throw error;
      this.sent.pop();
      return false;
    }
  }

  override async members(): Promise<ReadonlyMap<Address, Device>> {
    const members = await super.members();
    for (const address of members.keys()) this.#linked.add(address);
    return members;
  }

  /** Somebody who knows nobody. */
  stranger(): Promise<Device> {
    return this.register(`stranger${++this.#strangers}@example.org`);
  }

  /** The server tells the truth again, and everybody connects anew. */
  async truth(): Promise<void> {
    this.server.truth();
    this.distort = () => ({});
    this.distortLinks = () => ({});
    for (const device of this.devices) await this.run(device.client.disconnect());
    await this.finish();
    await this.finish();
  }

  /** A message of a device that the server has made up, delivered to one that is real unless other lies hide its keys. */
  async intrude(
    { identity, registrationId, address }: Intruder,
    to: Address,
    {
      from = address,
      deviceIdentity,
    }: { readonly from?: Address; readonly deviceIdentity?: Uint8Array } = {},
  ): Promise<boolean> {
    const bundle = (await this.server.connect('mallory@example.org').fetchBundles([to])).get(to);
    const id = `intrusion ${this.#injected++}`;
    const [outcome] = encryptFanout({
      identity,
      registrationId,
      plaintext: encodeContent({
        format: { form: 'payload' },
        content: { messageId: id, chat: accountOf(to), body: new TextEncoder().encode('trust me') },
      }),
      devices: [{ device: to, ...(bundle === undefined ? {} : { bundle }) }],
      random: this.#random,
      now: this.clock.now(),
    });
    if (outcome?.kind !== 'encrypted') return false;
    this.inject({
      id,
      from,
      to,
      ...outcome.message,
      at: this.clock.now(),
      ...(deviceIdentity === undefined ? {} : { deviceIdentity }),
    });
    await this.settled();
    return true;
  }

  /** Delivers an envelope that nobody has sent. */
  inject(envelope: Envelope): void {
    this.server.lie({ kind: 'inject', envelope })();
  }

  /** What the lies have brought about. */
  async harm(): Promise<Harm> {
    const members = await this.members();
    let misplaced = 0;
    for (const [address, { shown }] of members) {
      for (const [name, { message }] of shown) {
        const { chat, from } = message;
        const to = this.#chats.get(name);
        if (to === undefined) continue;
        const isOwn = accountOf(from) === accountOf(address);
        const wanted = isOwn ? { kind: 'outgoing', chat: to } : { kind: 'incoming', chat: accountOf(from) };
        if (chat.kind !== wanted.kind || chat.chat !== wanted.chat) misplaced++;
      }
    }
    const { repeated: _, ...faults } = await this.faults();
    return { ...faults, misplaced, leaked: this.#leaks() };
  }

  /** Envelopes that reach nobody who was linked, or that a device of the server's opens; each is tried once. */
  #leaks(): number {
    const { envelopes } = this.ciphertexts;
    for (const intruder of this.server.intruders()) {
      for (const envelope of envelopes.slice(this.#tried.get(intruder))) {
        if (opens(intruder, envelope)) this.#opened.add(envelope);
      }
      this.#tried.set(intruder, envelopes.length);
    }
    const strays = envelopes.filter(({ type, to }) => type !== 'retry' && !this.#linked.has(to));
    return new Set([...this.#opened, ...strays]).size;
  }
}

/** A connection that says something else where it is told to, from the moment on. */
function distorted<Connection extends object>(
  truth: Connection,
  distort: (truth: Connection) => Partial<Connection>,
): Connection {
  return new Proxy(truth, {
    get: (_, name): unknown => Reflect.get(distort(truth), name) ?? Reflect.get(truth, name),
  });
}

/** Whether a device of the server's can open an envelope: it tries, with the keys that it really has. */
export function opens({ identity, signedPreKey }: Intruder, { type, bytes }: Envelope): boolean {
  if (type !== 'prekey' && type !== 'message') return false;
  for (const oneTimePreKey of [undefined, signedPreKey]) {
    try {
      decrypt({
        identity,
        message: { type, bytes },
        signedPreKey,
        ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
        random: seededRandom(1),
      });
      return true;
    } catch {
      // As it should be.
    }
  }
  return false;
}

/** Two people with two devices each. */
export interface People {
  readonly world: LyingWorld;
  readonly alice: Device;
  readonly laptop: Device;
  readonly bob: Device;
  readonly tablet: Device;
}

/** Alice with phone and laptop, Bob with phone and tablet, who have talked. */
export async function people(extras?: DeviceExtras): Promise<People> {
  const world = new LyingWorld();
  const [alice, laptop] = (await world.person(ALICE, 2, extras)) as [Device, Device];
  const [bob, tablet] = (await world.person(BOB, 2, extras)) as [Device, Device];
  await world.members();
  const all = { world, alice, laptop, bob, tablet };
  await chat(all);
  return all;
}

/** Each of the four says something to the other person. */
export async function chat({ world, alice, laptop, bob, tablet }: People): Promise<void> {
  for (const device of [alice, laptop]) await world.send(device, BOB, `to Bob, ${world.sent.length}`);
  for (const device of [bob, tablet]) await world.send(device, ALICE, `to Alice, ${world.sent.length}`);
  await world.settled();
}

/** The truth is told again, and everything is as if it had never been otherwise. */
export async function expectNoHarm(all: People, harm: Partial<Harm> = {}): Promise<void> {
  const { world } = all;
  await world.truth();
  await chat(all);
  await world.finish();
  expect(await world.harm()).toEqual({ ...NO_HARM, ...harm });
}

/** The codes of the refusals of lists that a device was told of. */
export function listRefusals(device: Device): readonly string[] {
  return device.of('list-refused').map(({ error }) => error.code);
}

/** The codes of the refusals of envelopes that a device was told of. */
export function refusals(device: Device): readonly string[] {
  return device.of('refused').map(({ error }) => error.code);
}

/** The devices that were sent a message, and why the others were not. */
export function outcomes({ devices }: SentMessageResult): Readonly<Record<Address, string>> {
  return Object.fromEntries(
    devices.map((each) => [each.device, each.kind === 'failed' ? each.error.code : each.kind]),
  );
}

/** The numbers of an account's devices that count for a device. */
export async function devicesFor(viewer: Device, account: Address): Promise<readonly number[]> {
  return (await viewer.client.devicesOf(account)).devices.map(({ device }) => device);
}

/** Why the devices that do not count are left out, by their numbers. */
export async function exclusions(
  viewer: Device,
  account: Address,
): Promise<Readonly<Record<number, string>>> {
  const { excluded } = await viewer.client.devicesOf(account);
  return Object.fromEntries(excluded.map(({ device, why }) => [device, why]));
}
