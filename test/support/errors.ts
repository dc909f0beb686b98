/** Expecting typed errors. */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import { expect } from 'vitest';

/** Runs something that must fail with a code, and returns the error for a closer look. */
export function expectError<Code extends ErrorCode>(code: Code, run: () => unknown): PolyratchetError<Code> {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(PolyratchetError.is(error) ? error.code : error, 'the code of the error').toBe(code);
  return error as PolyratchetError<Code>;
}

/** The same for a promise that must be rejected. */
export async function expectRejection<Code extends ErrorCode>(
  code: Code,
  call: Promise<unknown>,
): Promise<PolyratchetError<Code>> {
  const caught = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  return expectError(code, () => {
    if (caught !== undefined) throw caught as Error;
  });
}
