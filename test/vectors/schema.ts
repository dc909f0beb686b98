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

/** One person of a security code. */
export interface RecordedPerson {
  readonly identifier: Hex;
  readonly identityKey: Hex;
}

/** A security code over one key each, as both screens show it. */
export interface RecordedSecurityCode {
  readonly local: RecordedPerson;
  readonly remote: RecordedPerson;
  /** 60 digits. */
  readonly digits: string;
  /** The payload on the local person's screen. */
  readonly qr: Hex;
  /** The payload on the remote person's screen. */
  readonly remoteQr: Hex;
}

/** What the local person of the first code scans, what the peer says of it, and what we must say. */
export interface RecordedPayload {
  readonly name: string;
  readonly scanned: Hex;
  readonly peer: 'match' | 'mismatch' | 'error';
  /** The side that differs, whose version is out of date, or the code of an error. */
  readonly us: 'match' | 'local' | 'remote' | 'older' | 'newer' | 'malformed';
}

/** `securitycode-*.json`: fingerprints of one peer, in the `signal` profile. */
export interface SecurityCodeFile extends Origin {
  readonly kind: 'securitycode';
  readonly codes: readonly RecordedSecurityCode[];
  readonly payloads: readonly RecordedPayload[];
}

/** A companion of the peer's, and what was offered to it. */
export interface RecordedCompanion {
  readonly privateKey: Hex;
  readonly identityKey: Hex;
  readonly linkingSecret: Hex;
}

/** A primary of ours that links a companion of the peer's by QR code. */
export interface RecordedLink {
  readonly companion: RecordedCompanion;
  /** Seed of the primary's identity. */
  readonly seed: Hex;
  /** All that the primary draws. */
  readonly random: Hex;
  /** Its time, milliseconds since 1970. */
  readonly now: number;
  /** The peer's QR text. */
  readonly qr: string;
  /** What we answer: the peer takes it. */
  readonly container: Hex;
  readonly signedList: Hex;
  /** What the peer replies. */
  readonly reply: Hex;
  /** What the peer shows to others. */
  readonly signedIdentity: Hex;
}

/** A container, what the peer says of it, and what we must say. */
export interface RecordedContainer {
  readonly name: string;
  readonly companion: RecordedCompanion;
  readonly container: Hex;
  /** Whether the peer takes it. */
  readonly peer: boolean;
  /** Ours: taken, or the code of the error. */
  readonly us: 'taken' | 'link-mismatch' | 'invalid-signature';
}

/** An exchange by code with a companion that is put together from the peer's functions; the primary is ours. */
export interface RecordedCodeExchange {
  readonly name: string;
  /** What the companion shows. */
  readonly code: string;
  /** What the person types. */
  readonly typed: string;
  readonly seed: Hex;
  /** All that the primary draws. */
  readonly random: Hex;
  readonly wrappedEphemeral: Hex;
  /** What we answer. */
  readonly answer: Hex;
  readonly bundle: Hex;
  readonly companionIdentity: Hex;
  /** The peer's linking secret, where it is ours too. */
  readonly linkingSecret?: Hex;
}

/** A message that the peer has written. */
export interface RecordedMessage {
  readonly name:
    'keyIndexList' | 'signedKeyIndexList' | 'deviceIdentity' | 'signedDeviceIdentity' | 'container';
  readonly bytes: Hex;
}

/** `linking-*.json`: links with one peer. */
export interface LinkingFile extends Origin {
  readonly kind: 'linking';
  readonly links: readonly RecordedLink[];
  readonly containers: readonly RecordedContainer[];
  readonly codes: readonly RecordedCodeExchange[];
  readonly messages: readonly RecordedMessage[];
}

/** A message to a group and what it says. */
export interface RecordedGroupMessage {
  readonly plaintext: Hex;
  readonly message: Hex;
}

/** A sender key of ours. */
export interface RecordedOwnSenderKey {
  /** All that was drawn to make it. */
  readonly random: Hex;
  /** What the peer was given at first. */
  readonly distribution: Hex;
  /** One after the other; the peer decrypted them all. */
  readonly messages: readonly RecordedGroupMessage[];
  /** What another device of the peer's was given then. */
  readonly lateDistribution: Hex;
  /** What both of the peer's devices decrypted afterwards. */
  readonly later: readonly RecordedGroupMessage[];
}

/** A sender key of the peer's. */
export interface RecordedSenderKey {
  readonly distribution: Hex;
  /** In the order in which we decrypted them. */
  readonly messages: readonly RecordedGroupMessage[];
  /** The same key after all these messages: who begins here reads none of them. */
  readonly lateDistribution: Hex;
  /** What was sent afterwards. */
  readonly later: readonly RecordedGroupMessage[];
}

/** `senderkey-*.json`: sender keys between us and one peer. */
export interface SenderKeyFile extends Origin {
  readonly kind: 'senderkey';
  readonly profile: 'whatsapp' | 'signal';
  /** In the profile `signal`: the UUID under which both sides distribute. */
  readonly distributionId?: string;
  readonly ours: RecordedOwnSenderKey;
  readonly theirs: RecordedSenderKey;
}
