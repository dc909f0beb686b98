/**
 * The code examples of a document: the `ts` blocks of a guide, or of the comments of a source file.
 *
 * A block marked `ts no-run` is only compiled; one marked `ts continue` goes on where the previous block of its document
 * ended. Each example is moved down by empty lines so that its line numbers are those of the document.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.js';

const MARKS = ['no-run', 'continue'];

/** One program of a document. */
export interface Example {
  /** The document, relative to the root. */
  readonly document: string;
  /** Line of the opening fence of its last block. */
  readonly line: number;
  /** Lines of code, each at the index it has in the document. */
  readonly lines: readonly string[];
  readonly isRun: boolean;
}

/** The programs of a document, whose path is relative to the root. */
export function findExamples(document: string): Example[] {
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
