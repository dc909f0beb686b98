/** Lint rules: typescript-eslint's strictest sets for everything, and the house rules of `src/` on top. */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const SYSTEM = 'src/core/system.ts';
const NODE_BACKEND = 'src/crypto/node.ts';

/** The library does no I/O and has no clock: whatever reaches outside is injected. */
const OUTSIDE = [
  'Buffer',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'global',
  'globalThis',
  'localStorage',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'self',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'WebSocket',
  'window',
  'XMLHttpRequest',
];

const restrictedGlobals = (allowed) => [
  'error',
  ...OUTSIDE.filter((name) => !allowed.includes(name)).map((name) => ({
    name,
    message: 'src/ does no I/O: take it as an argument (src/core/system.ts has the defaults).',
  })),
];

const MATH_RANDOM = { object: 'Math', property: 'random', message: 'Take `random` as an argument.' };
const DATE_NOW = { object: 'Date', property: 'now', message: 'Take `now` as an argument.' };

export default defineConfig(
  globalIgnores([
    'kernel/',
    'src/crypto/kernel/wasm*.ts',
    '**/node_modules/',
    '**/dist/',
    'coverage/',
    '.cache/',
    'docs/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'tsconfig.tools.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme'], location: 'anywhere' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': restrictedGlobals([]),
      'no-restricted-properties': ['error', MATH_RANDOM, DATE_NOW],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(node:|@noble/)', message: 'Only src/crypto/ imports these.' }] },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Export by name.' },
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Take `now` as an argument.',
        },
      ],
    },
  },
  {
    files: ['src/crypto/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: [NODE_BACKEND],
    rules: { 'no-restricted-globals': restrictedGlobals(['Buffer']) },
  },
  {
    files: [SYSTEM],
    rules: {
      'no-restricted-globals': restrictedGlobals(['crypto', 'globalThis', 'setTimeout', 'clearTimeout']),
      'no-restricted-properties': ['error', MATH_RANDOM],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', 'interop/**/*.ts', 'bench/peers/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      parserOptions: { project: null },
      globals: { Buffer: 'readonly', console: 'readonly', process: 'readonly', URL: 'readonly' },
    },
  },
);
