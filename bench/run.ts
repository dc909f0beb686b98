/**
 * `npm run bench`: times both backends against the sum of their primitives, prints a table, and writes
 * bench/results/latest.json. `npm run bench -- --short` is a quick run that shows that everything works.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measureImports } from './imports.js';
import type { Row } from './row.js';

main(process.argv.includes('--short'));

function main(short: boolean): void {
  const rows = [
    ...measureBackend('node', short ? 3 : 15, short ? 20 : 60),
    ...measureBackend('noble', short ? 3 : 9, short ? 40 : 120),
    ...measureImports(short ? 3 : 15),
  ];
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('latest.json', folder), `${JSON.stringify(rows.map(rounded), undefined, 2)}\n`);
  print(rows);
}

function measureBackend(backend: Row['backend'], rounds: number, roundMs: number): Row[] {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
  const conditions = backend === 'noble' ? ['--conditions=polyratchet-noble'] : [];
  const args = ['--import', 'tsx', ...conditions, worker, backend, String(rounds), String(roundMs)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Row[];
}

function rounded(row: Row): Row {
  const peers = Object.fromEntries(Object.entries(row.peers).map(([name, us]) => [name, round(us)]));
  return { ...row, us: round(row.us), best: round(row.best), peers };
}

function round(us: number): number {
  return Number(us.toPrecision(4));
}

function print(rows: readonly Row[]): void {
  console.log(
    `Node.js ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`,
  );
  console.log('Microseconds per operation: median (best round). Ratio: median to median.\n');
  for (const { op, backend, us, best, peers } of rows) {
    const others = Object.entries(peers).map(([name, theirs]) => {
      return `${name} ${theirs.toFixed(1)}, ratio ${(us / theirs).toFixed(2)}`;
    });
    console.log(
      `${op.padEnd(40)} ${backend.padEnd(6)} ${us.toFixed(1)} (${best.toFixed(1)})`.padEnd(68),
      ...others,
    );
  }
}
