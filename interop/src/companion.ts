/** What another implementation's side of linking looks like to the cases. */

/** A device that asks to be linked. */
export interface Companion {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** 32 bytes. */
  readonly identityKey: Uint8Array;
  /** 32 bytes. */
  readonly linkingSecret: Uint8Array;
  /** What it would show. */
  readonly qr: string;
  /** Takes the primary's answer, or throws. */
  complete(container: Uint8Array): Completed;
}

/** What a companion makes of the primary's answer. */
export interface Completed {
  /** ADVSignedDeviceIdentity bytes for the primary. */
  readonly reply: Uint8Array;
  /** ADVSignedDeviceIdentity bytes that it shows to others. */
  readonly signedIdentity: Uint8Array;
  /** The primary's identity key that it pins, 32 bytes. */
  readonly pinned: Uint8Array;
  readonly keyIndex: number;
}

/** An answer to a hello: one side's ephemeral key under the code. */
export interface Answer {
  readonly wrappedEphemeral: Uint8Array;
  /** 32 bytes. */
  readonly primaryIdentity: Uint8Array;
}

/** What a companion sends last. */
export interface Finish {
  readonly bundle: Uint8Array;
  /** 32 bytes. */
  readonly companionIdentity: Uint8Array;
}

/** A device that asks to be linked by code. */
export interface CodeCompanion {
  readonly code: string;
  readonly wrappedEphemeral: Promise<Uint8Array>;
  /** Takes the primary's answer; from then on it is a companion as after a QR code. */
  finish(answer: Answer): Promise<{ readonly finish: Finish; readonly companion: Companion }>;
}

/** A primary that links by code. */
export interface CodePrimary {
  /** 32 bytes. */
  readonly identityKey: Uint8Array;
  answer(code: string, wrappedEphemeral: Uint8Array): Promise<Answer>;
  /** The linking secret, 32 bytes. */
  accept(finish: Finish): Uint8Array;
}

/** How an implementation writes and reads a message. */
export interface MessageCodec {
  /** Bytes of a message; byte strings and numbers under the peer's names. */
  encode(message: object): Uint8Array;
  /** The message as plain data. */
  decode(bytes: Uint8Array): Record<string, unknown>;
}

/** The messages by which a primary vouches for devices. */
export interface AdvMessages {
  readonly keyIndexList: MessageCodec;
  readonly signedKeyIndexList: MessageCodec;
  readonly deviceIdentity: MessageCodec;
  readonly signedDeviceIdentity: MessageCodec;
  readonly container: MessageCodec;
}
