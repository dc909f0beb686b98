/**
 * The floor: what an operation costs if nothing is done but its cryptographic primitives, in their order, on values
 * that are at hand. The library is held to a small multiple of it.
 */

/** The primitives of one provider, called as directly as it allows. Keys are in the provider's own form. */
export interface Primitives<PrivateKey, PublicKey> {
  readonly name: string;
  readonly generateKeyPair: () => { privateKey: PrivateKey; publicKey: Uint8Array };
  readonly importPublicKey: (bytes: Uint8Array) => PublicKey;
  readonly agree: (privateKey: PrivateKey, publicKey: PublicKey) => Uint8Array;
  /** XEdDSA: maps u to y, imports it, verifies. */
  readonly verifySignature: () => void;
  readonly hmac: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly hkdf: (inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) => Uint8Array;
  readonly encrypt: (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array) => Uint8Array;
  readonly decrypt: (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array) => Uint8Array;
}

/** Floors of the operations that are measured, each a function that does one. */
export interface Floors {
  readonly name: string;
  readonly initiate: () => void;
  readonly respond: () => void;
  readonly encrypt100: () => void;
  readonly decrypt100: () => void;
  readonly pingPong: () => void;
}

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);
const NO_SALT = new Uint8Array(0);
const WHISPER_TEXT = new TextEncoder().encode('WhisperText');
const WHISPER_RATCHET = new TextEncoder().encode('WhisperRatchet');
const WHISPER_MESSAGE_KEYS = new TextEncoder().encode('WhisperMessageKeys');
const ROOT_TAG = new TextEncoder().encode('polyratchet root tag');

/** Composes the floors from a provider's primitives. */
export function floorsOf<PrivateKey, PublicKey>(primitives: Primitives<PrivateKey, PublicKey>): Floors {
  const { generateKeyPair, importPublicKey, agree, verifySignature, hmac, hkdf } = primitives;
  const own = generateKeyPair();
  const [identity, signedPreKey, oneTimePreKey, ratchetKey] = [1, 2, 3, 4].map(
    () => generateKeyPair().publicKey,
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const key = new Uint8Array(32).fill(7);
  const plaintext = new Uint8Array(100);
  const authenticated = new Uint8Array(66 + 1 + 35 + 4 + 114);
  const ciphertext = primitives.encrypt(key, key.subarray(0, 16), plaintext);

  const chainStep = (): Uint8Array => {
    hmac(key, TWO);
    return hkdf(hmac(key, ONE), NO_SALT, WHISPER_MESSAGE_KEYS, 80);
  };
  const rootStep = (sharedSecret: Uint8Array): void => {
    hkdf(sharedSecret, key, WHISPER_RATCHET, 64);
  };
  const encrypt100 = (): void => {
    const keys = chainStep();
    primitives.encrypt(keys.subarray(0, 32), keys.subarray(64), plaintext);
    hmac(keys.subarray(32, 64), authenticated);
  };
  const decrypt100 = (): void => {
    chainStep();
    hmac(key, authenticated);
    primitives.decrypt(key, key.subarray(0, 16), ciphertext);
  };

  return {
    name: primitives.name,
    encrypt100,
    decrypt100,
    initiate: () => {
      verifySignature();
      const base = generateKeyPair();
      const [ik, spk, opk] = [
        importPublicKey(identity),
        importPublicKey(signedPreKey),
        importPublicKey(oneTimePreKey),
      ];
      agree(own.privateKey, spk);
      agree(base.privateKey, ik);
      agree(base.privateKey, spk);
      agree(base.privateKey, opk);
      hkdf(new Uint8Array(160), NO_SALT, WHISPER_TEXT, 64);
      rootStep(agree(generateKeyPair().privateKey, spk));
      encrypt100();
    },
    respond: () => {
      const [ik, ek, rk] = [
        importPublicKey(identity),
        importPublicKey(signedPreKey),
        importPublicKey(ratchetKey),
      ];
      agree(own.privateKey, ik);
      agree(own.privateKey, ek);
      agree(own.privateKey, ek);
      agree(own.privateKey, ek);
      hkdf(new Uint8Array(160), NO_SALT, WHISPER_TEXT, 64);
      hkdf(key, NO_SALT, ROOT_TAG, 16);
      rootStep(agree(own.privateKey, rk));
      decrypt100();
      rootStep(agree(generateKeyPair().privateKey, rk));
    },
    pingPong: () => {
      encrypt100();
      const rk = importPublicKey(ratchetKey);
      rootStep(agree(own.privateKey, rk));
      decrypt100();
      rootStep(agree(generateKeyPair().privateKey, rk));
    },
  };
}
