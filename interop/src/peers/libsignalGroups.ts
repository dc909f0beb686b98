/** Sender keys of `@signalapp/libsignal-client`; their interface is nearly the same in all its versions. */
import type * as client103 from 'libsignal-0.103';
import { DISTRIBUTION_ID } from '../ourMember.js';
import { installedVersion, require } from '../peer.js';
import type { Member, SenderKeyPeer } from '../senderKey.js';

type Client = typeof client103;

/** The implementation that is installed under an alias. */
export function libsignalGroups(alias: 'libsignal-0.23' | 'libsignal-0.103'): SenderKeyPeer {
  const client = require(alias) as Client;
  return {
    name: '@signalapp/libsignal-client',
    version: installedVersion(alias),
    profile: 'signal',
    maxJump: 25_000,
    maxStates: 5,
    createMember: (name) => createMember(client, name),
  };
}

function createMember(client: Client, name: string): Member {
  const { ProtocolAddress, SenderKeyDistributionMessage } = client;
  class Store extends client.SenderKeyStore {
    readonly records = new Map<string, Uint8Array>();
    async saveSenderKey(
      sender: client103.ProtocolAddress,
      id: string,
      record: client103.SenderKeyRecord,
    ): Promise<void> {
      this.records.set(`${sender.name()} ${id}`, record.serialize());
    }
    async getSenderKey(
      sender: client103.ProtocolAddress,
      id: string,
    ): Promise<client103.SenderKeyRecord | null> {
      const record = this.records.get(`${sender.name()} ${id}`);
      return record === undefined ? null : client.SenderKeyRecord.deserialize(Buffer.from(record));
    }
  }
  const store = new Store();
  const address = (member: string): client103.ProtocolAddress => ProtocolAddress.new(member, 1);
  const own = address(name);
  return {
    name,
    distribution: async () =>
      (await SenderKeyDistributionMessage.create(own, DISTRIBUTION_ID, store)).serialize(),
    accept: (sender, distribution) =>
      client.processSenderKeyDistributionMessage(
        address(sender.name),
        SenderKeyDistributionMessage.deserialize(Buffer.from(distribution)),
        store,
      ),
    async encrypt(plaintext) {
      if (store.records.size === 0) await SenderKeyDistributionMessage.create(own, DISTRIBUTION_ID, store);
      const message = await client.groupEncrypt(own, DISTRIBUTION_ID, store, Buffer.from(plaintext));
      return message.serialize();
    },
    decrypt: (sender, message) => client.groupDecrypt(address(sender.name), store, Buffer.from(message)),
    renew() {
      store.records.delete(`${name} ${DISTRIBUTION_ID}`);
    },
  };
}
