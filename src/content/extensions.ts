/**
 * The fields that later modules bring along: each a row of a number that is reserved for the library.
 *
 * @module
 */
import { inputObject } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import type { OptionalRow, Table } from '../wire/index.js';

/** The numbers that are reserved for extensions. */
export const EXTENSION_FIELDS = {
  /** The lowest. */
  first: 1004,
  /** The highest. */
  last: 1019,
} as const;

/** Extensions by name: optional rows of a table, with numbers of 1004 … 1019. */
export type ContentExtensions = Readonly<Record<string, OptionalRow<unknown>>>;

/** No extensions. */
export type NoExtensions = Readonly<Record<string, never>>;

/** The values of extensions, each with the type that its row reads. */
export type ExtensionValues<Extensions extends ContentExtensions> = {
  readonly [Name in keyof Extensions]?: [Extensions[Name]] extends [never]
    ? never
    : Extensions[Name] extends OptionalRow<infer Value>
      ? Value
      : never;
};

/** Values whose types only the extensions know. */
export type AnyValues = Readonly<Record<string, unknown>>;

/** Whether a field has one of the reserved numbers. */
export function isExtensionField({ number }: { readonly number: number }): boolean {
  return number >= EXTENSION_FIELDS.first && number <= EXTENSION_FIELDS.last;
}

/**
 * The table of some extensions; a number that none of them has is refused by it.
 *
 * @throws PolyratchetError `invalid-argument`: a number that is not reserved for extensions, or one twice.
 */
export function extensionTable(extensions: ContentExtensions = NONE): Table<AnyValues> {
  let table = tables.get(inputObject('extensions', extensions));
  if (table === undefined) {
    const numbers = Object.values(extensions).map((row) => inputObject('extensions', row).number);
    if (
      !numbers.every((number) => isExtensionField({ number })) ||
      new Set(numbers).size !== numbers.length
    ) {
      throw invalidArgument(
        'extensions',
        `different numbers from ${EXTENSION_FIELDS.first} to ${EXTENSION_FIELDS.last}`,
        'others',
      );
    }
    table = { name: 'Content', unknown: 'reject', rows: extensions };
    tables.set(extensions, table);
  }
  return table;
}

const NONE: ContentExtensions = {};

/** The table of each set of extensions, made once: the codec prepares its rows by the table's identity. */
const tables = new WeakMap<ContentExtensions, Table<AnyValues>>();
