/** What injected interfaces can do wrong, whatever they are asked. */

/** Something instead of the right answer; `answer` is the right one, if it is asked for. */
export type Fault = (answer: () => Promise<unknown>) => unknown;

/** Faults of any call that has an answer. */
export const ANY_FAULT: Readonly<Record<string, Fault>> = {
  'throws at once': () => {
    throw new Error('out of order');
  },
  rejects: () => Promise.reject(new Error('out of order')),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as some libraries do
  'rejects with nothing': () => Promise.reject(),
  hangs: () => new Promise(() => undefined),
  'does it, and hangs': (answer) => answer().then(() => new Promise(() => undefined)),
  'does it, and rejects': (answer) => answer().then(() => Promise.reject(new Error('out of order'))),
  'returns no promise': () => 'committed',
  'returns nothing': () => undefined,
};

/** Answers of the wrong type. */
export const WRONG_ANSWERS: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  'a number': 7,
  NaN,
  'a text': 'committed ',
  'an object': {},
  'an array': [7, null, undefined],
  'a function': () => undefined,
};

/** The faults of a call of which none of the wrong answers is right. */
export function faultsWith(
  wrong: Readonly<Record<string, unknown>>,
  only: readonly string[] = Object.keys(ANY_FAULT),
): readonly (readonly [string, Fault])[] {
  return [
    ...only.map((name) => [name, ANY_FAULT[name]!] as const),
    ...Object.entries(wrong).map(
      ([name, value]) => [`answers ${name}`, () => Promise.resolve(value)] as const,
    ),
  ];
}

/** An interface of which one method can be broken, and mended again. */
export class Breakable<Interface extends object> {
  readonly whole: Interface;
  #broken: { readonly method: string; readonly fault: Fault; times: number } | undefined;
  /** How often a broken method was called. */
  hits = 0;

  constructor(whole: Interface) {
    this.whole = whole;
  }

  break(method: string, fault: Fault, times = Infinity): void {
    this.#broken = { method, fault, times };
    this.hits = 0;
  }

  mend(): void {
    this.#broken = undefined;
  }

  /** Another object with the same methods. */
  wrap<Other extends object>(target: Other): Other {
    return new Proxy(target, {
      get: (inner, name) => {
        const method = Reflect.get(inner, name) as (...args: readonly unknown[]) => Promise<unknown>;
        return (...args: readonly unknown[]): unknown => {
          const broken = this.#broken;
          if (broken?.method !== name || broken.times <= 0) return method(...args);
          broken.times--;
          this.hits++;
          return broken.fault(() => method(...args));
        };
      },
    });
  }
}
