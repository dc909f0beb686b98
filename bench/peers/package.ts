/** What every adapter needs. */
import { readFileSync } from 'node:fs';

/** The version in an installed package's manifest, so that results never name another one than what ran. */
export function versionOf(folder: string): string {
  const manifest = new URL(`node_modules/${folder}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}

/** What must be in a store. */
export function found<Value>(what: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
