/** The store of a phone whose account has four companions, and that has written with an account of five devices. */
import {
  createClient,
  deviceAddress,
  systemRandom as random,
  type Address,
  type Clock,
  type Store,
} from 'polyratchet';
import {
  decodeOwnDevices,
  deviceListOf,
  encodeDeviceList,
  encodeOwnDevices,
  type DeviceListRecord,
  type OwnDevices,
} from 'polyratchet/devices';
import { composeMessage, planFanout, sealEnvelopes, type PairwiseEnvelope } from 'polyratchet/fanout';
import { decodeIdentity, type Identity } from 'polyratchet/identity';
import {
  createMemoryServer,
  createMemoryStore,
  type MemoryServer,
  type MemoryStore,
} from 'polyratchet/memory';
import { encodeSession, type Session } from 'polyratchet/session';
import type { ContentFormat } from 'polyratchet/content';
// What a client writes into every message has no subpath: nobody else writes it.
import { authored, CLIENT_EXTENSIONS, type ClientExtensions } from '../src/client/extensions.js';
import { accountOf, linkCompanions, sessionWith, type Account } from './ourAccounts.js';

/** The account of the phone, and the one that it writes with. */
export const ALICE = 'alice@bench';
export const BOB = 'bob@bench';

/** What every message says. */
export const BODY: Uint8Array = new Uint8Array(100).fill(65);

const COMPANIONS = 4;

const format: ContentFormat<ClientExtensions> = { form: 'payload', extensions: CLIENT_EXTENSIONS };

/** Time stands still, so that what is written can be compared; and nothing is late. */
export const CLOCK: Clock = { now: () => 1_000_000, after: () => () => undefined };

const now = CLOCK.now();

/** A phone that can go on, and who writes to it. */
export interface PreparedPhone {
  readonly store: MemoryStore;
  readonly server: MemoryServer;
  readonly identity: Identity;
  readonly own: OwnDevices;
  /** What it knows of the other account. */
  readonly list: DeviceListRecord;
  /** So many new messages from the other account's phone. */
  readonly incoming: (count: number) => readonly PairwiseEnvelope[];
}

/** Registers a phone, and writes the rest into its store. */
export async function preparePhone(): Promise<PreparedPhone> {
  const [store, server] = [createMemoryStore(), createMemoryServer({ clock: CLOCK })];
  const client = createClient({ store, server, clock: CLOCK });
  await client.register(ALICE);
  await client.close();

  const identity = decodeIdentity(await valueOf(store, 'identity'));
  const registered = decodeOwnDevices(await valueOf(store, 'own-devices'));
  const { devices: own, identities } = linkCompanions(registered, identity, COMPANIONS, now);
  const bob = accountOf(BOB, COMPANIONS, now);
  const [withPhone, ...withOthers] = [
    ...[...bob.identities.entries()].map(([i, peer]) => [deviceAddress(BOB, i), peer] as const),
    ...[...identities.entries()].map(([i, peer]) => [deviceAddress(ALICE, 1 + i), peer] as const),
  ].map(([device, peer]) => ({ device, ...sessionWith(identity, peer, now) }));
  if (withPhone === undefined) throw new Error('nobody is there');
  await write(store, [
    ['own-devices', encodeOwnDevices(own)],
    [`list/${BOB}`, encodeDeviceList(bob.record)],
    ...[withPhone, ...withOthers].map(
      ({ device, ours }) => [`session/${device}`, encodeSession(ours)] as const,
    ),
  ]);
  const incoming = writer(bob, deviceListOf(own), withPhone.theirs);
  return { store, server, identity, own, list: bob.record, incoming };
}

/** The other account's phone, that has a session with ours alone. */
function writer(
  { record, identities: [identity] }: Account,
  recipient: DeviceListRecord,
  withUs: Session,
): PreparedPhone['incoming'] {
  const sessions = new Map<Address, Session>([[ALICE, withUs]]);
  const own = { record, device: 0 };
  const plan = planFanout({ own, recipients: [recipient], sessions, now });
  let messages = 0;
  const next = (): readonly PairwiseEnvelope[] => {
    const messageId = `3EB0${++messages}`;
    const message = composeMessage({ plan, messageId, format, content: authored(BOB, { body: BODY }) });
    const sealed = sealEnvelopes({ plan, message, identity, registrationId: 1, sessions, random, now });
    for (const [device, session] of sealed.sessions) sessions.set(device, session);
    return sealed.envelopes;
  };
  return (count) => Array.from({ length: count }, next).flat();
}

async function valueOf(store: Store, name: string): Promise<Uint8Array> {
  const stored = (await store.read([name])).get(name);
  if (stored === undefined) throw new Error(`no ${name}`);
  return stored.value;
}

async function write(store: Store, values: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  const found = await store.read(values.map(([name]) => name));
  await store.commit(
    values.map(([name, value]) => ({ name, value, expected: found.get(name)?.version ?? null })),
  );
}
