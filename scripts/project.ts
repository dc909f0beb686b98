/** What several scripts need to know of the project: its root, its manifest, its entry points, how to run a tool. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The parts of package.json that scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | ExportTarget>>;
}

interface ExportTarget {
  readonly types: string;
  readonly default: string;
}

/** One module that consumers can import. */
export interface EntryPoint {
  /** Key in `exports`: `./session`. */
  readonly subpath: string;
  /** What a consumer writes: `polyratchet/session`. */
  readonly specifier: string;
  /** Path in `src/` and `dist/` without extension: `session/index`. */
  readonly output: string;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}

/** Every module in `exports`. The map is the only list of them: build, docs, sizes and checks all derive from it. */
export function entryPoints(): EntryPoint[] {
  const { name, exports } = readManifest();
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const output = /^\.\/dist\/(.+)\.js$/.exec(target.default)?.[1];
    if (output === undefined || target.types !== `./dist/${output}.d.ts`) {
      throw new Error(`package.json: exports["${subpath}"] must be dist/X.d.ts and dist/X.js of one module`);
    }
    return [{ subpath, specifier: name + subpath.slice(1), output }];
  });
}

/** Paths of all files under a folder of the project, relative to that folder, with forward slashes, sorted. */
export function filesUnder(folder: string): string[] {
  const base = resolve(root, folder);
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Runs a program and returns what it printed; throws with its output when it fails. */
export function run(command: string, args: readonly string[], folder: string = root): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`);
  return stdout;
}

/** True in the file that was started, false where it is only imported (by a test). */
export function isMain(moduleUrl: string): boolean {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(moduleUrl);
}

/** Prints the problems, or one line of success, and sets the exit code. */
export function report(problems: readonly string[], success: string): void {
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(success);
  else process.exitCode = 1;
}
