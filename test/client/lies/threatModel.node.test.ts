/** The table of docs/threat-model.md: it has every lie, and the tests that it names are there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const page = readFileSync(join(here, '../../../docs/threat-model.md'), 'utf8');
const lies = readFileSync(join(here, '../../../src/memory/lies/lie.ts'), 'utf8');

/** The rows of the tables of lies: the first cell, and the last. */
const rows = page
  .slice(page.indexOf('## The lies of a server'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| lie') && !line.startsWith('| -'))
  .map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
  .map((cells) => ({ lie: cells[0] ?? '', test: cells.at(-1) ?? '', cells: cells.length }));

/** The names of the tests of a file. */
function testsOf(file: string): readonly string[] {
  const source = readFileSync(join(here, `${file}.node.test.ts`), 'utf8');
  return [...source.matchAll(/'([^'\n]+)',\s*async \(/gu)].map(([, name]) => name ?? '');
}

test('has rows of four cells, each with a test that is there', () => {
  expect(rows.length).toBeGreaterThan(40);
  for (const { lie, test: named, cells } of rows) {
    expect(cells, lie).toBe(4);
    const [file = '', ...name] = named.split(': ');
    expect(testsOf(file), `the test of ${lie}`).toContain(name.join(': '));
  }
});

test('names every test of a lie', () => {
  const files = readdirSync(here).filter(
    (name) => name.endsWith('.node.test.ts') && !name.startsWith('threatModel'),
  );
  const named = new Set(rows.map((row) => row.test));
  const missing = files
    .map((name) => name.replace('.node.test.ts', ''))
    .flatMap((file) => testsOf(file).map((name) => `${file}: ${name}`))
    .filter((name) => !named.has(name));
  expect(missing).toEqual([]);
});

test('has every lie of the lying server', () => {
  const kinds = [...lies.matchAll(/readonly kind: '([a-z-]+)'/gu)].map(([, kind]) => kind ?? '');
  expect(kinds.length).toBeGreaterThan(20);
  const text = rows.map(({ lie }) => lie).join('\n');
  for (const kind of kinds) expect(text, kind).toContain(`\`${kind}\``);
});
