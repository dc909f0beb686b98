/** What each contender costs to ship: bundled and minified by esbuild, compressed; and its binaries. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Child } from '../child.js';
import type { Contender } from '../contenders.js';
import type { Amount } from '../row.js';
import { collectAmounts } from '../rows.js';

/** Sizes of all contenders but the floors. */
export async function measureBundles(children: readonly Child[]): Promise<readonly Amount[]> {
  const compressed = new Map<Child, number>();
  const binaries = new Map<Child, number>();
  for (const child of children) {
    const { contender } = child;
    if (contender.role.kind === 'floor') continue;
    compressed.set(child, brotliCompressSync(await bundle(contender)).length);
    binaries.set(child, contender.role.kind === 'peer' ? binarySize(contender) : 0);
  }
  return [
    ...collectAmounts('bundle, minified and brotli', compressed),
    ...collectAmounts('binaries of this platform', binaries),
  ];
}

/** Files of native code are no part of the bundle. */
async function bundle({ imports, folder, conditions, platform }: Contender): Promise<Uint8Array> {
  const result = await build({
    stdin: {
      contents: imports.map((name, i) => `export * as m${i} from ${JSON.stringify(name)};`).join('\n'),
      resolveDir: folder,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    conditions: [...conditions],
    loader: { '.node': 'empty' },
    write: false,
    logLevel: 'error',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${imports.join(', ')}`);
  return file.contents;
}

/** Bytes of machine code for this platform and of WebAssembly modules in a package's folder. */
function binarySize({ folder, imports }: Contender): number {
  const paths = imports.flatMap((name) => {
    const root = realpathSync(join(folder, 'node_modules', name));
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path));
  });
  const platform = `${process.platform}-${process.arch}`;
  const binaries = paths.filter(
    (path) => path.endsWith('.wasm') || (path.endsWith('.node') && path.includes(platform)),
  );
  return binaries.reduce((sum, path) => sum + statSync(path).size, 0);
}
