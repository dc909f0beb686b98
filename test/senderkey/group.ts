/** A sender and its receivers, whose states are replaced as an application replaces them. */
import {
  acceptSenderKeyDistribution,
  createSenderKey,
  decryptSenderKey,
  encryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
  type SenderKey,
  type SenderKeyProfile,
} from 'polyratchet/senderkey';
import { utf8 } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { walkChain } from '../../src/crypto/index.js';
import { seededRandom } from '../support/random.js';

export const GROUP = 'friends@groups.example.org';
export const ALICE = 'alice:2@example.org';
export const FROM = { group: GROUP, sender: ALICE } as const;
export const DISTRIBUTION_ID = '0d1e2f30-4152-4637-9485-96a7b8c9dafb';

export const PROFILES: readonly SenderKeyProfile[] = ['whatsapp', 'signal'];

export function createKey(seed: number, profile: SenderKeyProfile = 'whatsapp'): SenderKey {
  const random = seededRandom(seed);
  return createSenderKey(
    profile === 'signal' ? { profile, distributionId: DISTRIBUTION_ID, random } : { random },
  );
}

/** What a device has that was given the key. */
export function accept(senderKey: SenderKey, received?: ReceivedSenderKey): ReceivedSenderKey {
  const { profile } = senderKey;
  const distribution = senderKeyDistribution({ senderKey });
  const known = received === undefined ? {} : { received };
  return acceptSenderKeyDistribution({ ...FROM, profile, ...known, distribution }).received;
}

export interface Sent {
  readonly senderKey: SenderKey;
  readonly message: Uint8Array;
}

export function send(senderKey: SenderKey, text: string): Sent {
  return encryptSenderKey({ senderKey, plaintext: utf8(text) });
}

/** So many messages in a row, and the key after them. */
export function sendMany(
  senderKey: SenderKey,
  count: number,
): { messages: readonly Uint8Array[]; senderKey: SenderKey } {
  const messages: Uint8Array[] = [];
  let current = senderKey;
  for (let i = 0; i < count; i++) {
    const sent = send(current, `message ${current.iteration}`);
    messages.push(sent.message);
    current = sent.senderKey;
  }
  return { messages, senderKey: current };
}

export interface Opened {
  readonly received: ReceivedSenderKey;
  readonly text: string;
}

export function open(received: ReceivedSenderKey, message: Uint8Array): Opened {
  const { profile } = received;
  const opened = decryptSenderKey({ ...FROM, profile, received, message });
  return { received: opened.received, text: new TextDecoder().decode(opened.plaintext) };
}

/** The key so many messages later, which nobody ever sees. */
export function skip(senderKey: SenderKey, count: number): SenderKey {
  const chainKey = new Secret('ChainKey', walkChain(reveal(senderKey.chainKey), count, 0));
  return { ...senderKey, chainKey, iteration: senderKey.iteration + count };
}
