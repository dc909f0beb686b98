/**
 * The floor: what an operation costs if nothing is done but its cryptographic primitives, in their order, on values
 * that are at hand. The library is held to a small multiple of it.
 */
import { stopwatch } from './operations/conversation.js';
import { LISTED_COMPANIONS, type Script, type Scripts } from './operations/index.js';

/** The primitives of one provider, called as directly as it allows. Keys are in the provider's own form. */
export interface Primitives<PrivateKey, PublicKey> {
  readonly name: string;
  readonly generateKeyPair: () => { privateKey: PrivateKey; publicKey: Uint8Array };
  readonly importPublicKey: (bytes: Uint8Array) => PublicKey;
  readonly agree: (privateKey: PrivateKey, publicKey: PublicKey) => Uint8Array;
  /** XEdDSA with a key that began as a seed: Ed25519. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** XEdDSA: maps u to y, imports it, verifies. */
  readonly verifySignature: () => void;
  /** The same by a key that was seen before. */
  readonly verifyKnown: () => void;
  readonly hmac: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly hkdf: (inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) => Uint8Array;
  readonly encrypt: (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array) => Uint8Array;
  readonly decrypt: (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array) => Uint8Array;
}

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);
const NO_SALT = new Uint8Array(0);
const WHISPER_TEXT = new TextEncoder().encode('WhisperText');
const WHISPER_GROUP = new TextEncoder().encode('WhisperGroup');
const WHISPER_RATCHET = new TextEncoder().encode('WhisperRatchet');
const WHISPER_MESSAGE_KEYS = new TextEncoder().encode('WhisperMessageKeys');
const ROOT_TAG = new TextEncoder().encode('polyratchet root tag');

/** Keys that are passed over on the way to a message 500 ahead. */
const PASSED_OVER = 499;

/** Both keys and the frame of a message around its ciphertext. */
const AUTHENTICATED_FRAME = 66 + 1 + 35 + 4;

/** The frame of a group message before its ciphertext. */
const GROUP_FRAME = 1 + 8 + 2;

/** Composes the floors from a provider's primitives. Coding records has none. */
export function floorScripts<PrivateKey, PublicKey>(
  primitives: Primitives<PrivateKey, PublicKey>,
  fanoutSizes: readonly number[],
): Scripts {
  const { messageKeys, chainStep, rootStep, messagesOf, passOver } = chains(primitives);
  const short = messagesOf(100);
  const long = messagesOf(4096);
  const { bundle, initiate, respond, turn } = handshakes(primitives, rootStep);
  const group = groupMessages(primitives);
  const firstToGroup = (): void => {
    primitives.generateKeyPair();
    group.seal();
  };
  const initiated = (): void => {
    initiate();
    short.seal();
  };
  const open = (): void => {
    short.open(chainStep);
  };
  const fanouts = fanoutSizes.flatMap((size) => [
    [`warm ${size}`, repeated([times(size, short.seal)])] as const,
    [`cold ${size}`, repeated([times(size, initiated)])] as const,
  ]);
  return {
    bundle: repeated([bundle]),
    initiate: repeated([initiated]),
    respond: repeated([
      () => {
        respond(open);
      },
    ]),
    'messages 100': repeated([short.seal, open]),
    'messages 4096': repeated([
      long.seal,
      () => {
        long.open(chainStep);
      },
    ]),
    'ping-pong': repeated([
      () => {
        short.seal();
        turn(open);
      },
    ]),
    ...Object.fromEntries(fanouts),
    ahead: repeated([
      () => {
        passOver();
        open();
      },
      () => {
        short.open(messageKeys);
      },
    ]),
    'sender key': repeated([primitives.generateKeyPair, firstToGroup]),
    'sender key messages': repeated([group.seal, group.open]),
    'device list': repeated([times(1 + 2 * LISTED_COMPANIONS, primitives.verifySignature)]),
  };
}

type Symmetric = Pick<Primitives<unknown, unknown>, 'hmac' | 'hkdf' | 'encrypt' | 'decrypt'>;

/** The symmetric half: chains, root keys, messages. */
function chains({ hmac, hkdf, encrypt, decrypt }: Symmetric) {
  const key = new Uint8Array(32).fill(7);
  const chainStep = (): Uint8Array => {
    hmac(key, TWO);
    return hkdf(hmac(key, ONE), NO_SALT, WHISPER_MESSAGE_KEYS, 80);
  };
  return {
    chainStep,
    messageKeys: (): Uint8Array => hkdf(key, NO_SALT, WHISPER_MESSAGE_KEYS, 80),
    rootStep: (sharedSecret: Uint8Array): Uint8Array => hkdf(sharedSecret, key, WHISPER_RATCHET, 64),
    passOver: (): void => {
      for (let i = 0; i < PASSED_OVER; i++) {
        hmac(key, ONE);
        hmac(key, TWO);
      }
    },
    messagesOf: (length: number) => {
      const plaintext = new Uint8Array(length);
      const ciphertext = encrypt(key, key.subarray(0, 16), plaintext);
      const authenticated = new Uint8Array(AUTHENTICATED_FRAME + ciphertext.length);
      return {
        seal: (): void => {
          const keys = chainStep();
          encrypt(keys.subarray(0, 32), keys.subarray(64), plaintext);
          hmac(keys.subarray(32, 64), authenticated);
        },
        open: (derive: () => Uint8Array): void => {
          derive();
          hmac(key, authenticated);
          decrypt(key, key.subarray(0, 16), ciphertext);
        },
      };
    },
  };
}

type Signing = Pick<Primitives<unknown, unknown>, 'sign' | 'verifyKnown'>;

/** A message of 100 bytes to a group: a step of the chain, the cipher, and a signature in place of a MAC. */
function groupMessages({ hmac, hkdf, encrypt, decrypt, sign, verifyKnown }: Symmetric & Signing) {
  const key = new Uint8Array(32).fill(7);
  const plaintext = new Uint8Array(100);
  const ciphertext = encrypt(key, key.subarray(0, 16), plaintext);
  const signed = new Uint8Array(GROUP_FRAME + ciphertext.length);
  const step = (): Uint8Array => {
    hmac(key, TWO);
    return hkdf(hmac(key, ONE), NO_SALT, WHISPER_GROUP, 48);
  };
  return {
    seal: (): void => {
      const keys = step();
      encrypt(keys.subarray(16), keys.subarray(0, 16), plaintext);
      sign(signed);
    },
    open: (): void => {
      verifyKnown();
      step();
      decrypt(key, key.subarray(0, 16), ciphertext);
    },
  };
}

/** The asymmetric half: prekeys, X3DH on both sides, the ratchet's step. */
function handshakes<PrivateKey, PublicKey>(
  { generateKeyPair, importPublicKey, agree, sign, verifySignature, hkdf }: Primitives<PrivateKey, PublicKey>,
  rootStep: (sharedSecret: Uint8Array) => void,
) {
  const own = generateKeyPair();
  const [first, second, third] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
  const importThree = () =>
    [
      importPublicKey(first.publicKey),
      importPublicKey(second.publicKey),
      importPublicKey(third.publicKey),
    ] as const;
  const turn = (open: () => void, ratchetKey = importPublicKey(first.publicKey)): void => {
    rootStep(agree(own.privateKey, ratchetKey));
    open();
    rootStep(agree(generateKeyPair().privateKey, ratchetKey));
  };
  return {
    turn,
    bundle: (): void => {
      generateKeyPair();
      sign(generateKeyPair().publicKey);
    },
    initiate: (): void => {
      verifySignature();
      const base = generateKeyPair();
      const [identity, signedPreKey, oneTimePreKey] = importThree();
      agree(own.privateKey, signedPreKey);
      agree(base.privateKey, identity);
      agree(base.privateKey, signedPreKey);
      agree(base.privateKey, oneTimePreKey);
      hkdf(new Uint8Array(160), NO_SALT, WHISPER_TEXT, 64);
      rootStep(agree(generateKeyPair().privateKey, signedPreKey));
    },
    respond: (open: () => void): void => {
      const [identity, baseKey, ratchetKey] = importThree();
      agree(own.privateKey, identity);
      agree(own.privateKey, baseKey);
      agree(own.privateKey, baseKey);
      agree(own.privateKey, baseKey);
      const root = hkdf(new Uint8Array(160), NO_SALT, WHISPER_TEXT, 64);
      hkdf(root.subarray(0, 32), NO_SALT, ROOT_TAG, 16);
      turn(open, ratchetKey);
    },
  };
}

/** A script that does each of these `n` times. */
function repeated(operations: readonly (() => void)[]): Script {
  return (n) =>
    operations.map((operation) => {
      const elapsed = stopwatch(n);
      for (let i = 0; i < n; i++) operation();
      return elapsed();
    });
}

function times(count: number, operation: () => void): () => void {
  return () => {
    for (let i = 0; i < count; i++) operation();
  };
}
