/** `whatsapp-rust-bridge`: sender keys in WebAssembly. Its objects keep what they have loaded, so each lives for one call. */
import * as bridge from 'whatsapp-rust-bridge';
import { GROUP } from '../ourMember.js';
import { installedVersion } from '../peer.js';
import type { Member, SenderKeyPeer } from '../senderKey.js';

/** The implementation as it is installed. */
export function rustBridgeGroups(): SenderKeyPeer {
  return {
    name: 'whatsapp-rust-bridge',
    version: installedVersion('whatsapp-rust-bridge'),
    profile: 'whatsapp',
    maxJump: 2_000,
    maxStates: 5,
    createMember,
  };
}

function createMember(name: string): Member {
  const records = new Map<string, Uint8Array>();
  const storage = {
    loadSenderKey: (id: string): Uint8Array | null => records.get(id) ?? null,
    storeSenderKey: (id: string, record: Uint8Array): void => {
      records.set(id, Uint8Array.from(record));
    },
  } as bridge.SignalStorage; // nothing else of it is called
  /** It takes no dot in a name. */
  const addressOf = (member: string): bridge.ProtocolAddress =>
    new bridge.ProtocolAddress(member.replace(/@.*$/, ''), 0);
  const nameOf = (member: string): bridge.SenderKeyName => new bridge.SenderKeyName(GROUP, addressOf(member));
  const cipherOf = (member: string): bridge.GroupCipher =>
    new bridge.GroupCipher(storage, GROUP, addressOf(member));
  const create = (): Promise<bridge.SenderKeyDistributionMessage> =>
    new bridge.GroupSessionBuilder(storage).create(nameOf(name));
  return {
    name,
    distribution: async () => (await create()).serialize(),
    async accept(sender, distribution) {
      const message = bridge.SenderKeyDistributionMessage.deserialize(distribution);
      await new bridge.GroupSessionBuilder(storage).process(nameOf(sender.name), message);
    },
    async encrypt(plaintext) {
      if (!records.has(nameOf(name).toString())) await create();
      return cipherOf(name).encrypt(plaintext);
    },
    decrypt: (sender, message) => cipherOf(sender.name).decrypt(message),
    renew() {
      records.delete(nameOf(name).toString());
    },
  };
}
