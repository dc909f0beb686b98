/**
 * Who is whose device: a phone links companions, and everybody else can verify them.
 *
 * Subpath: `polyratchet/devices`.
 *
 * @module
 */
export {
  decodeDeviceIdentity,
  decodeDeviceIdentityContainer,
  decodeKeyIndexList,
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  encodeDeviceIdentity,
  encodeDeviceIdentityContainer,
  encodeKeyIndexList,
  encodeSignedDeviceIdentity,
  encodeSignedKeyIndexList,
  MAX_ADV_LENGTH,
  MAX_VALID_INDEXES,
  type AccountType,
  type DeviceIdentity,
  type DeviceIdentityContainer,
  type KeyIndexList,
  type SignedDeviceIdentity,
  type SignedKeyIndexList,
} from './adv.js';
export {
  signKeyIndexList,
  verifyKeyIndexList,
  type SignKeyIndexListOptions,
  type VerifyKeyIndexListOptions,
} from './listSignature.js';
export {
  signAccount,
  signDevice,
  verifyAccount,
  verifyDeviceIdentity,
  type SignAccountOptions,
  type SignDeviceOptions,
  type VerifyAccountOptions,
  type VerifyDeviceIdentityOptions,
} from './signatures.js';
export {
  approveLink,
  CONFIRMATION_LIFETIME_MS,
  requireConfirmation,
  type ApprovedLink,
  type ApproveLinkOptions,
  type RequireConfirmationOptions,
  type UserConfirmation,
} from './linking/approve.js';
export { formatLinkingCode, LINKING_CODE_LENGTH, parseLinkingCode } from './linking/code.js';
export {
  finishCodeLink,
  offerCodeLink,
  startCodeLink,
  type CompanionCodeLink,
  type FinishCodeLinkOptions,
  type FinishedCodeLink,
  type OfferCodeLinkOptions,
  type PendingCodeLink,
  type StartCodeLinkOptions,
  type StartedCodeLink,
} from './linking/codeCompanion.js';
export {
  CODE_LINK_LIFETIME_MS,
  type CompanionFinish,
  type CompanionHello,
  type PrimaryHello,
  type UsedCodeLink,
} from './linking/codeLink.js';
export {
  acceptCodeLink,
  answerCodeLink,
  type AcceptCodeLinkOptions,
  type AcceptedCodeLink,
  type AnswerCodeLinkOptions,
  type AnsweredCodeLink,
  type PrimaryCodeLink,
} from './linking/codePrimary.js';
export { completeLink, type CompletedLink, type CompleteLinkOptions } from './linking/complete.js';
export { decodeLinkedDevice, encodeLinkedDevice, type LinkedDevice } from './linking/linkedDevice.js';
export {
  createLinkOffer,
  inputLabels,
  LINK_OFFER_LIFETIME_MS,
  renewLinkOffer,
  type CompanionLabels,
  type LinkOffer,
  type LinkOfferOptions,
  type RenewLinkOfferOptions,
  type ShownOffer,
} from './linking/offer.js';
export {
  MAX_QR_LENGTH,
  MAX_REF_LENGTH,
  parseLinkQr,
  type ClientType,
  type LinkRequest,
} from './linking/qr.js';
export {
  decodeCompanionCodeLink,
  decodeLinkOffer,
  decodePrimaryCodeLink,
  encodeCompanionCodeLink,
  encodeLinkOffer,
  encodePrimaryCodeLink,
} from './linking/records.js';
export { LINK_BUNDLE_LENGTH, WRAPPED_EPHEMERAL_LENGTH } from './linking/wrapping.js';
export { requireAcceptedDevice, type AcceptedDeviceOptions } from './acceptedDevice.js';
export {
  acceptedDevices,
  type AcceptedDevice,
  type AcceptedDevices,
  type AcceptedDevicesOptions,
  type DeviceFetch,
  type ExcludedDevice,
} from './accepted.js';
export type { ClaimedDevice } from './admit.js';
export {
  acceptPrimaryIdentity,
  uniteAliases,
  type AcceptPrimaryIdentityOptions,
  type PrimaryIdentityChange,
  type UniteAliasesOptions,
} from './aliases.js';
export type { DeviceListAnswer } from './answer.js';
export { MAX_LABEL_LENGTH, type Companion, type CompanionLink } from './companion.js';
export { expectNewerList, type NewerList, type NewerListHint } from './expected.js';
export { deviceListExpiry, type DeviceListExpiry } from './expiry.js';
export { createDeviceListMetadata, KEY_HASH_LENGTH, type DeviceListMetadataOptions } from './icdc.js';
export {
  compareDeviceListMetadata,
  type CompareMetadataOptions,
  type MetadataComparison,
  type MetadataComparisons,
} from './icdcCompare.js';
export {
  APPROVAL_LIFETIME_MS,
  LIST_LIFETIME_MS,
  LIST_RENEWAL_MS,
  LIST_WARNING_MS,
  MAX_COMPANIONS,
  MAX_DEVICES,
  MAX_LIST_AHEAD_MS,
  NEWER_LIST_GRACE_MS,
} from './limits.js';
export {
  compareDeviceLists,
  mergeDeviceList,
  type AddedDevice,
  type DeviceListMerge,
  type MergeDeviceListOptions,
  type RemovedDevice,
} from './list.js';
export { decodeDeviceList, encodeDeviceList } from './listRecord.js';
export {
  assumeDeviceList,
  deviceListOf,
  type AssumeDeviceListOptions,
  type DeviceListRecord,
  type ExpectedList,
  type KnownList,
  type RefusedDevice,
  type VerifiedCompanion,
  type WhyExcluded,
} from './listState.js';
export { removalEffects, type RemovalEffect, type RemovalEffectsOptions } from './logout.js';
export type { PinnedPrimary } from './nextList.js';
export {
  addCompanion,
  confirmCompanion,
  removeAllCompanions,
  removeCompanion,
  type AddCompanionOptions,
  type AddedCompanion,
  type ConfirmCompanionOptions,
  type RemoveCompanionOptions,
} from './ownCompanions.js';
export {
  createOwnDevices,
  ownDevicesRenewalDue,
  renewOwnDevices,
  type CreateOwnDevicesOptions,
  type ListSigner,
  type OwnDevices,
  type OwnDevicesChange,
  type SignListOptions,
} from './ownList.js';
export { decodeOwnDevices, encodeOwnDevices } from './ownRecord.js';
export { securityCodeParty, type SecurityCodePartyOptions, type SecurityCodePartyResult } from './party.js';
export {
  linkedDevices,
  type DeviceClaim,
  type LinkedDevicesOptions,
  type LinkedDeviceStatus,
  type LinkedDeviceView,
} from './view.js';
