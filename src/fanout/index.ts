/**
 * Client fanout: a message to all devices of both sides, encrypted for each of them alone.
 *
 * Subpath: `polyratchet/fanout`.
 *
 * @module
 */
export { decryptFrom, type DecryptFromOptions } from './decrypt.js';
export {
  encryptFanout,
  type EncryptFanoutOptions,
  type FanoutDevice,
  type FanoutOutcome,
} from './encrypt.js';
export {
  compareParticipantHashes,
  participantHash,
  type ParticipantHashComparison,
} from './participantHash.js';
