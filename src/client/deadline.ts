/**
 * Calls of injected interfaces: each has a deadline, and whatever goes wrong in it is one typed error.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { PolyratchetError, type ErrorCode } from '../core/errors.js';
import type { Clock } from '../core/system.js';

/** What a call of one interface may take, and what its failures are called. */
export interface CallRules {
  /** Whose timers are used. */
  readonly clock: Clock;
  /** Milliseconds that a call may take. */
  readonly limit: number;
  /** What an error of the interface is called. */
  readonly code: 'store-failed' | 'server-failed';
  /** Errors that the interface may throw, and that mean the same to the caller. */
  readonly passed: readonly ErrorCode[];
}

/** Trouble of the client, its store or its server, in which nothing else will do better. */
export const STOPPING_CODES: readonly ErrorCode[] = [
  'server-failed',
  'deadline',
  'closed',
  'store-failed',
  'store-conflict',
  'device-revoked',
];

interface PendingCall {
  readonly operation: string;
  readonly since: number;
  readonly reject: (error: PolyratchetError) => void;
  isOver: boolean;
}

/** The calls of one interface. All have the same time, so one timer watches the oldest of them. */
export class Calls {
  readonly #rules: CallRules;
  #pending: PendingCall[] = [];
  #stop: (() => void) | undefined;

  constructor(rules: CallRules) {
    this.#rules = rules;
  }

  /**
   * Calls an injected function and takes its answer, if it comes in time and is what it should be.
   *
   * After a deadline the call may still have its effect: whoever goes on reads again first.
   *
   * @throws PolyratchetError `deadline`; the code of the rules, with what was thrown as its cause.
   */
  make<Answer>(
    operation: string,
    call: () => Promise<Answer>,
    check: (answer: Answer) => string | undefined,
  ): Promise<Answer> {
    const { clock, code } = this.#rules;
    return new Promise<Answer>((resolve, reject) => {
      const pending: PendingCall = { operation, since: clock.now(), reject, isOver: false };
      const fail = (cause: unknown): void => {
        pending.isOver = true;
        reject(asTyped(this.#rules, operation, cause));
      };
      const take = (answer: Answer): void => {
        pending.isOver = true;
        try {
          const why = check(answer);
          if (why === undefined) resolve(answer);
          else reject(new PolyratchetError(code, { operation, why }));
        } catch (cause) {
          reject(new PolyratchetError(code, { operation, why: 'a strange answer' }, { cause }));
        }
      };
      this.#watch(pending);
      try {
        call().then(take, fail);
      } catch (cause) {
        fail(cause);
      }
    });
  }

  /** Calls an injected function that answers at once. */
  makeAtOnce<Answer>(operation: string, call: () => Answer): Answer {
    try {
      return call();
    } catch (cause) {
      throw asTyped(this.#rules, operation, cause);
    }
  }

  /** Ends the watch: whoever still waits for an answer is told that the client is closed. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    const live = this.#pending.filter(({ isOver }) => !isOver);
    this.#pending = [];
    for (const { reject } of live) reject(new PolyratchetError('closed', { what: 'client' }));
  }

  #watch(pending: PendingCall): void {
    if (this.#pending.length >= MAX_WATCHED) this.#pending = this.#pending.filter(({ isOver }) => !isOver);
    this.#pending.push(pending);
    this.#stop ??= this.#rules.clock.after(this.#rules.limit, () => {
      this.#expire();
    });
  }

  /** Rejects what has had its time, and sets the timer for what has not. */
  #expire(): void {
    this.#stop = undefined;
    const { clock, limit } = this.#rules;
    const now = clock.now();
    const live = this.#pending.filter(({ isOver }) => !isOver);
    // A clock that was set back has not stopped the timer: a call from the future has had its time as well.
    const isLate = ({ since }: PendingCall): boolean => !(now - since >= 0 && now - since < limit);
    this.#pending = live.filter((call) => !isLate(call));
    const [oldest] = this.#pending;
    if (oldest !== undefined) {
      this.#stop = clock.after(limit - (now - oldest.since), () => {
        this.#expire();
      });
    }
    for (const { operation, reject } of live.filter(isLate)) {
      reject(new PolyratchetError('deadline', { operation, limit }));
    }
  }
}

/** Calls that are remembered before those that are over are thrown out. */
const MAX_WATCHED = 64;

function asTyped({ code, passed }: CallRules, operation: string, cause: unknown): PolyratchetError {
  if (PolyratchetError.is(cause) && passed.includes(cause.code)) return cause;
  return new PolyratchetError(code, { operation }, { cause });
}

/** Whether an answer is a `Map`, or as good as one. */
export function isMapLike(answer: unknown): answer is ReadonlyMap<unknown, unknown> {
  return typeof answer === 'object' && answer !== null && 'get' in answer && typeof answer.get === 'function';
}

/** What is wrong with an answer that should have been something else. */
export function insteadOf(expected: string, answer: unknown): string {
  return `expected ${expected}, got ${describe(answer)}`;
}
