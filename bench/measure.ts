/**
 * Timing in turns: candidates of one operation take rounds one after the other, so that a machine whose speed drifts
 * drifts for all of them, and ratios hold.
 */

/** One way to do an operation `n` times; what `prepare` does is not timed. */
export interface Candidate {
  readonly name: string;
  prepare(n: number): () => void;
}

/** Microseconds per operation over the rounds. */
export interface Timing {
  readonly name: string;
  readonly median: number;
  readonly best: number;
}

export interface MeasureOptions {
  /** Counted rounds of each candidate. */
  readonly rounds: number;
  /** How long a round should take, in milliseconds. */
  readonly roundMs: number;
}

/** Times the candidates in turns. */
export function measure(candidates: readonly Candidate[], options: MeasureOptions): readonly Timing[] {
  const counts = candidates.map((candidate) => calibrate(candidate, options.roundMs));
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    candidates.forEach((candidate, i) => {
      const n = counts[i] ?? 1;
      times[i]?.push(time(candidate, n) / n);
    });
  }
  return candidates.map(({ name }, i) => {
    const sorted = (times[i] ?? []).toSorted((a, b) => a - b);
    return { name, median: sorted[sorted.length >> 1] ?? NaN, best: sorted[0] ?? NaN };
  });
}

/** Warms a candidate up and finds how often it fits into a round. */
function calibrate(candidate: Candidate, roundMs: number): number {
  let n = 1;
  for (;;) {
    const ms = time(candidate, n) / 1000;
    if (ms >= roundMs / 2) return Math.max(1, Math.round((n * roundMs) / ms));
    n *= 2;
  }
}

/** Microseconds for `n` operations. */
function time(candidate: Candidate, n: number): number {
  const run = candidate.prepare(n);
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1000;
}
