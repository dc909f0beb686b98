/**
 * The interfaces that an application implements.
 *
 * @module
 */
export type { LinkApproval, LinkExchange, LinkingServer, OutgoingLinkOffer } from './linking.js';
export type {
  Envelope,
  OutgoingEnvelope,
  PublishedDeviceList,
  PublishedPreKeys,
  SendReceipt,
  Server,
} from './server.js';
