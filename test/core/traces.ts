/** Looking for known secret bytes in whatever a program prints, stores or sends by mistake. */
import { reveal, Secret } from '../../src/core/secret.js';

/** Secret bytes are looked for in pieces of this length, so that a cut or shifted copy shows too. */
const PIECE = 8;

/** Whether a text shows some of the bytes: raw, as hex, as base64 or as a list of numbers. */
export function showsBytes(text: string, bytes: Uint8Array): boolean {
  const dense = text.replace(/\s+/g, '');
  const haystacks = [
    text,
    dense.toLowerCase(),
    dense.replaceAll('-', '+').replaceAll('_', '/'),
    dense.replace(/["']?\d+["']?:/g, ''), // indexes of arrays printed as objects
  ];
  for (let start = 0; start + PIECE + 1 <= bytes.length; start++) {
    const notations = notationsOf(bytes.subarray(start, start + PIECE + 1));
    if (notations.some((notation) => haystacks.some((haystack) => haystack.includes(notation)))) return true;
  }
  return false;
}

/** Nine bytes, so that the base64 of every alignment is whole, in all notations. */
function notationsOf(piece: Uint8Array): string[] {
  const raw = String.fromCharCode(...piece);
  const hex = [...piece].map((byte) => byte.toString(16).padStart(2, '0'));
  return [
    raw,
    hex.join(''),
    hex.join(':'),
    hex.map((digits) => `0x${digits}`).join(','),
    btoa(raw),
    piece.join(),
  ];
}

/** The bytes of every secret inside a value, empty ones left out. */
export function secretsIn(value: unknown): Uint8Array[] {
  const all = reachable(value).flatMap((item) => (item instanceof Secret ? [reveal(item as Secret)] : []));
  return all.filter((bytes) => bytes.length > 0);
}

/** Every byte string that the properties of a value lead to, those that are not enumerable included. */
export function bytesIn(value: unknown): Uint8Array[] {
  return reachable(value).flatMap((item) => (item instanceof Uint8Array ? [item] : []));
}

function reachable(root: unknown): object[] {
  const found = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || found.has(value)) return;
    found.add(value);
    if (value instanceof Uint8Array) return;
    if (value instanceof Map || value instanceof Set) for (const item of value) visit(item);
    for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key]);
  };
  visit(root);
  return [...found];
}
