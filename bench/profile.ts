/**
 * Where the time of an operation goes: `npm run profile -- "decrypt 100 B"`, or without a name a table of all.
 *
 * The scripts of the bench run here under V8's sampling profiler, which is switched on by their stopwatches alone, on the
 * sources and not on the build, so that each function still has its file. The profiler slows what it watches, short calls
 * most of all: shares are to be read, not times.
 */
import { Session, type Profiler, type Runtime } from 'node:inspector';
import { observeStopwatches } from './operations/conversation.js';
import { planScripts, type Operation } from './operations/index.js';
import { subjectScripts } from './operations/scripts.js';
import { polyratchet } from './ours.js';

/** Devices of the fanouts that are profiled. */
const FANOUT = 1000;
const ROUNDS = 8;
/** How long a script shall take in a round, in milliseconds. */
const ROUND_MS = 150;
const LINES = 20;

/** What a function costs: in all, or for each operation. */
interface Cost {
  readonly kind: Kind;
  readonly us: number;
}

/** Costs by function. */
type Costs = ReadonlyMap<string, Cost>;

const KINDS = ['primitives', 'kernel', 'copies', 'codec', 'rules', 'shell', 'garbage', 'other'] as const;
type Kind = (typeof KINDS)[number];

const inspector = new Session();
inspector.connect();
inspector.post('Profiler.enable');
inspector.post('Profiler.setSamplingInterval', { interval: 100 });

const wanted = process.argv.slice(2).join(' ');
const plans = planScripts([FANOUT]);
const known = plans.flatMap(({ operations }) => operations.map(labelOf));
if (wanted !== '' && !known.includes(wanted)) {
  console.error(`no operation "${wanted}"; there are:\n${known.join('\n')}`);
  process.exit(1);
}
const scripts = subjectScripts(polyratchet(), [FANOUT]);
if (wanted === '') printRow(['operation', 'µs', ...KINDS]);
for (const { script, operations } of plans) {
  if (wanted !== '' && !operations.some((operation) => labelOf(operation) === wanted)) continue;
  const costs = await profile(script, operations.length);
  operations.forEach((operation, i) => {
    const found: Costs = costs[i] ?? new Map<string, Cost>();
    if (wanted === '') printShares(labelOf(operation), found);
    else if (labelOf(operation) === wanted) printFunctions(wanted, found);
  });
}

function labelOf({ op, n }: Operation): string {
  return n === undefined ? op : `${op}, ${n} devices`;
}

/** Runs a script and gives the costs of each of its operations: they have a stopwatch each, in turns. */
async function profile(script: string, operations: number): Promise<readonly Costs[]> {
  const run = scripts[script] ?? (() => []);
  const count = await repetitions(run);
  const totals = Array.from({ length: operations }, () => new Map<string, Cost>());
  const counts = totals.map(() => 0);
  let watch = 0;
  observeStopwatches({
    started: () => {
      inspector.post('Profiler.start');
    },
    stopped: (done) => {
      const operation = watch++ % operations;
      counts[operation] = (counts[operation] ?? 0) + done;
      inspector.post('Profiler.stop', (_error, result) => {
        const total = totals[operation];
        if (total !== undefined) add(total, result.profile);
      });
    },
  });
  for (let round = 0; round < ROUNDS; round++) await run(count);
  observeStopwatches({ started: () => undefined, stopped: () => undefined });
  return totals.map((total, i) => {
    const entries = [...total].map(
      ([name, { kind, us }]) => [name, { kind, us: us / (counts[i] ?? 1) }] as const,
    );
    return new Map(entries.sort(([, a], [, b]) => b.us - a.us));
  });
}

/** How often to do it in a round; warms up on the way. The first time it makes what it needs. */
async function repetitions(run: (n: number) => unknown): Promise<number> {
  await run(1);
  for (let n = 2; ; n *= 2) {
    const start = performance.now();
    await run(n);
    if (performance.now() - start >= ROUND_MS) return n;
  }
}

/** Adds the self times of a profile. */
function add(total: Map<string, Cost>, { nodes, samples, timeDeltas }: Profiler.Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  samples?.forEach((id, i) => {
    const frame = frames.get(id);
    if (frame === undefined || isOurOwn(frame)) return;
    const name = nameOf(frame);
    const before = total.get(name)?.us ?? 0;
    total.set(name, { kind: kindOf(frame), us: before + (timeDeltas?.[i] ?? 0) });
  });
}

/** The inspector's own work, and the bench around the operation. */
function isOurOwn({ functionName, url }: Runtime.CallFrame): boolean {
  return functionName === 'dispatch' || functionName === '(idle)' || url.includes('/bench/');
}

function kindOf({ functionName, url }: Runtime.CallFrame): Kind {
  if (functionName === '(garbage collector)') return 'garbage';
  if (url.startsWith('wasm') || functionName.startsWith('wasm-function')) return 'kernel';
  if (url.startsWith('node:internal/process/')) return 'shell'; // promises that go on
  if (url === '' || url.startsWith('node:') || url.includes('/@noble/')) return 'primitives';
  const [, room = ''] = /\/src\/(\w+)\//.exec(url) ?? [];
  if (room === 'crypto') return url.includes('/kernel/') ? 'kernel' : 'primitives';
  if (room === 'core') return 'copies';
  if (room === 'wire') return 'codec';
  if (room === 'client' || room === 'memory') return 'shell';
  return room === '' ? 'other' : 'rules';
}

function nameOf({ functionName, url }: Runtime.CallFrame): string {
  const file = url.startsWith('wasm') ? '' : url.replace(/^.*\/(src|node_modules)\//, '');
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}`.trimEnd();
}

function printShares(label: string, costs: Costs): void {
  const shares = KINDS.map((kind) => {
    const us = [...costs.values()].reduce((sum, cost) => sum + (cost.kind === kind ? cost.us : 0), 0);
    return `${Math.round((100 * us) / totalOf(costs))} %`;
  });
  printRow([label, totalOf(costs).toPrecision(3), ...shares]);
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function printFunctions(label: string, costs: Costs): void {
  console.log(`${label}: ${totalOf(costs).toPrecision(3)} µs under the profiler`);
  for (const kind of KINDS) {
    const us = [...costs.values()].reduce((sum, cost) => sum + (cost.kind === kind ? cost.us : 0), 0);
    console.log(`${us.toFixed(2).padStart(9)}  ${kind}`);
  }
  console.log(`\nby function:`);
  for (const [name, { kind, us }] of [...costs].slice(0, LINES)) {
    console.log(`${us.toFixed(2).padStart(9)}  ${kind.padEnd(10)}  ${name}`);
  }
}

function totalOf(costs: Costs): number {
  return [...costs.values()].reduce((sum, { us }) => sum + us, 0);
}
