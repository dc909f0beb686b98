/** The API reference: every subpath of package.json is an entry point, and an export without a comment is an error. */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const modules = Object.values(manifest.exports).filter((target) => typeof target !== 'string');

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  entryPoints: modules.map((target) => target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  tsconfig: 'tsconfig.json',
  out: 'docs/api',
  disableSources: true, // no links to lines: the reference is read beside the source it was made from
  excludeInternal: true,
  excludePrivate: true,
  intentionallyNotExported: ['CLIENT_TYPES', 'OptionalRow', 'TYPE_NUMBERS'], // names and rows behind public types
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Function', 'Interface', 'Property', 'TypeAlias', 'Variable', 'Class', 'Method'],
  treatValidationWarningsAsErrors: true,
  treatWarningsAsErrors: true,
};
