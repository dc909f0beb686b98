/** The TypeScript settings under which tests, scripts and examples see the library. */
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './project.js';

/** The compiler options of tsconfig.tools.json, where `polyratchet/*` leads to the source. */
export function toolOptions(): ts.CompilerOptions {
  const path = join(root, 'tsconfig.tools.json');
  const { config } = ts.readConfigFile(path, (name) => ts.sys.readFile(name)) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}
