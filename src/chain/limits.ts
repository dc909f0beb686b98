/**
 * The bounds of a chain, each with its reason. Signal's clients have the same.
 *
 * @module
 */

/**
 * Chain steps that one call may spend: so far may a message be ahead of the last one of its chain. Bounds what a forged
 * counter costs (about 0.1 s) and is far above any real gap.
 */
export const MAX_CHAIN_STEPS = 25_000;

/** Skipped message keys kept per receiving chain; the oldest go first. Bounds a chain's size at about 72 KB. */
export const MAX_SKIPPED_KEYS = 2_000;

/** The last counter that is never used: a chain that reaches it must be renewed, so that no counter comes twice. */
export const COUNTER_LIMIT = 0xffff_ffff;
