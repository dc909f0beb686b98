/**
 * Compiles and runs every code example: the `ts` blocks of README.md, of docs/*.md and of the comments in `src/`.
 *
 * Each block becomes a module in `.cache/docs/`, moved down by empty lines so that its line numbers are those of the
 * document. A block marked `ts no-run` is only compiled; one marked `ts continue` goes on where the previous block of
 * its document ended.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { toolOptions } from './compiler.js';
import { filesUnder, report, root } from './project.js';

const cache = join(root, '.cache', 'docs');
const MARKS = ['no-run', 'continue'];

interface Example {
  /** The document, relative to the root. */
  readonly document: string;
  /** Line of the opening fence. */
  readonly line: number;
  /** Lines of code, each at the index it has in the document. */
  readonly lines: readonly string[];
  readonly isRun: boolean;
}

const examples = documents().flatMap(findExamples);
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

function findExamples(document: string): Example[] {
  const text = readFileSync(join(root, document), 'utf8').split('\n');
  const lines = document.endsWith('.ts') ? text.map(stripCommentMargin) : text;
  const found: Example[] = [];
  for (let start = 0; start < lines.length; start++) {
    const fence = /^\s*```(?:ts|typescript)\b(.*)$/.exec(lines[start] ?? '');
    if (fence === null) continue;
    const place = `${document}:${String(start + 1)}`;
    const end = lines.indexOf('```', start);
    if (end < 0) throw new Error(`${place}: the block has no end, or one that is indented`);
    const marks = (fence[1] ?? '').split(' ').filter((mark) => mark !== '');
    if (!marks.every((mark) => MARKS.includes(mark)))
      throw new Error(`${place}: unknown mark ${marks.join(' ')}`);
    const before = marks.includes('continue') ? (found.pop()?.lines ?? []) : [];
    const padding = Array.from({ length: start + 1 - before.length }, () => '');
    const code = [...before, ...padding, ...lines.slice(start + 1, end)];
    found.push({ document, line: start + 1, lines: code, isRun: !marks.includes('no-run') });
    start = end;
  }
  return found;
}

/** ` * code` in a comment becomes `code`; other lines of the source can not be taken for a fence. */
function stripCommentMargin(line: string): string {
  return /^\s*\*( |$)/.test(line) ? line.replace(/^\s*\* ?/, '') : `//${line}`;
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
