/**
 * What each subpath costs a web page: bundles `dist/` for browsers and prints the sizes.
 *
 * `bundle` is everything including the noble packages, `own` is the library's code alone. It fails when a bundle
 * exceeds its budget, when a subpath that must stay light pulls in a package it has no use for, or when the bundler
 * warns.
 */
import { brotliCompressSync } from 'node:zlib';
import { build, type BuildResult } from 'esbuild';
import { entryPoints, report, root, type EntryPoint } from './project.js';

/** Largest brotli size of the whole bundle in KB (1,000 bytes): what was measured, plus about 15 %. */
const BUDGETS: Readonly<Record<string, number>> = {
  './errors': 1.5,
  '.': 92,
  './identity': 21,
  './x3dh': 22.5,
  './ratchet': 32,
  './senderkey': 38,
  './content': 8.5,
  './securitycode': 14.5,
  './session': 41,
  './devices': 47,
  './fanout': 58,
  './group': 50,
  './client': 94,
  './groups': 80,
  './memory': 34,
  './testing': 20,
};

/** What must not be in the bundle of a subpath. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  './errors': ['node_modules/@noble/'],
  './content': ['node_modules/@noble/'],
};

interface Size {
  readonly subpath: string;
  readonly minified: number;
  readonly brotli: number;
  readonly ownMinified: number;
  readonly ownBrotli: number;
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

interface Bundle {
  readonly code: Uint8Array;
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

const sizes: Size[] = [];
for (const entry of entryPoints()) sizes.push(await measure(entry));
printTable(sizes);
report(sizes.flatMap(findExcess), 'size: every subpath is within its budget');

async function measure({ subpath, output }: EntryPoint): Promise<Size> {
  const whole = await bundle(output, []);
  const own = await bundle(output, ['@noble/*']);
  return {
    subpath,
    minified: whole.code.length,
    brotli: brotliCompressSync(whole.code).length,
    ownMinified: own.code.length,
    ownBrotli: brotliCompressSync(own.code).length,
    inputs: whole.inputs,
    warnings: whole.warnings,
  };
}

async function bundle(output: string, external: string[]): Promise<Bundle> {
  const result: BuildResult<{ metafile: true; write: false }> = await build({
    entryPoints: [`dist/${output}.js`],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of dist/${output}.js`);
  return {
    code: file.contents,
    inputs: Object.values(result.metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
    ),
    warnings: result.warnings.map((warning) => warning.text),
  };
}

function findExcess({ subpath, brotli, inputs, warnings }: Size): string[] {
  const budget = BUDGETS[subpath];
  if (budget === undefined) return [`size: ${subpath} has no budget in scripts/size.ts`];
  const bleeds = (FORBIDDEN[subpath] ?? []).filter((part) => inputs.some((input) => input.includes(part)));
  return [
    ...(brotli <= budget * 1000
      ? []
      : [`size: ${subpath} is ${kilobytes(brotli)} KB, budget ${String(budget)}`]),
    ...warnings.map((warning) => `size: ${subpath}: a bundler warns: ${warning}`),
    ...bleeds.map((part) => `size: ${subpath} must not contain ${part}`),
  ];
}

function printTable(rows: readonly Size[]): void {
  console.log(tableRow(['KB (min / brotli)', 'bundle', '', 'own', '', 'budget']));
  for (const row of rows) {
    const numbers = [row.minified, row.brotli, row.ownMinified, row.ownBrotli].map(kilobytes);
    console.log(tableRow([row.subpath, ...numbers, String(BUDGETS[row.subpath] ?? '-')]));
  }
}

function tableRow([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(18) + cells.map((cell) => cell.padStart(9)).join('');
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
