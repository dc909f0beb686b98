/**
 * The bounds of a Double Ratchet, each with its reason. Signal's clients have the same.
 *
 * @module
 */

/**
 * Chain steps that one call may spend: so far may a message be ahead of the last one of its chain. Bounds what a forged
 * counter costs (about 0.1 s) and is far above any real gap.
 */
export const MAX_CHAIN_STEPS = 25_000;

/** Skipped message keys kept per receiving chain; the oldest go first. Bounds a session's size at about 72 KB a chain. */
export const MAX_SKIPPED_KEYS = 2_000;

/** Receiving chains kept: so many turns of the conversation may a message be late. */
export const MAX_RECEIVING_CHAINS = 5;

/** The last counter that is never used: a chain that reaches it must be renewed, so that no counter comes twice. */
export const COUNTER_LIMIT = 0xffff_ffff;
