/** polyratchet as a member of a group. */
import { systemRandom as random } from 'polyratchet';
import {
  acceptSenderKeyDistribution,
  createSenderKey,
  decryptSenderKey,
  encryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
} from 'polyratchet/senderkey';
import type { GroupMember } from './subject.js';

const GROUP = 'group@bench';

/** A device with its keys in memory. */
export function createOurMember(name: string): GroupMember<Uint8Array> {
  let own = createSenderKey({ random });
  const received = new Map<string, ReceivedSenderKey>();
  const from = (sender: string) => {
    const known = received.get(sender);
    return { group: GROUP, sender, ...(known === undefined ? {} : { received: known }) };
  };
  return {
    name,
    createKey() {
      own = createSenderKey({ random });
      return senderKeyDistribution({ senderKey: own });
    },
    accept(sender, distribution) {
      received.set(sender, acceptSenderKeyDistribution({ ...from(sender), distribution }).received);
    },
    encrypt(plaintext) {
      const { senderKey, message } = encryptSenderKey({ senderKey: own, plaintext });
      own = senderKey;
      return message;
    },
    decrypt(sender, message) {
      const result = decryptSenderKey({ ...from(sender), message });
      received.set(sender, result.received);
      return result.plaintext;
    },
  };
}
