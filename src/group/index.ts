/**
 * The rules of groups: who is a member, as the members say; who must have whose sender key, and who must not.
 *
 * Subpath: `polyratchet/group`.
 *
 * @module
 */
export { acceptGroupKey, type AcceptedGroupKey, type AcceptGroupKeyOptions } from './accept.js';
export { applyGroupChange, type AppliedChange, type ApplyGroupChangeOptions } from './apply.js';
export type { ChangeKind, GroupChange, GroupStep, WhyInvalid } from './change.js';
export {
  compareGroupState,
  groupExtensions,
  groupStateOf,
  type CompareGroupStateOptions,
  type GroupExtensions,
  type GroupStateClaim,
  type GroupStateComparison,
} from './claim.js';
export {
  changeGroup,
  createGroup,
  type ChangedGroup,
  type ChangeGroupOptions,
  type CreateGroupOptions,
  type GroupAnnouncement,
  type MadeChange,
} from './create.js';
export type { GroupSendPlan, SendDevice } from './devices.js';
export {
  planDistribution,
  type DistributionBasis,
  type DistributionPlan,
  type PlanDistributionOptions,
} from './distribution.js';
export {
  encryptGroupMessage,
  type EncryptedGroupMessage,
  type EncryptGroupMessageOptions,
  type GroupContent,
} from './encrypt.js';
export type { GroupEvent } from './events.js';
export { GROUP_HASH_LENGTH, groupHash, type Group } from './group.js';
export {
  addKeyHolders,
  createKeyHolders,
  decodeKeyHolders,
  encodeKeyHolders,
  type AddKeyHoldersOptions,
  type CreateKeyHoldersOptions,
  type GroupKeyHolders,
  type KeyHolder,
  type KeyTarget,
} from './holders.js';
export {
  answerGroupQuestion,
  joinGroup,
  type AnswerGroupQuestionOptions,
  type GroupQuestionAnswer,
  type JoinedGroup,
  type JoinGroupOptions,
} from './join.js';
export { isMember, wasMember, type GroupRecord } from './known.js';
export {
  MAX_EARLY_CHANGES,
  MAX_FORK_VERSIONS,
  MAX_GROUP_VERSION,
  MAX_KEPT_CHANGES,
  MAX_KEY_HOLDERS,
  MAX_MEMBERS,
  MAX_NAMED_ACCOUNTS,
  MAX_SENDER_KEY_MESSAGES,
  MAX_WAITING_LENGTH,
  MAX_WAITING_MESSAGES,
  MAX_WAITING_OF_DEVICE,
  SENDER_KEY_LIFETIME_MS,
  WAITING_LIFETIME_MS,
} from './limits.js';
export {
  openGroupMessage,
  type GroupEnvelope,
  type OpenedGroupMessage,
  type OpenGroupMessageOptions,
} from './open.js';
export { decodeGroup, encodeGroup } from './record.js';
export { reviewGroupRetry, type GroupRetryReview, type ReviewGroupRetryOptions } from './retry.js';
export {
  rotationDue,
  type GroupKey,
  type RotationDueOptions,
  type RotationLimits,
  type RotationReason,
} from './rotation.js';
export { decodeGroupUpdate, encodeGroupUpdate, type GroupUpdate } from './update.js';
export {
  decodeWaitingMessages,
  encodeWaitingMessages,
  holdGroupMessage,
  releaseGroupMessages,
  type HeldGroupMessage,
  type HoldGroupMessageOptions,
  type ReleasedGroupMessages,
  type ReleaseGroupMessagesOptions,
  type WaitingMessage,
  type WaitingMessages,
} from './waiting.js';
