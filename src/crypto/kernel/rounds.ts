/**
 * Thousands of rounds of SHA-512: the fingerprints of two people.
 *
 * The operation is written here over a provider's SHA-512, and in WebAssembly over two lanes (`sha512.ts`); both give the
 * same bytes.
 *
 * @module
 */

/** Two byte strings, one a person. */
export type Pair = readonly [Uint8Array, Uint8Array];

/**
 * For each of two: `rounds` times state = SHA-512(state ‖ suffix), beginning with a state of 64 bytes.
 *
 * The result is the last two states in one fresh array.
 */
export type Sha512Rounds = (states: Pair, suffixes: Pair, rounds: number) => Uint8Array;

/** Bytes of a state. */
export const STATE = 64;

/** One after the other. */
export function sequentialRounds(sha512: (data: Uint8Array) => Uint8Array): Sha512Rounds {
  const iterate = (state: Uint8Array, suffix: Uint8Array, rounds: number): Uint8Array => {
    const message = new Uint8Array(STATE + suffix.length);
    message.set(state);
    message.set(suffix, STATE);
    for (let left = rounds; left > 0; left--) message.set(sha512(message));
    return message.subarray(0, STATE);
  };
  return (states, suffixes, rounds) => {
    const last = new Uint8Array(2 * STATE);
    last.set(iterate(states[0], suffixes[0], rounds));
    last.set(iterate(states[1], suffixes[1], rounds), STATE);
    return last;
  };
}
