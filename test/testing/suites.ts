/** Running conformance suites in this project's own runner, and against implementations that are broken on purpose. */
import { ConformanceError, type ConformanceCase } from 'polyratchet/testing';
import { expect, test } from 'vitest';

/** The cases as tests. */
export function runCases(cases: readonly ConformanceCase[]): void {
  for (const { name, run } of cases) test(name, run);
}

/** Runs one case, and returns what it fails with. */
export async function failureOf(cases: readonly ConformanceCase[], name: string): Promise<unknown> {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  return found.run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Checks that a mutant is caught by the case that is meant for it, with an error that a person can read. */
export async function expectCaught(cases: readonly ConformanceCase[], name: string): Promise<void> {
  const error = await failureOf(cases, name);
  expect(error, name).toBeInstanceOf(ConformanceError);
  expect((error as Error).message).toMatch(/expected|nothing came/);
}
