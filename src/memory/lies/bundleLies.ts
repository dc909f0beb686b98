/**
 * Lies about the keys of devices.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import type { PreKeyBundle } from '../../identity/index.js';
import { bundleOf } from './intruder.js';
import type { BundleLie, Told } from './lie.js';
import { hears, type Stage, type Telling } from './telling.js';

/** How each is told. */
export const BUNDLE_LIES: {
  readonly [Kind in BundleLie['kind']]: (lie: Extract<BundleLie, { kind: Kind }>, stage: Stage) => Telling;
} = {
  'swap-bundle': (lie, stage) => {
    const { by } = lie;
    if (by !== undefined) return changing(lie, () => stage.takeBundle(by));
    const intruder = stage.intrude(lie.device);
    return { ...changing(lie, () => bundleOf(intruder)), seizes: lie.device };
  },
  'swap-prekey': (lie, stage) => {
    const { signedPreKey } = bundleOf(stage.intrude(lie.device));
    const { publicKey } = signedPreKey;
    const change = (bundle: PreKeyBundle | undefined): PreKeyBundle | undefined => {
      if (bundle === undefined) return undefined;
      if (lie.which === 'signed') return { ...bundle, signedPreKey };
      return { ...bundle, oneTimePreKey: { id: bundle.oneTimePreKey?.id ?? 1, publicKey } };
    };
    return { ...changing(lie, change), seizes: lie.device };
  },
  'repeat-bundle': (lie) => {
    let first: PreKeyBundle | undefined;
    return changing(lie, (bundle) => {
      first ??= bundle;
      return first;
    });
  },
  'withhold-prekeys': (lie) =>
    changing(lie, (bundle) => {
      if (bundle === undefined) return undefined;
      const { oneTimePreKey: _, ...others } = bundle;
      return others;
    }),
  'miscount-prekeys': ({ device, count }) => ({
    count: (viewer, truth) => (viewer === device ? count : truth),
  }),
};

function changing(
  lie: Told & { readonly device: Address },
  change: (bundle: PreKeyBundle | undefined) => PreKeyBundle | undefined,
): Telling {
  return {
    bundle: (viewer, device, bundle) =>
      device === lie.device && hears(lie, viewer) ? change(bundle) : bundle,
  };
}
