/** How a run is done, from the command line: `--short` and `--only=ours`. */
import type { MeasureOptions } from './measure.js';

export interface Settings extends MeasureOptions {
  /** A quick run that shows that everything works; its figures mean little. */
  readonly isShort: boolean;
  readonly withPeers: boolean;
  readonly fanoutSizes: readonly number[];
  /** Sessions that are held at once. */
  readonly sessions: number;
  /** Cold processes of each contender. */
  readonly imports: number;
}

/** Whether the run's results are worth keeping. */
export function isWhole({ isShort, withPeers }: Settings): boolean {
  return !isShort && withPeers;
}

export function settingsFrom(flags: readonly string[]): Settings {
  const unknown = flags.filter((flag) => flag !== '--short' && flag !== '--only=ours');
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(' ')}; there are --short and --only=ours`);
  const withPeers = !flags.includes('--only=ours');
  return flags.includes('--short') ? { ...SHORT, withPeers } : { ...WHOLE, withPeers };
}

const WHOLE = {
  isShort: false,
  rounds: 11,
  roundMs: 60,
  budgetMs: 4_000,
  fanoutSizes: [10, 100, 1_000],
  sessions: 10_000,
  imports: 9,
};

const SHORT = {
  isShort: true,
  rounds: 2,
  roundMs: 5,
  budgetMs: 300,
  fanoutSizes: [4, 16],
  sessions: 500,
  imports: 1,
};
