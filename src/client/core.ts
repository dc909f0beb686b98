/**
 * What every part of a client works with: its settings, its records, its transactions, its connection.
 *
 * @module
 */
import { accountOf, parseAddress, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import type { Clock } from '../core/system.js';
import type { ContentFormat } from '../content/index.js';
import { deviceListOf, type DeviceListRecord, type OwnDevices } from '../devices/index.js';
import type { FanoutPlan, OwnDevice } from '../fanout/index.js';
import type { Identity } from '../identity/index.js';
import type { Session } from '../session/index.js';
import type { CheckedServer } from './checkedServer.js';
import type { Emitter } from './events.js';
import type { ClientContentExtensions } from './extensions.js';
import { DEVICE, deviceList, IDENTITY, LINKED_DEVICE, OWN_DEVICES, session } from './keys.js';
import type { FeatureParts } from './feature.js';
import type { Lock } from './lock.js';
import { isStoreError, type AnyKey, type Records } from './records.js';
import type { Transaction, Transactor } from './transaction.js';

/** What a client was made with. */
export interface Settings {
  readonly clock: Clock;
  readonly random: Random;
  readonly format: ContentFormat<ClientContentExtensions>;
  readonly hosted: boolean;
}

/** What the parts of a client share. */
export interface Core {
  readonly settings: Settings;
  readonly records: Records;
  readonly transactor: Transactor;
  readonly events: Emitter;
  /** The plan of the last send in each chat: made again only where something has changed. */
  readonly plans: Map<Address, FanoutPlan>;
  /**
   * Taken for what is fetched for a message and the transaction that uses it: of several messages to a new contact the first
   * takes his bundle, and the others find a session.
   */
  readonly fetching: Lock;
  /** What features have brought along. */
  readonly features: FeatureParts[];
  /** The open connection. */
  readonly connection: () => CheckedServer | undefined;
}

/** Plans that are kept. */
const MAX_PLANS = 256;

/** Keeps the plan of a chat for its next message. */
export function keepPlan({ plans }: Core, plan: FanoutPlan): void {
  plans.delete(plan.chat);
  plans.set(plan.chat, plan);
  if (plans.size <= MAX_PLANS) return;
  for (const oldest of plans.keys()) {
    plans.delete(oldest);
    return;
  }
}

/** What the application gives, and what this device is: where that is at fault, no message is. */
const OWN_ARGUMENTS = ['random', 'clock.now()', 'client'];

/**
 * Whether an error is this device's own trouble, randomness that fails or a record that cannot be read: nothing is decided about
 * a message because of it.
 */
export function isOwnTrouble(error: PolyratchetError): boolean {
  const isArgument =
    PolyratchetError.is(error, 'invalid-argument') && OWN_ARGUMENTS.includes(error.data.name);
  return isArgument || isStoreError(error);
}

/**
 * The open connection.
 *
 * @throws PolyratchetError `server-failed`
 */
export function connected(core: Core): CheckedServer {
  const connection = core.connection();
  if (connection !== undefined) return connection;
  throw new PolyratchetError('server-failed', { operation: 'connection', why: 'call connect() first' });
}

/** This device, as its records say. */
export interface Self {
  readonly address: Address;
  readonly account: Address;
  readonly registrationId: number;
  readonly identity: Identity;
  /** What is known of the own account's devices. */
  readonly own: OwnDevice;
  /** On the primary: the devices that it has linked. */
  readonly devices?: OwnDevices;
  /** On a companion: what vouches for it. */
  readonly deviceIdentity?: Uint8Array;
}

/** The records of {@link selfOf}, but for the own list of a companion. */
export const SELF_KEYS: readonly AnyKey[] = [DEVICE, IDENTITY, OWN_DEVICES, LINKED_DEVICE];

/** This device. Its records are read together with others that the step needs. */
export async function loadSelf(tx: Transaction, ...more: readonly AnyKey[]): Promise<Self> {
  const self = await findSelf(tx, ...more);
  if (self !== undefined) return self;
  throw new PolyratchetError('invalid-argument', {
    name: 'client',
    expected: 'a device that is registered or linked',
    got: 'a new one',
  });
}

/** This device, if it is registered or linked. */
export async function findSelf(tx: Transaction, ...more: readonly AnyKey[]): Promise<Self | undefined> {
  await tx.load(...SELF_KEYS, ...more);
  const device = tx.get(DEVICE);
  const identity = tx.get(IDENTITY);
  if (device === undefined || identity === undefined) return undefined;
  const { address, registrationId } = device;
  const account = accountOf(address);
  const rest = { address, account, registrationId, identity };
  const devices = tx.get(OWN_DEVICES);
  if (devices !== undefined) return { ...rest, devices, own: { record: recordOf(devices), device: 0 } };
  const record = await tx.read(deviceList(account));
  const linked = tx.get(LINKED_DEVICE);
  if (record === undefined || linked === undefined) return undefined;
  const { signedIdentity: deviceIdentity } = linked;
  return { ...rest, deviceIdentity, own: { record, device: parseAddress(address).device } };
}

/** The primary's own list in the form in which others know it: the same object as long as nothing has changed. */
function recordOf(devices: OwnDevices): DeviceListRecord {
  let record = ownRecords.get(devices);
  if (record === undefined) ownRecords.set(devices, (record = deviceListOf(devices)));
  return record;
}

const ownRecords = new WeakMap<OwnDevices, DeviceListRecord>();

/** The sessions with some devices. */
export async function loadSessions(
  tx: Transaction,
  devices: readonly Address[],
): Promise<{ readonly get: (device: Address) => Session | undefined }> {
  await tx.load(...devices.map(session));
  const loaded = new Set(devices);
  return { get: (device) => (loaded.has(device) ? tx.get(session(device)) : undefined) };
}
