/** Sender keys of `whatsapp-rust-bridge`. */
import * as bridge from 'whatsapp-rust-bridge';
import type { SignalStorage } from 'whatsapp-rust-bridge';
import type { GroupMember } from '../subject.js';
import { found } from './package.js';

/** A device; its ciphers are kept, since each keeps the record that it has loaded. */
export function createBridgeMember(name: string): GroupMember<Uint8Array> {
  const records = new Map<string, Uint8Array>();
  const storage = {
    loadSenderKey: (id: string) => records.get(id) ?? null,
    storeSenderKey: (id: string, record: Uint8Array) => {
      records.set(id, record);
    },
  } as SignalStorage; // nothing else of it is called
  const builder = new bridge.GroupSessionBuilder(storage);
  const addressOf = (member: string): bridge.ProtocolAddress => new bridge.ProtocolAddress(member, 1);
  const own = addressOf(name);
  const ciphers = new Map<string, bridge.GroupCipher>();
  let keys = 0;
  let group = '';
  let sending: bridge.GroupCipher | undefined;
  return {
    name,
    async createKey() {
      group = `group${++keys}`; // a key is made where there is none yet, so each has a group of its own
      const senderKeyName = new bridge.SenderKeyName(group, own);
      const message = await builder.create(senderKeyName);
      const distribution = message.serialize();
      message.free();
      senderKeyName.free();
      sending?.free();
      sending = undefined;
      return distribution;
    },
    async accept(sender, distribution) {
      const address = addressOf(sender);
      await builder.process(
        new bridge.SenderKeyName('group', address),
        bridge.SenderKeyDistributionMessage.deserialize(distribution),
      );
      ciphers.get(sender)?.free();
      ciphers.set(sender, new bridge.GroupCipher(storage, 'group', address));
    },
    encrypt: (plaintext) => (sending ??= new bridge.GroupCipher(storage, group, own)).encrypt(plaintext),
    decrypt: (sender, message) => found('cipher', ciphers.get(sender)).decrypt(message),
  };
}
