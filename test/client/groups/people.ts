/** Groups among people with phones and companions. */
import { accountOf, type Address, type Client, type SentMessageResult } from 'polyratchet';
import type { FeatureMethods } from 'polyratchet/client';
import { groups, type GroupMethods } from 'polyratchet/groups';
import { createLyingServer, type LyingServer } from 'polyratchet/memory';
import type { Envelope, ServerAccess } from 'polyratchet';
import { seededRandom } from '../../support/random.js';
import type { Device } from '../device.js';
import { World, type DeviceExtras } from '../world.js';

export const ALICE: Address = 'alice@example.org';
export const BOB: Address = 'bob@example.org';
export const CAROL: Address = 'carol@example.org';
export const DAVE: Address = 'dave@example.org';

/** Devices with groups. */
export const WITH_GROUPS: DeviceExtras = { client: { features: [groups()] } };

export type GroupClient = Client & FeatureMethods<[ReturnType<typeof groups>]>;

export function groupsOf(client: Client): GroupMethods {
  return (client as GroupClient).groups;
}

/** Does something with a device's groups, in as many lives as it takes. */
export function act<Result>(
  world: World,
  device: Device,
  intent: (groups: GroupMethods) => Promise<Result>,
): Promise<Result> {
  return world.run(device.perform((client) => intent(groupsOf(client))));
}

/** Sends a text to a group: all devices of those whom the sender sees in it are to show it. */
export async function say(
  world: World,
  from: Device,
  group: Address,
  text: string,
): Promise<SentMessageResult> {
  const { members } = await act(world, from, (groups) => groups.get(group));
  const recipients = [...(await world.members())]
    .filter(([address, device]) => device !== from && members.includes(accountOf(address)))
    .map(([, device]) => device);
  const id = `message ${world.sent.length}`;
  const sender = accountOf(await from.address());
  world.sent.push({ name: `${sender} ${id}`, text, recipients });
  const body = new TextEncoder().encode(text);
  return act(world, from, (groups) => groups.send({ group, body, id }));
}

/** A world whose server lies on request, and whose mail a test holds in its hands before devices get it. */
export class GroupWorld extends World {
  override readonly server: LyingServer = createLyingServer({ clock: this.clock, random: seededRandom(99) });
  /** Ids of messages that give keys: they come in one send with the message that they open. */
  readonly keyIds = new Set<string>();
  /** What a device gets in the place of an envelope. */
  mail: (envelope: Envelope) => readonly Envelope[] = (envelope) => [envelope];

  override access(): ServerAccess {
    const access = super.access();
    const mail = (envelope: Envelope): readonly Envelope[] => this.mail(envelope);
    return {
      ...access,
      connect: (address) => {
        const connection = access.connect(address);
        return {
          ...connection,
          send: (envelopes, options) => {
            const isText = envelopes.some(({ type }) => type === 'senderkey');
            for (const { type, id } of envelopes) if (isText && type !== 'senderkey') this.keyIds.add(id);
            return connection.send(envelopes, options);
          },
          async *receive() {
            for await (const { id, envelope } of connection.receive()) {
              const given = mail(envelope);
              if (given.length === 0) await connection.acknowledge([id]);
              for (const each of given) yield { id, envelope: each };
            }
          },
        };
      },
    };
  }

  /** Delivers envelopes that were kept, in an order of their own. */
  async deliver(...envelopes: readonly Envelope[]): Promise<void> {
    this.mail = (envelope) => [envelope];
    for (const envelope of envelopes) this.server.lie({ kind: 'inject', envelope })();
    await this.settled();
  }

  /** Keeps what is for a device from it, if it is of a kind; what is kept is returned. */
  keep(to: Device | Address, wanted: (envelope: Envelope) => boolean = () => true): Envelope[] {
    const kept: Envelope[] = [];
    const before = this.mail;
    this.mail = (envelope) => {
      const isKept = envelope.to === to && wanted(envelope);
      if (isKept) kept.push(envelope);
      return isKept ? [] : before(envelope);
    };
    return kept;
  }

  /** Alice, Bob and Carol with some devices each, and a group of theirs that Alice has made. */
  async friends(devices: number, extras: DeviceExtras = WITH_GROUPS): Promise<Friends> {
    const alices = await this.person(ALICE, devices, extras);
    const bobs = await this.person(BOB, devices, extras);
    const carols = await this.person(CAROL, devices, extras);
    const [alice, bob, carol] = [alices, bobs, carols].map(([phone]) => phone);
    if (alice === undefined || bob === undefined || carol === undefined) throw new Error('nobody is there');
    const { id } = await act(this, alice, (groups) => groups.create({ members: [BOB, CAROL] }));
    await this.settled();
    return { alices, bobs, carols, alice, bob, carol, group: id };
  }
}

/** Three people and their group; phones come first. */
export interface Friends {
  readonly alices: readonly Device[];
  readonly bobs: readonly Device[];
  readonly carols: readonly Device[];
  readonly alice: Device;
  readonly bob: Device;
  readonly carol: Device;
  readonly group: Address;
}

/** What a device was told of its groups, a change a line. */
export function toldOf(device: Device): readonly string[] {
  return device.of('group-changed').flatMap(({ changes, lost }) => [
    ...changes.map((change) => {
      const { kind, account } = change;
      const by = 'by' in change ? ` by ${accountOf(change.by).split('@')[0] ?? ''}` : '';
      return `${account.split('@')[0] ?? ''} ${kind}${by}`;
    }),
    ...(lost ? ['lost'] : []),
  ]);
}
