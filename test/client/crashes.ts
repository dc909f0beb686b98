/**
 * Crashes: in each scenario one device dies with each of its writes and calls, before or after it has its effect, and goes
 * on from its store. Whatever the scenario is about must come true all the same.
 */
import type { Death } from './process.js';
import { NO_FAULTS, World, type Faults } from './world.js';
import type { Scenario } from './scenarios.js';

/** A crash after which something was wrong. */
export interface Failure {
  readonly scenario: string;
  readonly death: Death;
  readonly problem: unknown;
}

/** What came of all crashes of a scenario. */
export interface CrashReport {
  readonly writes: number;
  readonly calls: number;
  /** Runs with a crash. */
  readonly crashes: number;
  /** Message keys that came past the server. */
  readonly keys: number;
  readonly failures: readonly Failure[];
}

/** Which of the crashes are run. */
export type Choice = (index: number) => boolean;

/** Runs a scenario without a crash, and then once for each. */
export async function explore(scenario: Scenario, choose: Choice = () => true): Promise<CrashReport> {
  const { writes, calls } = await play(scenario);
  const failures: Failure[] = [];
  let crashes = 0;
  let keys = 0;
  for (const [index, death] of deaths(writes, calls).entries()) {
    if (!choose(index)) continue;
    crashes++;
    try {
      keys += (await play(scenario, death)).keys;
    } catch (problem) {
      failures.push({ scenario: scenario.name, death, problem });
    }
  }
  return { writes, calls, crashes, keys, failures };
}

function deaths(writes: number, calls: number): readonly Death[] {
  const moments = ['before', 'after'] as const;
  return [
    ...Array.from({ length: writes }, (_, i) => ({ boundary: 'store' as const, call: i + 1 })),
    ...Array.from({ length: calls }, (_, i) => ({ boundary: 'server' as const, call: i + 1 })),
  ].flatMap((place) => moments.map((moment) => ({ ...place, moment })));
}

interface Played {
  readonly writes: number;
  readonly calls: number;
  readonly keys: number;
}

async function play(scenario: Scenario, death?: Death): Promise<Played> {
  const world = new World();
  const stage = await scenario.prepare(world);
  const { process } = stage.victim;
  process.arm(death);
  await stage.act();
  await world.finish();
  const { store: writes, server: calls } = process.counts;
  if (death !== undefined && !process.isDead) throw new Error('nobody has died');
  await stage.afterwards?.();
  await world.finish();
  const faults = await world.faults();
  if (!isEqual(faults, NO_FAULTS)) throw new Error(JSON.stringify(faults));
  return { writes, calls, keys: world.ciphertexts.keys };
}

function isEqual(a: Faults, b: Faults): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
