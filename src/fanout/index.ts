/**
 * Client fanout: a message to all devices of both sides, encrypted for each of them alone.
 *
 * Subpath: `polyratchet/fanout`.
 *
 * @module
 */
export type { KnownAccount, OwnDevice } from './account.js';
export {
  MAX_FANOUT_ROUNDS,
  reviewAnswer,
  type AnswerReview,
  type FanoutAnswer,
  type ReviewAnswerOptions,
} from './answer.js';
export { decryptFrom, type DecryptFromOptions } from './decrypt.js';
export {
  encryptFanout,
  type EncryptFanoutOptions,
  type FanoutDevice,
  type FanoutOutcome,
} from './encrypt.js';
export type { Envelope, EnvelopeType, PairwiseEnvelope } from './envelope.js';
export {
  composeMessage,
  type ComposeMessageOptions,
  type OutgoingContent,
  type OutgoingMessage,
  type Plaintexts,
} from './message.js';
export {
  openEnvelope,
  type GroupLookup,
  type OpenedChanges,
  type OpenedEnvelope,
  type OpenEnvelopeOptions,
} from './open.js';
export { decodeOutgoingMessage, encodeOutgoingMessage } from './outgoingRecord.js';
export {
  compareParticipantHashes,
  participantHash,
  type ParticipantHashComparison,
} from './participantHash.js';
export {
  PLAN_LIFETIME_MS,
  planFanout,
  type FanoutPlan,
  type PlanBasis,
  type PlanFanoutOptions,
} from './plan.js';
export type { AcceptedPlan, PlannedDevice, SessionLookup } from './planned.js';
export {
  answerRetry,
  type AnsweredMessage,
  type AnswerRetryOptions,
  type RetryAnswer,
  type RetryAnswers,
  type WhyRefused,
} from './retry/answer.js';
export {
  updateResendCache,
  type CachedMessage,
  type ResendCache,
  type UpdatedResendCache,
  type UpdateResendCacheOptions,
} from './retry/cache.js';
export {
  holdMessage,
  releaseHeld,
  type HeldMessage,
  type HeldMessages,
  type HeldOutcome,
  type HoldMessageOptions,
  type ReleasedMessages,
  type ReleaseHeldOptions,
} from './retry/held.js';
export {
  HELD_LIFETIME_MS,
  MAX_CACHED_MESSAGES,
  MAX_HELD_LENGTH,
  MAX_HELD_MESSAGES,
  MAX_REQUESTED_MESSAGES,
  MAX_RETRY_COUNT,
  MAX_RETRY_RENEWALS,
  MAX_SENT_DEVICES,
  MAX_SENT_RECORD_LENGTH,
  RETRY_LIFETIME_MS,
} from './retry/limits.js';
export { RETRY_REASONS, type RetryReason } from './retry/reasons.js';
export {
  decodeHeldMessages,
  decodeRetryAnswers,
  decodeRetryRequests,
  encodeHeldMessages,
  encodeRetryAnswers,
  encodeRetryRequests,
} from './retry/records.js';
export { decodeRetryRequest, encodeRetryRequest, type RetryRequest } from './retry/request.js';
export {
  planRetryRequest,
  settleRetry,
  type PlanRetryRequestOptions,
  type RequestedMessage,
  type RetryRequestPlan,
  type RetryRequests,
  type SettleRetryOptions,
} from './retry/requests.js';
export {
  rememberSent,
  type RememberSentOptions,
  type SentDevice,
  type SentDeviceInput,
  type SentMessage,
  type SentPart,
} from './retry/sent.js';
export {
  decodeResendCache,
  decodeSentMessage,
  encodeResendCache,
  encodeSentMessage,
} from './retry/sentRecord.js';
export {
  sealEnvelopes,
  type BundleLookup,
  type DeviceOutcome,
  type SealedEnvelopes,
  type SealEnvelopesOptions,
} from './seal.js';
