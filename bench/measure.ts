/**
 * Timing in turns: contenders take rounds of one script one after the other, so that a machine whose speed drifts
 * drifts for all of them, and ratios hold.
 */
import type { Child } from './child.js';
import type { Time } from './operations/index.js';

/** Microseconds per operation over the rounds. */
export interface Timing {
  readonly median: number;
  readonly best: number;
}

export interface MeasureOptions {
  /** Counted rounds of each contender. */
  readonly rounds: number;
  /** How long a round should take, in milliseconds. */
  readonly roundMs: number;
  /** What one contender may spend on one script; who is slow has fewer rounds, but two. */
  readonly budgetMs: number;
}

/** One contender in a measurement. */
interface Entry {
  readonly child: Child;
  readonly n: number;
  readonly rounds: (readonly Time[])[];
  spentMs: number;
}

/** Times of a script's operations by contender, in the order of the operations. */
export async function measure(
  script: string,
  children: readonly Child[],
  options: MeasureOptions,
): Promise<ReadonlyMap<Child, readonly Timing[]>> {
  const entries: Entry[] = [];
  for (const child of children) {
    const entry = await calibrate(child, script, options);
    if (entry !== undefined) entries.push(entry);
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const entry of entries) {
      if (entry.rounds.length >= 2 && entry.spentMs > options.budgetMs) continue;
      await runRound(entry, script);
    }
  }
  return new Map(entries.map(({ child, rounds }) => [child, summarise(rounds)]));
}

/** Warms a contender up and finds how often its operations fit into a round. A first run that is long is a round. */
async function calibrate(
  child: Child,
  script: string,
  { roundMs, budgetMs }: MeasureOptions,
): Promise<Entry | undefined> {
  let n = 1;
  for (;;) {
    const times = await child.run(script, n);
    if (times === undefined) return undefined;
    const ms = times.reduce((sum, { us }) => sum + us, 0) / times.length / 1000;
    if (n === 1 && ms * 4 >= budgetMs) return { child, n, rounds: [times], spentMs: ms };
    if (ms >= roundMs / 2) {
      return { child, n: Math.max(1, Math.round((n * roundMs) / ms)), rounds: [], spentMs: 0 };
    }
    n *= 2;
  }
}

async function runRound(entry: Entry, script: string): Promise<void> {
  const start = performance.now();
  const times = await entry.child.run(script, entry.n);
  if (times !== undefined) entry.rounds.push(times);
  entry.spentMs += performance.now() - start;
}

function summarise(rounds: readonly (readonly Time[])[]): readonly Timing[] {
  return (rounds[0] ?? []).map((_, i) => {
    const each = rounds.map((times) => (times[i] === undefined ? NaN : times[i].us / times[i].count));
    return { median: median(each), best: Math.min(...each) };
  });
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
