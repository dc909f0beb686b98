/**
 * The bound of a Double Ratchet beyond those of its chains. Signal's clients have the same.
 *
 * @module
 */

/** Receiving chains kept: so many turns of the conversation may a message be late. */
export const MAX_RECEIVING_CHAINS = 5;
