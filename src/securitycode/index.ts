/**
 * One security code over all devices of two people: digits to read out, a QR payload to scan, and when to compare again.
 *
 * Subpath: `polyratchet/securitycode`.
 *
 * @module
 */
export {
  compareSecurityCodes,
  MAX_SCANNED_LENGTH,
  securityCode,
  type CompareSecurityCodesOptions,
  type SecurityCode,
  type SecurityCodeOptions,
} from './code.js';
export type { SecurityCodeComparison, SecurityCodeDifference, SecurityCodeSide } from './comparison.js';
export {
  securityNotice,
  type PersonIdentities,
  type SecurityNotice,
  type SecurityNoticeOptions,
} from './notice.js';
export {
  MAX_IDENTIFIER_LENGTH,
  MAX_IDENTITY_KEYS,
  type AccountParty,
  type IdentifierParty,
  type SecurityCodeParties,
  type SecurityCodeProfile,
} from './party.js';
