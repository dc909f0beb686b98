/** `baileys`: its own code for groups. Its sender leaves out every second iteration after the first two. */
import { BufferJSON } from 'baileys';
import { GROUP } from '../ourMember.js';
import { installedVersion } from '../peer.js';
import type { Member, SenderKeyPeer } from '../senderKey.js';

const { GroupCipher, GroupSessionBuilder, SenderKeyDistributionMessage, SenderKeyName, SenderKeyRecord } =
  await import('baileys/lib/Signal/Group/index.js');

type Name = InstanceType<typeof SenderKeyName>;
type Record = InstanceType<typeof SenderKeyRecord>;

/** The implementation as it is installed. */
export function baileysGroups(): SenderKeyPeer {
  return {
    name: 'baileys',
    version: installedVersion('baileys'),
    profile: 'whatsapp',
    maxJump: 2_000,
    maxStates: 5,
    createMember,
  };
}

function createMember(name: string): Member {
  const records = new Map<string, Uint8Array>();
  const nameOf = (member: string): Name =>
    new SenderKeyName(GROUP, { id: member, deviceId: 0, toString: () => `${member}.0` });
  const store = {
    loadSenderKey: async (of: Name): Promise<Record> => {
      const stored = records.get(of.toString());
      return stored === undefined ? new SenderKeyRecord() : SenderKeyRecord.deserialize(stored);
    },
    storeSenderKey: async (of: Name, record: Record): Promise<void> => {
      records.set(of.toString(), Buffer.from(JSON.stringify(record.serialize(), BufferJSON.replacer)));
    },
  };
  const builder = new GroupSessionBuilder(store);
  const own = nameOf(name);
  return {
    name,
    distribution: async () => (await builder.create(own)).serialize(),
    accept: (sender, distribution) =>
      builder.process(
        nameOf(sender.name),
        new SenderKeyDistributionMessage(null, null, null, null, distribution),
      ),
    async encrypt(plaintext) {
      if (!records.has(own.toString())) await builder.create(own);
      return new GroupCipher(store, own).encrypt(Buffer.from(plaintext));
    },
    decrypt: (sender, message) => new GroupCipher(store, nameOf(sender.name)).decrypt(message),
    renew() {
      records.delete(own.toString());
    },
  };
}
