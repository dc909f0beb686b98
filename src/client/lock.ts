/**
 * A lock: what runs under it runs one after the other.
 *
 * @module
 */

/** One thing at a time. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs an action after those that were begun before. */
  run<Result>(action: () => Promise<Result>): Promise<Result> {
    const running = this.#last.then(action);
    this.#last = running.catch(() => undefined);
    return running;
  }

  /** Waits for the actions that were begun. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
