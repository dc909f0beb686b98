/**
 * Compiles and runs every code example: the `ts` blocks of README.md, of docs/*.md and of the comments in `src/`.
 *
 * Each program (`scripts/examples.ts`) becomes a module in `.cache/docs/`. Arguments name the documents, if it should not be
 * all: `npm run docs:check -- README.md docs/client.md`.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { toolOptions } from './compiler.js';
import { findExamples, type Example } from './examples.js';
import { filesUnder, report, root } from './project.js';

const cache = join(root, '.cache', 'docs');
const named = process.argv.slice(2);
const examples = (named.length > 0 ? named : documents()).flatMap(findExamples);
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });
for (const example of examples) writeFileSync(moduleOf(example), example.lines.join('\n'));
const typeErrors = compile(examples);
const problems =
  typeErrors.length > 0 ? typeErrors : await runAll(examples.filter((example) => example.isRun));
report(problems, `docs: ${String(examples.length)} examples compile and run`);

function documents(): string[] {
  const guides = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')).sort() : [];
  return [
    ...['README.md'].filter((name) => existsSync(join(root, name))),
    ...guides.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
    ...filesUnder('src').map((path) => `src/${path}`),
  ];
}

function moduleOf({ document, line }: Example): string {
  return join(cache, `${document.replaceAll('/', '__')}__${String(line)}.ts`);
}

function compile(all: readonly Example[]): string[] {
  const modules = new Map(all.map((example) => [moduleOf(example), example]));
  const program = ts.createProgram([...modules.keys()], { ...toolOptions(), noUnusedLocals: false });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (file === undefined) return message;
    const name = modules.get(file.fileName)?.document ?? relative(root, file.fileName);
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return `${name}:${String(line + 1)}: ${message}`;
  });
}

/** All in this process, one after the other: starting a process for each would take a second each. */
async function runAll(all: readonly Example[]): Promise<string[]> {
  const failures: string[] = [];
  const { log } = console;
  console.log = () => undefined;
  for (const example of all) {
    try {
      await import(pathToFileURL(moduleOf(example)).href);
    } catch (error) {
      failures.push(`${example.document}:${String(example.line)}: ${String(error)}`);
    }
  }
  console.log = log;
  return failures;
}
