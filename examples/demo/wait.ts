/** Waiting: devices act by themselves, and the story goes on when they have. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Whatever should happen happens within this time, or never. */
const PATIENCE_MS = 20_000;

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await sleep(2);
  }
}
