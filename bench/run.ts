/**
 * `npm run bench`: times our backends, the sums of their primitives and the peers in turns, prints the tables, and
 * writes bench/results/ and the tables of docs/performance.md. `npm run bench -- --short` is a quick run that shows
 * that everything works, `npm run bench -- --only=ours` leaves the peers out; both write to .cache/bench/ only.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { startChild, type Child } from './child.js';
import { contenders } from './contenders.js';
import { measureBundles } from './figures/bundles.js';
import { measureImports } from './figures/imports.js';
import { installPeers } from './install.js';
import { measure, type Timing } from './measure.js';
import { planScripts } from './operations/index.js';
import { writeReport } from './report/write.js';
import type { About, Amount, Report, Row } from './row.js';
import { collect, collectAmounts } from './rows.js';
import { isWhole, settingsFrom, type Settings } from './settings.js';

await main(settingsFrom(process.argv.slice(2)));

async function main(settings: Settings): Promise<void> {
  const started = performance.now();
  const [load = NaN] = loadavg();
  if (settings.withPeers) installPeers();
  const { rows, amounts, children } = await runAll(settings);
  const about = describe(children, load, (performance.now() - started) / 1000);
  const report: Report = { about, rows, amounts };
  console.log(await writeReport(report, { isKept: isWhole(settings) }));
}

interface Findings extends Pick<Report, 'rows' | 'amounts'> {
  readonly children: readonly Child[];
}

async function runAll(settings: Settings): Promise<Findings> {
  const children = await startAll(settings);
  try {
    const rows = await timeAll(children, settings);
    children.forEach((child) => {
      child.stop();
    });
    rows.push(...measureImports(children, settings.imports));
    const amounts = [...(await countAll(settings)), ...(await measureBundles(children))];
    return { rows, amounts, children };
  } finally {
    children.forEach((child) => {
      child.stop();
    });
  }
}

async function startAll({ withPeers, fanoutSizes }: Settings): Promise<readonly Child[]> {
  const children: Child[] = [];
  for (const contender of contenders({ withPeers })) {
    const child = await startChild(contender, fanoutSizes);
    if (child !== undefined) children.push(child);
  }
  return children;
}

async function timeAll(children: readonly Child[], settings: Settings): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { script, operations } of planScripts(settings.fanoutSizes)) {
    const timings = await measure(script, children, settings);
    operations.forEach((operation, i) => {
      const its = [...timings].map(([child, all]): [Child, Timing | undefined] => [child, all[i]]);
      rows.push(...collect(operation, new Map(its.filter(isMeasured))));
    });
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return rows;
}

function isMeasured(entry: [Child, Timing | undefined]): entry is [Child, Timing] {
  return entry[1] !== undefined;
}

/** Memory and lengths, in fresh processes: what ran before would be in the way. */
async function countAll(settings: Settings): Promise<readonly Amount[]> {
  const children = await startAll(settings);
  const found = new Map<string, Map<Child, number>>();
  for (const child of children) {
    const memory = await child.amounts({ kind: 'memory', sessions: settings.sessions });
    const amounts = { ...(await child.amounts({ kind: 'lengths' })), ...memory };
    for (const [what, bytes] of Object.entries(amounts)) {
      found.set(what, (found.get(what) ?? new Map<Child, number>()).set(child, bytes));
    }
    child.stop();
  }
  return [...found].flatMap(([what, bytes]) => collectAmounts(what, bytes));
}

function describe(children: readonly Child[], load: number, seconds: number): About {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  const others = children.filter(({ role }) => role.kind !== 'ours');
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    load: Number(load.toFixed(1)),
    seconds: Math.round(seconds),
    version,
    peers: Object.fromEntries(others.map(({ name, subject }) => [name, subject])),
  };
}
