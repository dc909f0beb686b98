/**
 * Test projects: the same tests on every crypto backend.
 *
 * - `node`: the library on node:crypto; also runs `*.node.test.ts` (tests that need Node itself).
 * - `noble`: the library on @noble/* alone, still in Node.
 * - `browser`: the library in Chromium, on what the `#crypto` seam resolves to there: noble and the kernel.
 *
 * A test reads the name of its backend with `inject('backend')`. Nothing is built first: the condition
 * `polyratchet-source` and the aliases below lead `#crypto` and `polyratchet/*` to `src/`.
 */
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { findChromium } from './scripts/chromium.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The project a test runs in. */
    backend: 'node' | 'noble' | 'browser';
  }
}

const src = fileURLToPath(new URL('src', import.meta.url));
const allTests = 'test/**/*.test.ts';
const nodeOnlyTests = 'test/**/*.node.test.ts';
/** The kernel is no part of the noble backend. */
const kernelTests = [
  'test/crypto/kernel.test.ts',
  'test/crypto/cbc.test.ts',
  'test/crypto/sha512Rounds.test.ts',
];

/** Self-imports lead to the source, as `paths` in tsconfig.tools.json does for tsc and tsx. */
const selfImports = [
  { find: /^polyratchet$/, replacement: `${src}/index.ts` },
  { find: /^polyratchet\/errors$/, replacement: `${src}/core/errors.ts` },
  { find: /^polyratchet\/groups$/, replacement: `${src}/client/groups/index.ts` },
  { find: /^polyratchet\/([a-z0-9]+)$/, replacement: `${src}/$1/index.ts` },
];

const serverConditions = ['polyratchet-source', ...defaultServerConditions];
const clientConditions = ['polyratchet-source', ...defaultClientConditions];

const node: TestProjectInlineConfiguration = {
  resolve: { conditions: serverConditions, alias: selfImports },
  ssr: { resolve: { conditions: serverConditions } },
  test: {
    name: 'node',
    include: [allTests],
    provide: { backend: 'node' },
    isolate: false,
    testTimeout: 60_000,
  },
};

const noble: TestProjectInlineConfiguration = {
  resolve: {
    conditions: serverConditions,
    alias: [{ find: /^#crypto$/, replacement: `${src}/crypto/noble.ts` }, ...selfImports],
  },
  ssr: { resolve: { conditions: serverConditions } },
  test: {
    name: 'noble',
    include: [allTests],
    exclude: [nodeOnlyTests, ...kernelTests],
    provide: { backend: 'noble' },
    isolate: false,
    testTimeout: 60_000,
  },
};

const browser: TestProjectInlineConfiguration = {
  resolve: { conditions: clientConditions, alias: selfImports },
  test: {
    name: 'browser',
    include: [allTests],
    exclude: [nodeOnlyTests, 'test/model/**'],
    provide: { backend: 'browser' },
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions() }),
      instances: [{ browser: 'chromium' }],
    },
  },
};

/** The library keeps no state that a test could leave behind, so the files share their workers: one for each core. */
export default defineConfig({
  test: { projects: [node, noble, browser], maxWorkers: '100%' },
});

/** Chromium as installed on the machine; without one, only the browser project fails to start. */
function launchOptions(): { args: string[]; executablePath?: string } {
  const executablePath = findChromium();
  const args = ['--no-sandbox'];
  return executablePath === undefined ? { args } : { args, executablePath };
}
