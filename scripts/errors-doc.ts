/**
 * Writes docs/errors.md from src/core: the codes with their comments and data (errorData.ts) and with what to do about them
 * (errors.ts) stand there once.
 *
 * `--check` writes nothing and fails if the page is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { errorAdvice, type ErrorCode } from '../src/core/errors.js';
import { toolOptions } from './compiler.js';
import { report, root } from './project.js';

interface Row {
  readonly code: ErrorCode;
  readonly meaning: string;
  readonly data: readonly string[];
}

const source = join(root, 'src/core/errorData.ts');
const target = join(root, 'docs/errors.md');
const page = render(readRows());

if (!process.argv.includes('--check')) writeFileSync(target, page);
const same = readFileSync(target, 'utf8') === page;
report(
  same ? [] : ['docs/errors.md: not up to date, run npm run docs:errors'],
  'errors: the page is up to date',
);

/** The properties of the interface `ErrorData`, each with its comment and the names of its data. */
function readRows(): Row[] {
  const program = ts.createProgram([source], toolOptions());
  const checker = program.getTypeChecker();
  const rows: Row[] = [];
  for (const statement of program.getSourceFile(source)?.statements ?? []) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== 'ErrorData') continue;
    for (const symbol of checker.getTypeAtLocation(statement).getProperties()) {
      const type = checker.getTypeOfSymbolAtLocation(symbol, statement);
      rows.push({
        code: symbol.name as ErrorCode,
        meaning: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
        data: type.getProperties().map((property) => describe(property)),
      });
    }
  }
  return rows;
}

function describe(property: ts.Symbol): string {
  const optional = (property.flags & ts.SymbolFlags.Optional) === 0 ? '' : '?';
  return `\`${property.name}${optional}\``;
}

function render(rows: readonly Row[]): string {
  const table = rows.map(({ code, meaning, data }) => {
    return `| \`${code}\` | ${meaning} | ${data.join(', ')} | ${errorAdvice[code]} |`;
  });
  return `# Errors

Every failure is a \`PolyratchetError\` with a \`code\` of this closed list and typed \`data\`. A caller can act on the code
alone. Neither message nor data ever holds a secret. This page is generated from \`src/core/errors.ts\`.

<!-- prettier-ignore -->
| code | meaning | data | what the caller does |
| --- | --- | --- | --- |
${table.join('\n')}

A field with \`?\` is there where it is known: \`device\` in the rooms that know addresses.
`;
}
