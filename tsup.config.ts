/**
 * The build: one ES module and one declaration file for each subpath of package.json and each crypto backend.
 *
 * `splitting` keeps shared code in chunks of its own, so that all subpaths share one error class. `#crypto` stays an
 * import: the consumer's runtime or bundler picks the backend. No module has side effects, so an import of a chunk from
 * which nothing is used is dropped; bundlers would warn about it.
 */
import { defineConfig } from 'tsup';
import { entryPoints } from './scripts/project.js';

const outputs = [
  ...entryPoints().map((entry) => entry.output),
  'crypto/node',
  'crypto/noble',
  'crypto/browser',
];

export default defineConfig({
  entry: Object.fromEntries(outputs.map((output) => [output, `src/${output}.ts`])),
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: ['#crypto', /^node:/],
  splitting: true,
  treeshake: { moduleSideEffects: false },
  removeNodeProtocol: false,
  dts: true,
  clean: true,
  silent: true,
});
