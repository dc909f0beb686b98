/** The schema of `test-vectors/`, shared with `interop/`, which records them. All byte strings are hexadecimal. */

type Hex = string;

/** Where a file comes from. */
interface Origin {
  /** The implementation and its version, and how the values were obtained. */
  readonly source: string;
  readonly license: string;
}

/** A prekey in a bundle; keys are in their 33-byte form. */
interface PublicPreKey {
  readonly id: number;
  readonly publicKey: Hex;
}

/** A bundle as the peer published it. */
export interface RecordedBundle {
  readonly registrationId: number;
  readonly identityKey: Hex;
  readonly signedPreKey: PublicPreKey & { readonly signature: Hex };
  readonly oneTimePreKey?: PublicPreKey;
}

/** A prekey of ours. */
export interface RecordedPreKey extends PublicPreKey {
  /** What was drawn to make it. */
  readonly random: Hex;
}

/** Our side: everything that it stored and drew. */
export interface RecordedParty {
  /** Exactly one of the two: a seed of our own, or a private key that another implementation made. */
  readonly identity: { readonly seed?: Hex; readonly privateKey?: Hex };
  readonly identityKey: Hex;
  readonly registrationId: number;
  readonly signedPreKeys: readonly (RecordedPreKey & { readonly signature: Hex })[];
  readonly oneTimePreKeys: readonly RecordedPreKey[];
}

/** We took a bundle. */
interface StartStep {
  readonly kind: 'start';
  readonly bundle: RecordedBundle;
  readonly random: Hex;
}

/** We encrypted a message, and the peer decrypted it. */
interface EncryptStep {
  readonly kind: 'encrypt';
  readonly type: 'prekey' | 'message';
  readonly plaintext: Hex;
  readonly message: Hex;
}

/** The peer encrypted a message, and we decrypted it. */
export interface DecryptStep {
  readonly kind: 'decrypt';
  readonly type: 'prekey' | 'message';
  readonly message: Hex;
  readonly plaintext: Hex;
  readonly state: 'current' | 'promoted' | 'created';
  /** The one-time prekey that it used up. */
  readonly oneTimePreKeyId?: number;
  readonly random: Hex;
}

/** What one of our calls was given and what it gave; `random` is all that it drew, in order. */
export type Step = StartStep | EncryptStep | DecryptStep;

/** All calls of ours in one conversation, in order. */
export interface Transcript {
  readonly name: string;
  readonly us: RecordedParty;
  readonly steps: readonly Step[];
}

/** `session-*.json`: conversations with one peer in one role. */
export interface SessionFile extends Origin {
  readonly kind: 'session';
  readonly transcripts: readonly Transcript[];
}

/** A signature, what the peer says of it, and what we must say. */
export interface RecordedSignature {
  readonly name: string;
  readonly publicKey: Hex;
  readonly message: Hex;
  readonly signature: Hex;
  /** The peer's verdict. */
  readonly peer: boolean;
  /** Ours: never more lenient. `invalid-key`: the key is refused before anything is verified. */
  readonly us: boolean | 'invalid-key';
}

/** A key pair, and signatures by it. */
export interface RecordedSigner {
  /** Exactly one of the two, as in {@link RecordedParty}. */
  readonly identity: { readonly seed?: Hex; readonly privateKey?: Hex };
  readonly publicKey: Hex;
  /** The sign of its Edwards form: bit 7 of a signature's last byte. */
  readonly sign: 0 | 1;
  /** A signature of ours, which the peer accepts, and what was drawn for it: nothing where there is a seed. */
  readonly ours: { readonly message: Hex; readonly signature: Hex; readonly random: Hex };
  /** Signatures of the peer's, genuine and changed; none where it does not know the private key. */
  readonly signatures: readonly RecordedSignature[];
}

/** `xeddsa-*.json`: signatures of one peer. */
export interface SignatureFile extends Origin {
  readonly kind: 'xeddsa';
  readonly signers: readonly RecordedSigner[];
  /** Signatures by keys that nobody should use. */
  readonly oddKeys: readonly RecordedSignature[];
}
