/** Time that a test owns: nothing happens by itself, and nobody waits. */
import type { Clock } from 'polyratchet';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock whose time and timers move when the test says so. */
export class ManualClock implements Clock {
  #now: number;
  #timers: readonly Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers = [...this.#timers, timer];
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets time pass, and each timer ring in its turn. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    while (this.#ring(until)) await settled();
    this.#now = until;
  }

  /** As when a machine has slept: all that is due rings at once, and what it plans is planned from now. */
  async jump(ms: number): Promise<void> {
    await settled();
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
    await settled();
  }

  /** Lets time pass until a promise is settled; fails if nothing is left that could settle it. */
  async until<Result>(promise: Promise<Result>): Promise<Result> {
    const wait = { isOver: false };
    const end = (): void => {
      wait.isOver = true;
    };
    promise.then(end, end);
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      await settled();
      if (wait.isOver) return promise;
      if (!this.#ring(Infinity)) break;
    }
    throw new Error('nothing is left that it could wait for');
  }

  /** Rings the next timer. */
  #ring(until: number): boolean {
    const next = this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
    if (next === undefined || next.at > until) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }
}

/** Timers that one wait may ring. */
const MOST_STEPS = 5_000;

/** Lets everything run that needs no time: all microtasks come before the next message of a channel. */
export function settled(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
