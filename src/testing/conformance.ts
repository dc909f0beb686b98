/**
 * What a conformance suite is made of: cases with a name, and the error with which one fails.
 *
 * @module
 */
import { isBytes, toHex } from '../core/bytes.js';

/** One thing that an implementation has to do. */
export interface ConformanceCase {
  /** What it has to do, as a sentence about it. */
  readonly name: string;
  /** Tries it; rejected with a {@link ConformanceError} where it is not done, and with whatever the implementation throws. */
  readonly run: () => Promise<void>;
}

/** An implementation does not do what it has to: the message says what was expected, and what came. */
export class ConformanceError extends Error {
  /** Makes an error. */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ConformanceError';
  }
}

/** What is tried with a fresh implementation. */
export interface Trial<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** Cases from trials: each has a fresh subject. */
export function casesOf<Subject>(
  trials: readonly Trial<Subject>[],
  create: () => Promise<Subject>,
): readonly ConformanceCase[] {
  return trials.map(({ name, run }) => ({
    name,
    run: async () => {
      await run(await create());
    },
  }));
}

/** Values that can be told apart by their text. */
export type Comparable = Uint8Array | string | number | boolean | null | undefined | readonly Comparable[];

/**
 * Fails unless what came is what was expected.
 *
 * @throws ConformanceError
 */
export function expectSame(what: string, got: Comparable, expected: Comparable): void {
  if (textOf(got) === textOf(expected)) return;
  throw new ConformanceError(`${what}: expected ${shown(expected)}, got ${shown(got)}`);
}

/**
 * Fails unless something holds.
 *
 * @throws ConformanceError
 */
export function expectThat(what: string, holds: boolean): void {
  if (!holds) throw new ConformanceError(what);
}

/**
 * Fails unless a call is refused.
 *
 * @throws ConformanceError
 */
export async function expectRefusal(what: string, call: () => Promise<unknown>): Promise<void> {
  let isRefused = false;
  try {
    await call();
  } catch {
    isRefused = true;
  }
  expectThat(`${what}: expected a rejected promise, got an answer`, isRefused);
}

function textOf(value: Comparable): string {
  if (isBytes(value)) return `0x${toHex(value)}`;
  if (typeof value === 'object' && value !== null) return `[${value.map(textOf).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Long enough to recognise, short enough to read. */
function shown(value: Comparable): string {
  const text = textOf(value);
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`;
}
