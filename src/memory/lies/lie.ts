/**
 * The lies of a lying server.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import type { Envelope, FanoutAnswer } from '../../fanout/index.js';

/** Whom a lie is told: all devices unless some are named. */
export interface Told {
  /** Addresses of the devices that hear it; the others hear the truth. */
  readonly to?: readonly Address[];
}

/** Whose devices a lie is about, and whom it is told. */
export interface OfAccount extends Told {
  /** Address of the account. */
  readonly account: Address;
}

/** Which device a lie is about, and whom it is told. */
export interface OfDevice extends Told {
  /** Address of the device. */
  readonly device: Address;
}

/** Which envelopes a lie is about: all unless some devices are named. */
export interface OfEnvelopes {
  /** Addresses of their senders. */
  readonly from?: readonly Address[];
  /** Addresses of their receivers. */
  readonly to?: readonly Address[];
}

/** How a device that the server has made up is made to look like one of the account's. */
export type Forgery =
  /** It shows no signatures. */
  | 'unsigned'
  /** It names the account's primary, whose signature is made up. */
  | 'forged'
  /** It shows the signatures of one of the account's companions. */
  | 'borrowed'
  /** It is signed by a primary that is made up too, as is the list that names it. */
  | 'other-primary';

/** Lies about which devices an account has. */
export type ListLie =
  | (OfAccount & {
      /** Adds a companion that the server has made up, to the list of devices and among the bundles. */
      readonly kind: 'add-device';
      /** How it is made to look genuine. */
      readonly forgery: Forgery;
    })
  | (OfAccount & {
      /** Puts a primary of its own in the place of the account's, with a list that it has signed itself. */
      readonly kind: 'replace-account';
    })
  | (OfAccount & {
      /** Goes on telling what it would tell now, whatever the account publishes. */
      readonly kind: 'withhold-list';
    })
  | (OfAccount & {
      /** Tells what it told before the last publications of the account's list. */
      readonly kind: 'roll-back-list';
      /** How many publications are taken back; at most, the first one stays. */
      readonly steps: number;
    })
  | {
      /** Shows some devices the account's list before its newest: two views of one account, or two lists of one time. */
      readonly kind: 'fork-list';
      /** Address of the account. */
      readonly account: Address;
      /** Addresses of the devices that see the older one. */
      readonly to: readonly Address[];
    }
  | (OfDevice & {
      /** Leaves out a device that the account has. */
      readonly kind: 'hide-device';
    })
  | {
      /** Says to a device and to all others that its primary has unlinked it. */
      readonly kind: 'unlink';
      /** Address of the device. */
      readonly device: Address;
    }
  | (OfDevice & {
      /** Claims that a device of the own account, real or not, was connected at a time. */
      readonly kind: 'claim-last-used';
      /** Milliseconds since 1970. */
      readonly lastUsed: number;
    });

/** Lies about the keys of devices. */
export type BundleLie =
  | (OfDevice & {
      /** Gives the bundle of another device for that of a device. */
      readonly kind: 'swap-bundle';
      /** Whose bundle is given: one of a device that the server has made up, unless given. */
      readonly by?: Address;
    })
  | (OfDevice & {
      /** Puts a prekey of its own into the bundle of a device: the signed one, or the one-time one, which nobody signs. */
      readonly kind: 'swap-prekey';
      /** Which prekey. */
      readonly which: 'signed' | 'one-time';
    })
  | (OfDevice & {
      /** Gives the same bundle of a device again and again, its one-time prekey with it. */
      readonly kind: 'repeat-bundle';
    })
  | (OfDevice & {
      /** Keeps the one-time prekeys of a device to itself. */
      readonly kind: 'withhold-prekeys';
    })
  | {
      /** Says another number of one-time prekeys to a device that counts its own. */
      readonly kind: 'miscount-prekeys';
      /** Address of the device. */
      readonly device: Address;
      /** The number. */
      readonly count: number;
    };

/** Lies about messages. */
export type MailLie =
  | (OfEnvelopes & {
      /** Loses envelopes. */
      readonly kind: 'drop';
    })
  | (OfEnvelopes & {
      /** Delivers envelopes twice. */
      readonly kind: 'duplicate';
    })
  | (OfEnvelopes & {
      /** Keeps envelopes until the lie ends. */
      readonly kind: 'delay';
    })
  | (OfEnvelopes & {
      /** Keeps envelopes until there are so many, and delivers them in the reverse order; the rest when the lie ends. */
      readonly kind: 'reorder';
      /** How many are kept. */
      readonly count: number;
    })
  | (OfEnvelopes & {
      /** Shows a message in another chat: as from another device. */
      readonly kind: 'impersonate';
      /** Address of the device that seems to have sent it. */
      readonly as: Address;
    })
  | (OfEnvelopes & {
      /** Puts envelopes into the mailbox of another device. */
      readonly kind: 'misdeliver';
      /** Address of that device. */
      readonly into: Address;
    })
  | (OfEnvelopes & {
      /** Delivers once more, at once, what was delivered before, acknowledged or not. */
      readonly kind: 'replay';
    })
  | {
      /** Delivers, at once, an envelope that nobody has sent. */
      readonly kind: 'inject';
      /** The envelope, sender and time included. */
      readonly envelope: Envelope;
    }
  | {
      /** Answers sends with devices that are stale, missing or extra, or with a hash, that it has made up. */
      readonly kind: 'answer-send';
      /** What stands in the place of the true answer's parts. */
      readonly answer: FanoutAnswer;
      /** Addresses of the senders; all unless given. */
      readonly to?: readonly Address[];
    };

/** Lies about time and links. */
export type OtherLie =
  | (Told & {
      /** Is ahead of its own clock, or behind it: when it is asked, and when it says when an envelope came. */
      readonly kind: 'wrong-time';
      /** Milliseconds; negative where it is behind. */
      readonly ahead: number;
    })
  | {
      /** Gives each of two companions the approval that was left for the other. */
      readonly kind: 'swap-approvals';
      /** The two links. */
      readonly refs: readonly [string, string];
    }
  | {
      /** Approves a companion under another address than the one that the primary was told. */
      readonly kind: 'wrong-address';
      /** The link. */
      readonly ref: string;
      /** The address that the companion is told. */
      readonly address: Address;
    };

/** A lie, told from the moment it is asked for until it ends. */
export type Lie = ListLie | BundleLie | MailLie | OtherLie;
