/** Finding secrets where they must not be: in errors, and in whatever an application may print. */
import { expect } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';

/** The secrets that are reachable from a value, as the forms in which they would show. */
export function secretsOf(value: unknown): readonly string[] {
  const found = new Set<string>();
  visit(value, (object) => {
    if (!(object instanceof Secret)) return;
    const bytes = reveal(object as Secret);
    if (bytes.length >= 16) for (const form of formsOf(bytes)) found.add(form);
  });
  return [...found];
}

/** Expects that nothing that a value shows is a secret. */
export function expectNoSecrets(value: unknown, secrets: readonly string[]): void {
  expect(secrets.length, 'secrets to look for').toBeGreaterThan(0);
  const shown = textOf(value);
  expect(
    secrets.filter((secret) => shown.includes(secret)),
    'secrets that are shown',
  ).toEqual([]);
}

/** The first 16 bytes in hexadecimal, in base64, and as decimal numbers: a part is as bad as the whole. */
function formsOf(bytes: Uint8Array): readonly string[] {
  const part = bytes.subarray(0, 15);
  return [toHex(part), btoa(String.fromCharCode(...part)), part.join(','), part.join(', ')];
}

/** Everything that a value shows: its text, its JSON, and its properties to the last, byte strings in hexadecimal. */
function textOf(value: unknown): string {
  const texts: string[] = [];
  visit(value, (object) => {
    texts.push(object instanceof Uint8Array ? toHex(object) : safely(() => String(object)));
    texts.push(safely(() => JSON.stringify(object)));
    if (object instanceof Error) texts.push(object.message, object.stack ?? '');
  });
  return texts.join('\n');
}

function safely(text: () => string | undefined): string {
  try {
    return text() ?? '';
  } catch {
    return '';
  }
}

/** Calls back for a value and everything that is reachable from it. */
function visit(value: unknown, each: (value: unknown) => void, seen = new Set()): void {
  if (seen.has(value)) return;
  seen.add(value);
  each(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (value instanceof Map) for (const item of value.values()) visit(item, each, seen);
  for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key], each, seen);
}
