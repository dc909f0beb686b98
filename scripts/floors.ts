/**
 * Checks that imports in `src/` go down only.
 *
 * Every folder of `src/` stands on a floor. A file may import from its own folder and from folders on lower floors, so
 * that no two folders depend on each other. Only `crypto/` may import packages and Node's modules, and only through
 * `#crypto` does anything else reach a backend.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { filesUnder, isMain, readManifest, report, root } from './project.js';

/** Folder (or `index.ts`) to its floor. */
const FLOORS: Readonly<Record<string, number>> = {
  core: 0, // bytes, errors, secrets, shared types: needs nothing
  crypto: 1, // the one provider interface and its two backends
  wire: 2, // the protobuf table codec and framing
  identity: 3, // identity keys, prekeys, bundles
  chain: 3, // chains of message keys: what ratchet and senderkey have in common
  x3dh: 4, // protocol cores from here: none imports another
  ratchet: 4,
  senderkey: 4,
  securitycode: 4,
  content: 4,
  appstate: 4,
  media: 4,
  backup: 4,
  srtp: 4,
  sframe: 4,
  session: 5, // what joins the cores: pairwise sessions,
  devices: 5, // linking, verification, device lists,
  history: 5, // history bundles,
  calls: 5, // secrets of calls
  fanout: 6, // one message for many devices
  group: 6, // sender keys of a group
  client: 7, // the asynchronous shells
  vault: 7,
  streams: 7,
  memory: 8, // embedded implementations of what the shells inject
  testing: 8, // conformance suites for other implementations
  'index.ts': 9, // the root module, above all
};

const BACKENDS = ['crypto/node', 'crypto/noble', 'crypto/browser'];

/**
 * Lists what breaks the rules.
 *
 * @param files - path below `src/` (`ratchet/chain.ts`) to source text
 * @param dependencies - names of the packages that the library depends on
 */
export function findViolations(
  files: ReadonlyMap<string, string>,
  dependencies: readonly string[] = Object.keys(readManifest().dependencies),
): string[] {
  return [...files].flatMap(([path, source]) => {
    const folder = folderOf(path);
    if (FLOORS[folder] === undefined) return [`src/${path}: ${folder} has no floor`];
    return ts.preProcessFile(source, true, true).importedFiles.flatMap(({ fileName, pos }) => {
      const reason = violation(path, fileName, dependencies);
      return reason === undefined ? [] : [`src/${path}:${String(lineAt(source, pos))}: ${reason}`];
    });
  });
}

function violation(path: string, specifier: string, dependencies: readonly string[]): string | undefined {
  const isInternal = specifier.startsWith('.') || specifier === '#crypto';
  return isInternal ? internalViolation(path, specifier) : packageViolation(path, specifier, dependencies);
}

function internalViolation(path: string, specifier: string): string | undefined {
  const target = specifier === '#crypto' ? 'crypto' : posix.join(posix.dirname(path), specifier);
  const [from, to] = [folderOf(path), folderOf(target)];
  if (from === to) return undefined;
  if (BACKENDS.includes(target.replace(/\.[jt]s$/, ''))) return `reaches ${specifier} past #crypto`;
  const [fromFloor, toFloor] = [FLOORS[from], FLOORS[to]];
  if (fromFloor === undefined || toFloor === undefined) return `imports ${specifier}, which has no floor`;
  if (toFloor < fromFloor) return undefined;
  return `${from} (floor ${String(fromFloor)}) imports ${to} (floor ${String(toFloor)})`;
}

function packageViolation(
  path: string,
  specifier: string,
  dependencies: readonly string[],
): string | undefined {
  if (folderOf(path) !== 'crypto') return `imports ${specifier}, which only crypto/ may`;
  if (specifier.startsWith('node:')) return undefined;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return dependencies.includes(name) ? undefined : `imports ${name}, which is not in dependencies`;
}

/** The first step of a path: a folder, or the file itself when it lies in `src/`. A module of `src/` is its `.ts`. */
function folderOf(path: string): string {
  const [first = path] = path.split('/');
  return first.replace(/\.js$/, '.ts');
}

function lineAt(source: string, position: number): number {
  return source.slice(0, position).split('\n').length;
}

if (isMain(import.meta.url)) {
  const paths = filesUnder('src').filter((path) => path.endsWith('.ts'));
  const files = new Map(paths.map((path) => [path, readFileSync(`${root}/src/${path}`, 'utf8')]));
  report(findViolations(files), `floors: ${String(files.size)} files import downwards only`);
}
