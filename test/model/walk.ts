/** Random walks: commands upon commands, and at the end both sides must find together again. */
import fc from 'fast-check';
import { arbitraryCommands } from './commands.js';
import { begin, converge } from './model.js';
import type { Tally } from './tally.js';

/** Exchanges within which both sides must read each other in one session again. */
export const MOST_EXCHANGES = { withoutRestore: 2, withRestore: 10 } as const;

export interface WalkOptions {
  /** Where to count. */
  readonly tally: Tally;
  readonly runs: number;
  /** The most commands of one walk; there are half as many on average. */
  readonly commands: number;
  readonly restore: boolean;
  /** Stops early, and successfully, after this time. */
  readonly milliseconds?: number;
  /** To repeat a failure: the seed, path and replayPath that it printed. */
  readonly replay?: { readonly seed: number; readonly path: string; readonly replayPath: string };
}

/** Walks. A violation throws an error with the shortest story that leads to it, and with what is needed to repeat it. */
export function walk({ tally, runs, commands, restore, milliseconds, replay }: WalkOptions): void {
  const { seed, path, replayPath } = replay ?? {};
  const steps = fc.commands(arbitraryCommands(restore), {
    maxCommands: commands,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  });
  const property = fc.property(steps, (story) => {
    const { model, real } = begin(tally);
    fc.modelRun(() => ({ model, real }), story);
    converge(model, real, restore ? MOST_EXCHANGES.withRestore : MOST_EXCHANGES.withoutRestore);
  });
  fc.assert(property, {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
    ...(milliseconds === undefined
      ? {}
      : { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false }),
  });
}
