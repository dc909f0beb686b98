/**
 * What the two ends of a link leave for each other at a server.
 *
 *     companion           at the server           primary
 *     offerLink ────────►  labels, hello*  ──────►  fetchLinkOffers*, fetchLink
 *     fetchLink ◄────────     answer*      ◄──────  answerLink*
 *     finishLink* ──────►     finish*      ──────►  fetchLink
 *     fetchLink ◄────────     approval     ◄──────  approveLink
 *     completeLink ─────►  signedIdentity  ──────►  fetchLink               * by code only
 *
 * The server sees no secret: the QR code goes from screen to camera, a code through a person, and what both ends take from
 * here is checked by `polyratchet/devices`.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { CompanionFinish, CompanionHello, CompanionLabels, PrimaryHello } from '../devices/index.js';

/** A companion's wish to be linked, on its way to the server. */
export interface OutgoingLinkOffer extends CompanionLabels {
  /** Absent where the person scans a QR code. */
  readonly code?: {
    /** Whose phone the person will type the code into. */
    readonly account: Address;
    /** The hello of `startCodeLink`: the ephemeral key under the code, 80 bytes. */
    readonly wrappedEphemeral: Uint8Array;
  };
}

/** The primary's approval, and what the server adds to it. */
export interface LinkApproval {
  /** ADVSignedDeviceIdentityHMAC bytes, for `completeLink` of `polyratchet/devices`. */
  readonly container: Uint8Array;
  /** The companion's address: the server gives each device number of an account once. */
  readonly address: Address;
}

/** How far a link has come: each step is left once, and both ends look for the next one. */
export interface LinkExchange extends CompanionLabels {
  /** Names the exchange: for `createLinkOffer` and `offerCodeLink`. */
  readonly ref: string;
  /** By code, from the companion: for `answerCodeLink`. */
  readonly hello?: CompanionHello;
  /** By code, from the primary: for `finishCodeLink`. */
  readonly answer?: PrimaryHello;
  /** By code, from the companion: for `acceptCodeLink`. */
  readonly finish?: CompanionFinish;
  /** From the primary: for `completeLink`. */
  readonly approval?: LinkApproval;
  /** From the companion, ADVSignedDeviceIdentity bytes: for `confirmCompanion`. */
  readonly signedIdentity?: Uint8Array;
}

/** What a device asks of a server as long as it has no address. */
export interface LinkingServer {
  /** Asks to be linked; the answer is the ref that names the exchange. */
  offerLink(offer: OutgoingLinkOffer): Promise<string>;
  /** How far the exchange has come. */
  fetchLink(ref: string): Promise<LinkExchange>;
  /** By code: leaves what `finishCodeLink` has made. */
  finishLink(finish: CompanionFinish): Promise<void>;
  /** Leaves the companion's signature; the device is linked then, and connects with its address. */
  completeLink(reply: { readonly ref: string; readonly signedIdentity: Uint8Array }): Promise<void>;
  /** Ends the connection; later calls fail. */
  close(): void;
}
