/** A feature that takes part in nothing: what tests attach methods to. */
import type { Feature } from 'polyratchet/client';

type Parts = Omit<ReturnType<Feature['attach']>, 'methods'>;

export const BYSTANDER: Parts = {
  takeMessage: () => Promise.resolve(undefined),
  takeEnvelope: () => Promise.resolve({ kind: 'done', fetch: [] }),
  release: () => Promise.resolve([]),
  mayAsk: () => Promise.resolve(true),
  mayRead: () => Promise.resolve(true),
  forget: () => Promise.resolve(),
  renew: () => Promise.resolve(),
  stop: () => undefined,
};
