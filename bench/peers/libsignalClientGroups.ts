/** Sender keys of `@signalapp/libsignal-client`; its interface is the same in both versions. */
import { randomUUID } from 'node:crypto';
import type { ProtocolAddress, SenderKeyRecord } from 'libsignal-client-0.103';
import type { GroupMember } from '../subject.js';
import type { Client } from './libsignalClient.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Makes the class of a version's stores; the result makes members, whose records are live. */
export function createMembers(client: Client): (name: string) => GroupMember<Bytes> {
  const { ProtocolAddress, SenderKeyDistributionMessage } = client;
  class Store extends client.SenderKeyStore {
    readonly records = new Map<string, SenderKeyRecord>();

    override async saveSenderKey(
      sender: ProtocolAddress,
      id: string,
      record: SenderKeyRecord,
    ): Promise<void> {
      this.records.set(`${sender.name()} ${id}`, record);
    }

    override async getSenderKey(sender: ProtocolAddress, id: string): Promise<SenderKeyRecord | null> {
      return this.records.get(`${sender.name()} ${id}`) ?? null;
    }
  }
  return (name) => {
    const store = new Store();
    const own = ProtocolAddress.new(name, 1);
    let id: string;
    const addresses = new Map<string, ProtocolAddress>();
    const addressOf = (sender: string): ProtocolAddress => {
      const address = addresses.get(sender) ?? ProtocolAddress.new(sender, 1);
      addresses.set(sender, address);
      return address;
    };
    return {
      name,
      async createKey() {
        id = randomUUID();
        return (await SenderKeyDistributionMessage.create(own, id, store)).serialize();
      },
      accept: (sender, distribution) =>
        client.processSenderKeyDistributionMessage(
          addressOf(sender),
          SenderKeyDistributionMessage.deserialize(distribution),
          store,
        ),
      encrypt: async (plaintext) => (await client.groupEncrypt(own, id, store, plaintext)).serialize(),
      decrypt: (sender, message) => client.groupDecrypt(addressOf(sender), store, message),
    };
  };
}
