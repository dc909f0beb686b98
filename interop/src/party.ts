/** What every implementation looks like to the cases: a device that talks with exactly one other device. */

/** An encrypted message as it travels. */
export interface Message {
  /** `prekey`: it carries what the receiver needs to respond to a new session. */
  readonly type: 'prekey' | 'message';
  readonly bytes: Uint8Array;
}

export interface PublicPreKey {
  readonly id: number;
  /** 33 bytes: 0x05 and the key. */
  readonly publicKey: Uint8Array;
}

/** What a device publishes, in no implementation's own form. */
export interface Bundle {
  readonly registrationId: number;
  /** 33 bytes. */
  readonly identityKey: Uint8Array;
  readonly signedPreKey: PublicPreKey & { readonly signature: Uint8Array };
  readonly oneTimePreKey?: PublicPreKey;
}

/** A device with everything that it stores. */
export interface Party {
  /** Whose device it is, for the texts of failures. */
  readonly name: string;
  /** 33 bytes. */
  readonly identityKey: Uint8Array;
  /** First byte of every message that it sends. */
  readonly versionByte: number;
  /** So far may a message be ahead of the last one of its chain. */
  readonly maxJump: number;
  /** Whether it starts a session only if the signature of the signed prekey is right. */
  readonly checksSignedPreKey: boolean;
  /** So many keys of overtaken messages does it keep in one chain. */
  readonly maxSkippedKeys: number;
  /** Messages of so many turns of the other's does it take late, the present one included. */
  readonly maxReceivingChains: number;
  /** Whether it says of a duplicate that it is one, and not only that it does not decrypt. */
  readonly namesDuplicates: boolean;
  /**
   * Whether an ordinary message of another session than its last one, which it takes, damages the last one. That shows
   * in its next message, which nobody can decrypt; only a new session heals it.
   */
  readonly isSpoiledByLateMessages: boolean;
  /** Ids of the one-time prekeys that are not used up. */
  oneTimePreKeyIds(): readonly number[];
  /** Makes new prekeys and publishes them. */
  publishBundle(options: { readonly oneTimePreKey: boolean }): Promise<Bundle>;
  /** Starts a session. */
  processBundle(bundle: Bundle): Promise<void>;
  encrypt(plaintext: Uint8Array): Promise<Message>;
  decrypt(message: Message): Promise<Uint8Array>;
  /** Whether a failed decryption says that the message was decrypted before. */
  isDuplicate(error: unknown): boolean;
  /** Loses the session, as a device does that was reset; identity and prekeys stay. */
  forgetSession(): void;
}
