/**
 * Checks the package as its users get it: packs it, lints the tarball, installs it into an empty project and uses it
 * there on both backends, from TypeScript and in a bundle for browsers. Needs `dist/`.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { build } from 'esbuild';
import { entryPoints, filesUnder, readManifest, report, root, run } from './project.js';

/** Everything the tarball may hold. */
const PUBLISHED = /^(package\.json|LICENSE|[A-Z]+\.md|docs\/[a-z-]+\.md|dist\/.+\.(js|d\.ts))$/;

/** Pictures and raw figures of the benchmark stay in the repository. */
const UNPUBLISHED = 'bench/results/';

/** The file that a link leads to, without the heading in it. */
const LINK = /\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g;

const CODE_BLOCK = /^```[^]*?^```/gm;

const manifest = readManifest();
const specifiers = entryPoints().map((entry) => entry.specifier);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'polyratchet-package-')));

try {
  const tarball = pack();
  lint(tarball);
  const consumer = install(tarball);
  checkFiles(consumer);
  checkLinks(consumer);
  importEverything(consumer);
  typecheck(consumer);
  await bundleForBrowsers(consumer);
} catch (error) {
  report([error instanceof Error ? error.message : String(error)], '');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack(): string {
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]);
  return join(folder, `${manifest.name}-${manifest.version}.tgz`);
}

function lint(tarball: string): void {
  run('npm', ['exec', '--no', '--', 'publint', tarball, '--strict']);
  passed('publint --strict');
  run('npm', ['exec', '--no', '--', 'attw', tarball, '--profile', 'esm-only', '--no-definitely-typed']);
  passed('attw --profile esm-only');
}

/** An empty project outside the repository, so that nothing but the tarball can be found from it. */
function install(tarball: string): string {
  const consumer = join(folder, 'consumer');
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  run(
    'npm',
    ['install', tarball, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
    consumer,
  );
  passed('npm install of the tarball');
  return consumer;
}

function checkFiles(consumer: string): void {
  const files = filesUnder(join(consumer, 'node_modules', manifest.name));
  const surplus = files.filter((file) => !PUBLISHED.test(file));
  if (surplus.length > 0) throw new Error(`the tarball must not hold ${surplus.join(', ')}`);
  passed(`${String(files.length)} files, all of them meant to be published`);
}

/** Whoever reads the guides in the package finds what they lead to. */
function checkLinks(consumer: string): void {
  const installed = join(consumer, 'node_modules', manifest.name);
  const files = filesUnder(installed);
  const guides = files.filter((file) => file.endsWith('.md'));
  const links = guides.flatMap((guide) => {
    const text = readFileSync(join(installed, guide), 'utf8').replaceAll(CODE_BLOCK, '');
    return [...text.matchAll(LINK)].map(([, target = '']) => {
      return { guide, path: posix.join(posix.dirname(guide), target) };
    });
  });
  const dead = links.filter(({ path }) => !files.includes(path) && !path.startsWith(UNPUBLISHED));
  if (dead.length > 0) {
    throw new Error(`dead links: ${dead.map(({ guide, path }) => `${guide} to ${path}`).join(', ')}`);
  }
  passed(`${String(links.length)} links of ${String(guides.length)} guides lead to a file`);
}

/** Imports each subpath in plain Node; a failure inside one module must be an instance of the class from another. */
function importEverything(consumer: string): void {
  const code = `
    import assert from 'node:assert/strict';
    for (const specifier of ${JSON.stringify(specifiers)}) {
      const names = Object.keys(await import(specifier));
      assert(names.length > 0, specifier + ' exports nothing');
    }
    const { PolyratchetError } = await import('polyratchet');
    assert.equal((await import('polyratchet/errors')).PolyratchetError, PolyratchetError);
    const { decodeSession } = await import('polyratchet/session');
    assert.throws(() => decodeSession(new Uint8Array(1)), PolyratchetError);
  `;
  writeFileSync(join(consumer, 'use.mjs'), code);
  run('node', ['use.mjs'], consumer);
  passed('every subpath imports in Node, with one error class');
  run('node', ['--conditions=polyratchet-noble', 'use.mjs'], consumer);
  passed('the same on the noble backend');
}

/** Compiles a consumer against the published declarations, which must need neither DOM nor Node types. */
function typecheck(consumer: string): void {
  const imports = specifiers.map((specifier, i) => `import * as module${String(i)} from '${specifier}';`);
  const values = specifiers.map((_, i) => `module${String(i)}`).join(', ');
  const code = [
    ...imports,
    "import { PolyratchetError } from 'polyratchet';",
    `export const modules: object[] = [${values}];`,
    'export const code = (error: unknown): string | undefined =>',
    '  error instanceof PolyratchetError ? error.code : undefined;',
  ];
  writeFileSync(join(consumer, 'use.ts'), code.join('\n'));
  const strict = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022'];
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), 'use.ts', ...strict];
  run('node', [...tsc, '--module', 'nodenext', '--moduleResolution', 'nodenext'], consumer);
  run('node', [...tsc, '--module', 'esnext', '--moduleResolution', 'bundler'], consumer);
  passed('declarations compile under nodenext and bundler');
}

async function bundleForBrowsers(consumer: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: ['use.ts'],
    absWorkingDir: consumer,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const inputs = Object.entries(metafile.inputs);
  const imports = inputs.flatMap(([, input]) => input.imports.map((found) => found.path));
  const offending = [...inputs.map(([path]) => path), ...imports].filter(isForNodeOnly);
  if (offending.length > 0) throw new Error(`the browser bundle holds ${offending.join(', ')}`);
  passed('a bundle for browsers holds nothing of Node');
}

function isForNodeOnly(path: string): boolean {
  return path.startsWith('node:') || path.endsWith('dist/crypto/node.js');
}

function passed(what: string): void {
  console.log(`package: ${what}`);
}
