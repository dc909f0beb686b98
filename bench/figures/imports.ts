/** What importing costs: cold processes in turns, each of which imports one contender and makes it ready for use. */
import { execFileSync } from 'node:child_process';
import type { Child } from '../child.js';
import { median } from '../measure.js';
import type { Row } from '../row.js';
import { collect } from '../rows.js';

const OP = 'import polyratchet/fanout';

/** Import times in microseconds: the fanout, which leads to everything, among the others; and the root alone. */
export function measureImports(children: readonly Child[], rounds: number): readonly Row[] {
  const times = new Map<Child, number[]>(children.map((child) => [child, []]));
  const root: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [child, its] of times) its.push(timeImport(child));
    const node = children.find(({ contender }) => contender.id === 'node');
    if (node !== undefined) root.push(timeImport(node, ['polyratchet']));
  }
  const timings = new Map(
    [...times].map(([child, its]) => [child, { median: median(its), best: Math.min(...its) }]),
  );
  return [
    {
      op: 'import polyratchet',
      backend: 'node',
      us: median(root),
      best: Math.min(...root),
      peers: {},
    },
    ...collect({ op: OP }, timings),
  ];
}

/** Microseconds that a fresh process needs. Who has prepared his own machine code or WebAssembly has it loaded too. */
function timeImport({ contender }: Child, modules = contender.imports): number {
  const { conditions, folder, start } = contender;
  const imports = modules.map((module) => `import(${JSON.stringify(module)})`).join(',');
  const script = `const t = process.hrtime.bigint(); const [m] = await Promise.all([${imports}]);
    ${start === undefined ? '' : `await m.${start};`}
    process.stdout.write(String(process.hrtime.bigint() - t)); process.exit(0)`;
  const args = [...conditions.map((name) => `--conditions=${name}`), '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  return Number(output) / 1000;
}
