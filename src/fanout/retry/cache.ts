/**
 * Which plaintexts are kept for retries, and which go.
 *
 * @module
 */
import { inputList, inputObject, inputTime } from '../../core/check.js';
import { inputMessageId } from '../../content/index.js';
import { isOver, MAX_CACHED_MESSAGES, RETRY_LIFETIME_MS } from './limits.js';
import type { SentMessage } from './sent.js';

/** A message that is kept. */
export type CachedMessage = Pick<SentMessage, 'messageId' | 'sentAt'>;

/** Which sent messages are kept; each is a record of its own, since one alone can be as large as a store's values. */
export interface ResendCache {
  /** Their ids and times, in the order in which they were sent. */
  readonly messages: readonly CachedMessage[];
}

/** What to keep. */
export interface UpdateResendCacheOptions {
  /** What is kept so far. */
  readonly cache?: ResendCache;
  /** A message to keep from now on. */
  readonly sent?: CachedMessage;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What is kept, and what is not any more. */
export interface UpdatedResendCache {
  /** To be stored. */
  readonly cache: ResendCache;
  /** Ids of the messages whose records are to be deleted in the same write. */
  readonly evicted: readonly string[];
}

/**
 * Adds a message to those that are kept, and says which go: what is 24 hours old, and all but the newest 256.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { updateResendCache } from 'polyratchet/fanout';
 *
 * const now = Date.now();
 * const { cache } = updateResendCache({ sent: { messageId: '3EB0C4', sentAt: now }, now });
 * const later = updateResendCache({ cache, now: now + 24 * 60 * 60 * 1000 });
 * later.evicted; // ['3EB0C4']
 * ```
 */
export function updateResendCache(options: UpdateResendCacheOptions): UpdatedResendCache {
  const { cache = { messages: [] }, sent } = inputObject('options', options);
  const now = inputTime('now', options.now);
  const others = inputCache(cache).messages.filter(({ messageId }) => messageId !== sent?.messageId);
  const all = [...others, ...(sent === undefined ? [] : [inputCached(sent)])].sort(
    (one, other) => one.sentAt - other.sentAt,
  );
  const live = all.filter(({ sentAt }) => !isOver(sentAt, RETRY_LIFETIME_MS, now));
  const kept = new Set(live.slice(-MAX_CACHED_MESSAGES));
  return {
    cache: { messages: [...kept] },
    evicted: all.filter((message) => !kept.has(message)).map(({ messageId }) => messageId),
  };
}

function inputCached(sent: CachedMessage): CachedMessage {
  const { messageId, sentAt } = inputObject('sent', sent);
  return { messageId: inputMessageId(messageId), sentAt: inputTime('sentAt', sentAt) };
}

/**
 * What is kept.
 *
 * @throws PolyratchetError `invalid-argument`: something else.
 */
export function inputCache(cache: ResendCache): ResendCache {
  const { messages } = inputObject('cache', cache);
  inputList('cache.messages', messages);
  return cache;
}
