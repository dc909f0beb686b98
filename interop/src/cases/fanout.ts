/** Fanout: the same sessions below, with one plaintext for all devices and WhatsApp's padding around it. */
import { encryptFanout, decryptFrom } from 'polyratchet/fanout';
import type { DecryptOptions, DecryptResult, EncryptedMessage, Session } from 'polyratchet/session';
import { Ours } from '../ours.js';
import type { Message, Party } from '../party.js';
import type { Peer } from '../peer.js';
import { goOn, inBothRoles, meet, type Case, type Talk } from './talk.js';

const DEVICE = 'peer:1@example.org';

export function fanoutCases(peer: Peer): Case[] {
  const padding: Peer = { ...peer, createParty: () => padded(peer.createParty()) };
  const run = async (talk: Talk): Promise<void> => {
    await meet(talk);
    await goOn(talk);
  };
  return inBothRoles(padding, { name: 'by fanout, padded', run }, () => new OursByFanout());
}

/** A device of ours that sends and receives as one of many. */
class OursByFanout extends Ours {
  protected override seal(plaintext: Uint8Array): { message: EncryptedMessage; session: Session } {
    const { identity, registrationId, random } = this;
    const devices = [{ device: DEVICE, ...this.known() }];
    const [outcome] = encryptFanout({
      identity,
      registrationId,
      plaintext,
      devices,
      random,
      now: Date.now(),
    });
    if (outcome?.kind !== 'encrypted') throw new Error(`the fanout gave ${String(outcome?.kind)}`);
    return outcome;
  }

  protected override open(options: DecryptOptions): DecryptResult {
    return decryptFrom({ device: DEVICE, ...options });
  }
}

/** What an application around the peer does: 1 to 16 bytes, each of which is their number. */
function padded(party: Party): Party {
  return {
    ...party,
    encrypt(plaintext: Uint8Array): Promise<Message> {
      const padding = 1 + (plaintext.length % 16);
      return party.encrypt(Buffer.concat([plaintext, Buffer.alloc(padding, padding)]));
    },
    async decrypt(message: Message): Promise<Uint8Array> {
      const plaintext = await party.decrypt(message);
      return plaintext.subarray(0, plaintext.length - (plaintext.at(-1) ?? 0));
    },
  };
}
