/**
 * Checks that `exports` in package.json, the source and its comments tell the same story.
 *
 * Build, API reference and sizes derive from `exports`. What can still differ is checked here: each subpath has its
 * module, `paths` in tsconfig.tools.json lead to that module, the module's first comment names the subpath, and no
 * module claims a subpath that does not exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { toolOptions } from './compiler.js';
import { entryPoints, filesUnder, report, root, type EntryPoint } from './project.js';

const entries = entryPoints();
const compilerOptions = toolOptions();
const problems = [...entries.flatMap(checkEntry), ...claimedSubpaths().flatMap(checkClaim)];
report(problems, `subpaths: ${String(entries.length)} entry points have their module, path and comment`);

function checkEntry({ specifier, output }: EntryPoint): string[] {
  const file = join(root, 'src', `${output}.ts`);
  if (!existsSync(file)) return [`package.json: ${specifier} has no module src/${output}.ts`];
  const comment = firstComment(file);
  const { resolvedModule } = ts.resolveModuleName(
    specifier,
    join(root, 'test/x.ts'),
    compilerOptions,
    ts.sys,
  );
  const found = resolvedModule?.resolvedFileName;
  return [
    ...(found === file
      ? []
      : [`tsconfig.tools.json: paths lead ${specifier} to ${String(found)}, not to ${file}`]),
    ...(subpathIn(comment) === specifier
      ? []
      : [`src/${output}.ts: the first comment lacks "Subpath: \`${specifier}\`"`]),
    ...(comment.includes('@module') ? [] : [`src/${output}.ts: the first comment lacks @module`]),
  ];
}

/** Files that say in their first comment which subpath they are. */
function claimedSubpaths(): { path: string; specifier: string }[] {
  return filesUnder('src').flatMap((path) => {
    const specifier = subpathIn(firstComment(join(root, 'src', path)));
    return specifier === undefined ? [] : [{ path, specifier }];
  });
}

function checkClaim({ path, specifier }: { path: string; specifier: string }): string[] {
  const isExported = entries.some((entry) => entry.specifier === specifier && `${entry.output}.ts` === path);
  return isExported ? [] : [`src/${path}: package.json does not export it as ${specifier}`];
}

/** Empty when the file does not begin with a comment. */
function firstComment(file: string): string {
  return /^\/\*\*.*?\*\//s.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
}

function subpathIn(comment: string): string | undefined {
  return /Subpath: `([^`]+)`/.exec(comment)?.[1];
}
