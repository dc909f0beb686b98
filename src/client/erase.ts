/**
 * Erasing all that a device holds: it was logged out.
 *
 * @module
 */
import { accountOf } from '../core/address.js';
import type { Core } from './core.js';
import { DEVICE, deviceList, IDENTITY, LINKED_DEVICE, OWN_DEVICES } from './keys.js';
import type { AnyKey } from './records.js';

/** What makes this a device: erased last, so that whoever is interrupted begins again. */
const VITAL: readonly AnyKey[] = [DEVICE, IDENTITY, OWN_DEVICES, LINKED_DEVICE];

/** Erases everything. */
export async function eraseAll(core: Core): Promise<void> {
  const device = await core.transactor.run((tx) => tx.read(DEVICE));
  const own = device === undefined ? [] : [deviceList(accountOf(device.address))];
  const vital = [...VITAL, ...own].map(({ name }) => name);
  for await (const names of core.records.names('')) {
    await eraseNames(
      core,
      names.filter((name) => !vital.includes(name)),
    );
  }
  await eraseNames(core, vital);
  core.records.forget();
}

async function eraseNames(core: Core, names: readonly string[]): Promise<void> {
  await core.transactor.run(async (tx) => {
    const keys = names.map(rawKey);
    await tx.remove(...keys);
  });
}

/** A record of which only the name matters. */
function rawKey(name: string): AnyKey {
  return { name, encode: (bytes: Uint8Array) => bytes, decode: (bytes) => bytes };
}
