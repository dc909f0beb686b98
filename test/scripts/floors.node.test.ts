import { describe, expect, test } from 'vitest';
import { findViolations } from '../../scripts/floors.js';

describe('imports that are allowed', () => {
  test.each([
    ['a lower floor', 'session/open.ts', "import { x } from '../ratchet/index.js';"],
    ['the own folder', 'session/open.ts', "import { x } from './state.js';"],
    ['a folder below the own one', 'session/deep/open.ts', "import { x } from '../state.js';"],
    ['the backend through its seam', 'crypto/index.ts', "export { x } from '#crypto';"],
    ['a backend from its own folder', 'crypto/self.ts', "import { x } from './node.js';"],
    ["a module of Node's in crypto", 'crypto/node.ts', "import { x } from 'node:crypto';"],
    ['a dependency in crypto', 'crypto/noble.ts', "import { x } from '@noble/curves/ed25519.js';"],
    ['everything, for the root', 'index.ts', "export { x } from './client/index.js';"],
    ['types from below', 'identity/keys.ts', "import type { X } from '../core/random.js';"],
  ])('%s', (_, path, source) => {
    expect(violations(path, source)).toEqual([]);
  });

  test('words in comments and texts are no imports', () => {
    const source = "// import '../session/index.js'\nconst a = 'import x from \"@noble/x\"';\n";
    expect(violations('core/bytes.ts', source)).toEqual([]);
  });
});

describe('imports that break the rules', () => {
  test.each([
    [
      'a higher floor',
      'core/bytes.ts',
      "import { x } from '../wire/index.js';",
      /core \(floor 0\) imports wire/,
    ],
    ['a neighbour', 'ratchet/chain.ts', "import { x } from '../x3dh/index.js';", /imports x3dh \(floor 4\)/],
    [
      'a type from above',
      'wire/kinds.ts',
      "import type { X } from '../session/index.js';",
      /floor 2.*floor 5/,
    ],
    [
      'an export from above',
      'wire/index.ts',
      "export { x } from '../identity/index.js';",
      /floor 2.*floor 3/,
    ],
    ['a dynamic import from above', 'core/x.ts', "await import('../crypto/index.js');", /floor 0.*floor 1/],
    ['the root', 'memory/server.ts', "import { x } from '../index.js';", /index\.ts \(floor 9\)/],
    ['a backend past its seam', 'session/open.ts', "import { x } from '../crypto/noble.js';", /past #crypto/],
    [
      'the seam from below it',
      'core/bytes.ts',
      "import { x } from '#crypto';",
      /core \(floor 0\) imports crypto/,
    ],
    [
      'a package outside crypto',
      'identity/keys.ts',
      "import { x } from '@noble/hashes/sha2.js';",
      /only crypto/,
    ],
    ["a module of Node's outside crypto", 'memory/server.ts', "import { x } from 'node:fs';", /only crypto/],
    [
      'a package that is no dependency',
      'crypto/noble.ts',
      "import { x } from 'left-pad';",
      /left-pad.*dependencies/,
    ],
    [
      'a scope that only looks like a dependency',
      'crypto/noble.ts',
      "import '@noble/other/x.js';",
      /@noble\/other/,
    ],
    ['a folder without a floor', 'core/bytes.ts', "import { x } from '../attic/index.js';", /has no floor/],
  ])('%s', (_, path, source, reason) => {
    const found = violations(path, source);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  test('are reported with file and line, each of them', () => {
    const source =
      "import { a } from './a.js';\n\nimport { b } from '../session/index.js';\nimport 'left-pad';\n";
    expect(violations('core/bytes.ts', source)).toEqual([
      expect.stringMatching(/^src\/core\/bytes\.ts:3: /),
      expect.stringMatching(/^src\/core\/bytes\.ts:4: /),
    ]);
  });

  test('a file in a folder without a floor is itself a violation', () => {
    expect(violations('attic/old.ts', '')).toEqual(['src/attic/old.ts: attic has no floor']);
    expect(violations('stray.ts', '')).toEqual(['src/stray.ts: stray.ts has no floor']);
  });
});

function violations(path: string, source: string): string[] {
  return findViolations(new Map([[path, source]]), ['@noble/curves', '@noble/hashes']);
}
