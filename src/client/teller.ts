/**
 * Telling the application: of what happens, and of what an earlier run has stored and may not have told.
 *
 * @module
 */
import type { Core } from './core.js';
import type { ClientEvent } from './events.js';
import { listInbox } from './inbox.js';
import { UNTOLD } from './keys.js';
import { untoldRecord } from './untold.js';

/** Tells a client's application. */
export class Teller {
  readonly #core: Core;
  /** Messages of which this client has told. */
  readonly #told = new Set<string>();
  /** While the inbox is being listed, messages that are acknowledged meanwhile: the listing may have them still. */
  #acknowledged: Set<string> | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Tells events that are written. */
  tell(events: readonly ClientEvent[]): void {
    for (const event of events) {
      if (event.kind === 'message') this.#told.add(event.message.key);
      this.#core.events.emit(event);
    }
  }

  /** Tells what the store holds for it: events first, then the messages of which this client has not told yet. */
  async tellStored(): Promise<void> {
    await this.#tellUntold();
    const acknowledged = new Set<string>();
    this.#acknowledged = acknowledged;
    try {
      const messages = await listInbox(this.#core);
      const untold = messages.filter(({ key }) => !this.#told.has(key) && !acknowledged.has(key));
      this.tell(untold.map((message) => ({ kind: 'message', message })));
    } finally {
      this.#acknowledged = undefined;
    }
  }

  /** Messages were acknowledged: they are not told again. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#told.delete(key);
      this.#acknowledged?.add(key);
    }
  }

  async #tellUntold(): Promise<void> {
    const { records, transactor } = this.#core;
    for await (const names of records.names(UNTOLD)) {
      const keys = names.map(untoldRecord);
      const events = await transactor.run(async (tx) => {
        await tx.load(...keys);
        return keys.flatMap((key) => tx.get(key) ?? []);
      });
      this.tell(events);
      await transactor.run((tx) => tx.remove(...keys));
    }
  }
}
