/**
 * Tries the package as a new user does: an empty project, the packed tarball, and the program of the guide
 * "Getting started", compiled strictly and run in plain Node. Needs `dist/`.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExamples } from './examples.js';
import { readManifest, report, root, run } from './project.js';

const GUIDE = 'docs/getting-started.md';

/** What the program prints last. */
const LAST_LINE = 'Two people, five devices.';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'polyratchet-trial-')));

try {
  install(folder);
  writeProgram(folder);
  compile(folder);
  const seconds = runProgram(folder);
  report([], `trial: the program of ${GUIDE} compiles strictly, and runs in ${seconds.toFixed(1)} s`);
} catch (error) {
  report([error instanceof Error ? error.message : String(error)], '');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The tarball and its dependencies; the compiler is this project's own. */
function install(project: string): void {
  const { name, version } = readManifest();
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', project]);
  run('npm', ['init', '--yes'], project);
  run('npm', ['pkg', 'set', 'type=module'], project);
  const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  run('npm', ['install', `./${name}-${version}.tgz`, ...quietly], project);
}

/** The blocks of the guide, one after the other: they are one program. */
function writeProgram(project: string): void {
  const [program, ...others] = findExamples(GUIDE);
  if (program === undefined || others.length > 0) throw new Error(`${GUIDE}: expected one program`);
  writeFileSync(join(project, 'chat.ts'), program.lines.join('\n'));
}

function compile(project: string): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext'];
  run('node', [tsc, 'chat.ts', ...options, ...types], project);
}

/** Runs it, with what it ends with as the proof that it came so far; returns the seconds that it took. */
function runProgram(project: string): number {
  const start = performance.now();
  const printed = run('node', ['chat.js'], project);
  if (!printed.trimEnd().endsWith(LAST_LINE)) throw new Error(`${GUIDE}: the program ends with\n${printed}`);
  return (performance.now() - start) / 1000;
}
