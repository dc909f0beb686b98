/**
 * This device's prekeys: made, stored, and only then published; rotated, refilled, erased.
 *
 * @module
 */
import { toHex } from '../core/bytes.js';
import { randomBytes } from '../core/random.js';
import {
  generateOneTimePreKeys,
  generateSignedPreKey,
  nextPreKeyId,
  ONE_TIME_PREKEYS_FULL,
  planPreKeyErasure,
  planPreKeyRefill,
  publicPreKey,
  publicSignedPreKey,
  signedPreKeyErasureDue,
  signedPreKeyRotationDue,
  type Identity,
} from '../identity/index.js';
import { forgetSignedPreKey } from '../session/index.js';
import { connected, loadSelf, type Core } from './core.js';
import { ONE_TIME_PREKEYS, oneTimePreKey, PREKEYS, session, SESSIONS, signedPreKey } from './keys.js';
import type { PublishedPreKeys } from './server.js';
import type { PreKeyState } from './state.js';
import type { Transaction } from './transaction.js';

/** The first prekeys of a device, to be published. */
export async function createPreKeys(core: Core, tx: Transaction, identity: Identity): Promise<void> {
  const { random } = core.settings;
  const signed = generateSignedPreKey({ identity, id: 1, random, now: tx.now });
  await tx.load(PREKEYS, signedPreKey(1));
  tx.set(signedPreKey(1), signed);
  await addOneTimePreKeys(
    core,
    tx,
    { lastOneTimeId: 0, signedId: 1, replaced: [] },
    { count: ONE_TIME_PREKEYS_FULL },
  );
}

interface Addition {
  readonly count: number;
  readonly inUse?: readonly number[];
}

async function addOneTimePreKeys(
  core: Core,
  tx: Transaction,
  state: PreKeyState,
  { count, inUse = [] }: Addition,
): Promise<void> {
  const { random } = core.settings;
  const { lastOneTimeId: lastId } = state;
  const made =
    count === 0 ? { oneTimePreKeys: [], lastId } : generateOneTimePreKeys({ lastId, count, inUse, random });
  await tx.load(...made.oneTimePreKeys.map(({ id }) => oneTimePreKey(id)));
  for (const preKey of made.oneTimePreKeys) tx.set(oneTimePreKey(preKey.id), preKey);
  const pending = {
    id: toHex(randomBytes(random, 16)),
    oneTimePreKeyIds: made.oneTimePreKeys.map(({ id }) => id),
  };
  tx.set(PREKEYS, { ...state, lastOneTimeId: made.lastId, pending });
}

/** Publishes what is pending, refills and rotates where it is time to, and erases what nobody needs any more. */
export async function renewPreKeys(core: Core): Promise<void> {
  await publishPending(core);
  const refill = planPreKeyRefill(await connected(core).countOneTimePreKeys());
  const inUse = refill.kind === 'refill' ? await oneTimeIds(core) : [];
  await core.transactor.run(async (tx) => {
    const { identity } = await loadSelf(tx, PREKEYS);
    const state = tx.get(PREKEYS);
    if (state === undefined || state.pending !== undefined) return;
    const rotated = await rotate(core, tx, state, identity);
    const count = refill.kind === 'refill' ? refill.count : 0;
    if (rotated !== state || count > 0) await addOneTimePreKeys(core, tx, rotated, { count, inUse });
    if (refill.kind === 'refill' && refill.depleted) tx.emit({ kind: 'prekeys-depleted' });
  });
  await publishPending(core);
  await eraseOneTimePreKeys(core);
  await erasePreKeys(core);
}

/** A new signed prekey, if it is time for one. */
async function rotate(
  core: Core,
  tx: Transaction,
  state: PreKeyState,
  identity: Identity,
): Promise<PreKeyState> {
  const current = await tx.read(signedPreKey(state.signedId));
  if (current !== undefined && !signedPreKeyRotationDue({ signedPreKey: current, now: tx.now })) return state;
  const id = nextPreKeyId(state.signedId);
  await tx.load(signedPreKey(id));
  tx.set(signedPreKey(id), generateSignedPreKey({ identity, id, random: core.settings.random, now: tx.now }));
  return { ...state, signedId: id, replaced: [...state.replaced, { id: state.signedId, at: tx.now }] };
}

/** Publishes keys that are stored: under the same name if it is tried again. */
export async function publishPending(core: Core): Promise<void> {
  const pending = await core.transactor.run(pendingKeys);
  if (pending === undefined) return;
  await connected(core).publishPreKeys(pending.keys, pending.id);
  await core.transactor.run(async (tx) => {
    const state = await tx.read(PREKEYS);
    if (state?.pending?.id !== pending.id) return;
    const { pending: _published, ...rest } = state;
    tx.set(PREKEYS, rest);
  });
}

async function pendingKeys(
  tx: Transaction,
): Promise<{ readonly id: string; readonly keys: PublishedPreKeys } | undefined> {
  const { identity, registrationId } = await loadSelf(tx, PREKEYS);
  const state = tx.get(PREKEYS);
  if (state?.pending === undefined) return undefined;
  const { id, oneTimePreKeyIds } = state.pending;
  const wanted = oneTimePreKeyIds.map(oneTimePreKey);
  await tx.load(signedPreKey(state.signedId), ...wanted);
  const signed = tx.get(signedPreKey(state.signedId));
  if (signed === undefined) return undefined;
  const oneTimePreKeys = wanted.flatMap((key) => {
    const preKey = tx.get(key);
    return preKey === undefined ? [] : [publicPreKey(preKey)];
  });
  const { publicKey: identityKey } = identity;
  const keys = { registrationId, identityKey, signedPreKey: publicSignedPreKey(signed), oneTimePreKeys };
  return { id, keys };
}

async function oneTimeIds({ records }: Core): Promise<readonly number[]> {
  const ids: number[] = [];
  for await (const names of records.names(ONE_TIME_PREKEYS)) {
    for (const name of names) ids.push(Number(name.slice(ONE_TIME_PREKEYS.length)));
  }
  return ids;
}

/** Erases the oldest one-time prekeys: whoever writes with one of them is asked again, and given another. */
async function eraseOneTimePreKeys(core: Core): Promise<void> {
  const ids = await oneTimeIds(core);
  await core.transactor.run(async (tx) => {
    const lastId = (await tx.read(PREKEYS))?.lastOneTimeId;
    if (lastId === undefined) return;
    await tx.remove(...planPreKeyErasure({ ids, lastId }).map(oneTimePreKey));
  });
}

/** Erases signed prekeys whose grace is over, and what sessions remember of them. */
async function erasePreKeys(core: Core): Promise<void> {
  const due = await core.transactor.run(async (tx) => {
    const state = await tx.read(PREKEYS);
    return (state?.replaced ?? []).filter(({ at }) =>
      signedPreKeyErasureDue({ replacedAt: at, now: tx.now }),
    );
  });
  if (due.length === 0) return;
  for await (const names of core.records.names(SESSIONS)) {
    await core.transactor.run(async (tx) => {
      const keys = names.map((name) => session(name.slice(SESSIONS.length)));
      await tx.load(...keys);
      for (const key of keys) {
        const known = tx.get(key);
        if (known === undefined) continue;
        const roots = known.acceptedRoots;
        if (!roots.some((root) => due.some(({ id }) => id === root.signedPreKeyId))) continue;
        tx.set(
          key,
          due.reduce((kept, { id }) => forgetSignedPreKey({ session: kept, signedPreKeyId: id }), known),
        );
      }
    });
  }
  await core.transactor.run(async (tx) => {
    const state = await tx.read(PREKEYS);
    if (state === undefined) return;
    await tx.remove(...due.map(({ id }) => signedPreKey(id)));
    const replaced = state.replaced.filter(({ id }) => !due.some((erased) => erased.id === id));
    tx.set(PREKEYS, { ...state, replaced });
  });
}
