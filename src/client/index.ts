/**
 * The interfaces that an application implements.
 *
 * @module
 */
export type { Envelope, OutgoingEnvelope, PublishedPreKeys, SendReceipt, Server } from './server.js';
