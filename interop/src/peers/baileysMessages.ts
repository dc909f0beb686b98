/** `baileys`: its definitions of WhatsApp's Message, its padding and its participant hash. */
import { encodeWAMessage, generateParticipantHashV2, proto, unpadRandomMax16 } from 'baileys';
import type { MessagePeer } from '../message.js';
import { installedVersion } from '../peer.js';

/** The implementation as it is installed. */
export function baileysMessages(): MessagePeer {
  return {
    name: 'baileys',
    version: installedVersion('baileys'),
    encode: (message) => proto.Message.encode(proto.Message.fromObject(message)).finish(),
    decode: (bytes) =>
      proto.Message.toObject(proto.Message.decode(bytes), { bytes: String, longs: Number, enums: Number }),
    encodePadded: (message) => encodeWAMessage(proto.Message.fromObject(message)),
    unpad: (padded) => unpadRandomMax16(padded),
    participantHash: (devices) => generateParticipantHashV2([...devices]),
  };
}
