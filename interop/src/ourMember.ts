/** polyratchet as a member of a group, stored after each step as an application stores it. */
import { systemRandom, type Random } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import {
  acceptSenderKeyDistribution,
  createSenderKey,
  decodeReceivedSenderKey,
  decodeSenderKey,
  decryptSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
  encryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
  type SenderKey,
  type SenderKeyProfile,
} from 'polyratchet/senderkey';
import type { Member } from './senderKey.js';

/** The one group that all members are in. */
export const GROUP = 'friends@groups.example.org';

/** The UUID under which everybody distributes to it. */
export const DISTRIBUTION_ID = '0d1e2f30-4152-4637-9485-96a7b8c9dafb';

/** A device of ours. */
export class OurMember implements Member {
  readonly name: string;
  readonly profile: SenderKeyProfile;
  readonly #random: Random;
  readonly #received = new Map<string, Uint8Array>();
  #own: Uint8Array | undefined;

  constructor(name: string, profile: SenderKeyProfile, random: Random = systemRandom) {
    this.name = name;
    this.profile = profile;
    this.#random = random;
  }

  async distribution(): Promise<Uint8Array> {
    return senderKeyDistribution({ senderKey: this.#key() });
  }

  async accept(sender: Member, distribution: Uint8Array): Promise<void> {
    const { received } = acceptSenderKeyDistribution({ ...this.#from(sender), distribution });
    this.#received.set(sender.name, encodeReceivedSenderKey(received));
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const { senderKey, message } = encryptSenderKey({ senderKey: this.#key(), plaintext });
    this.#own = encodeSenderKey(senderKey);
    return message;
  }

  async decrypt(sender: Member, message: Uint8Array): Promise<Uint8Array> {
    const { received, plaintext } = decryptSenderKey({ ...this.#from(sender), message });
    this.#received.set(sender.name, encodeReceivedSenderKey(received));
    return plaintext;
  }

  renew(): void {
    this.#own = undefined;
  }

  /** The code with which a message is refused. */
  refusal(sender: Member, message: Uint8Array): string {
    try {
      decryptSenderKey({ ...this.#from(sender), message });
    } catch (error) {
      if (PolyratchetError.is(error)) return error.code;
      throw error;
    }
    throw new Error('the message was taken');
  }

  #key(): SenderKey {
    const { profile } = this;
    const random = this.#random;
    const options =
      profile === 'signal' ? { profile, distributionId: DISTRIBUTION_ID, random } : { profile, random };
    this.#own ??= encodeSenderKey(createSenderKey(options));
    return decodeSenderKey(this.#own);
  }

  #from({ name }: Member): FromMember {
    const record = this.#received.get(name);
    return {
      profile: this.profile,
      group: GROUP,
      sender: name,
      ...(record === undefined ? {} : { received: decodeReceivedSenderKey(record) }),
    };
  }
}

interface FromMember {
  readonly profile: SenderKeyProfile;
  readonly group: string;
  readonly sender: string;
  readonly received?: ReceivedSenderKey;
}
