/**
 * What importing costs: cold processes in turns, one that imports a subpath and one that imports just the noble modules
 * that the subpath leads to.
 */
import { execFileSync } from 'node:child_process';
import type { Row } from './row.js';

/** The noble modules behind each subpath, by backend: XEdDSA needs the curve everywhere, the rest is node:crypto's. */
const CURVES = ['@noble/curves/ed25519.js'];
const ALL = [
  ...CURVES,
  '@noble/ciphers/aes.js',
  '@noble/ciphers/chacha.js',
  '@noble/hashes/hkdf.js',
  '@noble/hashes/hmac.js',
  '@noble/hashes/sha2.js',
];
const CASES = [
  { subpath: 'polyratchet', backend: 'node', noble: [] },
  { subpath: 'polyratchet/fanout', backend: 'node', noble: CURVES },
  { subpath: 'polyratchet/fanout', backend: 'noble', noble: ALL },
] as const;

/** Import times in microseconds. */
export function measureImports(rounds: number): Row[] {
  return CASES.map(({ subpath, backend, noble }) => {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(timeImport([subpath], backend));
      theirs.push(timeImport(noble, backend));
    }
    const peers = noble.length === 0 ? {} : { 'its noble modules': median(theirs) };
    return { op: `import ${subpath}`, backend, us: median(ours), best: Math.min(...ours), peers };
  });
}

/** Microseconds that a fresh process spends on importing the modules. */
function timeImport(modules: readonly string[], backend: Row['backend']): number {
  const imports = modules.map((module) => `import(${JSON.stringify(module)})`).join(',');
  const script = `const t = process.hrtime.bigint(); await Promise.all([${imports}]);
    process.stdout.write(String(process.hrtime.bigint() - t))`;
  const conditions = backend === 'noble' ? ['--conditions=polyratchet-noble'] : [];
  const args = [...conditions, '--input-type=module', '--eval', script];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' })) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
