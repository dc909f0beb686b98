/** Writes the results: JSON, tables, picture, and the tables of docs/performance.md between their markers. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Report } from '../row.js';
import { renderChart } from './chart.js';
import { renderTables } from './table.js';

const RESULTS = new URL('../results/', import.meta.url);
const CACHE = new URL('../../.cache/bench/', import.meta.url);
const GUIDE = new URL('../../docs/performance.md', import.meta.url);
const [START, END] = ['<!-- bench: start -->', '<!-- bench: end -->'];

/** Writes everything and returns the tables. What is not kept goes where no commit finds it. */
export async function writeReport(report: Report, { isKept }: { readonly isKept: boolean }): Promise<string> {
  const folder = isKept ? RESULTS : CACHE;
  const tables = renderTables(report);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void => {
    writeFileSync(new URL(name, folder), text);
  };
  write('latest.json', await formatJson(report.rows));
  write('sizes.json', await formatJson(report.amounts));
  write('about.json', await formatJson(report.about));
  write('table.md', `# Results of \`npm run bench\`\n\n${tables}\n`);
  write('chart.svg', renderChart(report));
  if (isKept && existsSync(GUIDE)) writeFileSync(GUIDE, between(readFileSync(GUIDE, 'utf8'), tables));
  return `${tables}\n\nWritten to ${fileURLToPath(folder)}`;
}

/** In the project's format, so that a refreshed file passes its checks. */
async function formatJson(value: unknown): Promise<string> {
  const options = await resolveConfig(fileURLToPath(import.meta.url));
  return format(JSON.stringify(value), { ...options, parser: 'json' });
}

function between(text: string, replacement: string): string {
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error('docs/performance.md has lost its markers');
  return `${text.slice(0, start + START.length)}\n\n${replacement}\n\n${text.slice(end)}`;
}
