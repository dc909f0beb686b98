/**
 * Encrypting a message for the devices of a plan that were not sent it yet.
 *
 *     plan, message ─▸ each device: sent before? a plaintext? ─▸ encryptFanout ─▸ envelopes, sessions, outcomes
 *
 * A later round is the same step with a newer plan: it reaches the difference and nobody else.
 *
 * @module
 */
import { accountOf, parseAddress, type Address } from '../core/address.js';
import { copyBytes, inputBytes } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import type { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import type { Random } from '../core/random.js';
import { reveal, type Secret } from '../core/secret.js';
import type { PublicKey } from '../crypto/index.js';
import type { WhyExcluded } from '../devices/index.js';
import type { Identity, PreKeyBundle } from '../identity/index.js';
import type { Session, SessionStatus } from '../session/index.js';
import { encryptFanout, type FanoutDevice } from './encrypt.js';
import type { PairwiseEnvelope } from './envelope.js';
import { checkChat, plaintextsOf, type OutgoingMessage } from './message.js';
import type { FanoutPlan } from './plan.js';
import { sessionWith, statusIn, withStatus, type PlannedDevice, type SessionLookup } from './planned.js';
import { withDevices, type SentDevice, type SentMessage } from './retry/sent.js';

/** Bundles by device; a `Map` is one. */
export interface BundleLookup {
  /** The bundle of a device, if it was fetched. */
  readonly get: (device: Address) => PreKeyBundle | undefined;
}

/** What to encrypt for whom. */
export interface SealEnvelopesOptions {
  /** Who gets it. */
  readonly plan: FanoutPlan;
  /** What they get. */
  readonly message: OutgoingMessage;
  /** Our identity. */
  readonly identity: Identity;
  /** Our registration id. */
  readonly registrationId: number;
  /** Our ADVSignedDeviceIdentity bytes, with both signatures: needed on a companion. */
  readonly deviceIdentity?: Uint8Array;
  /** The sessions that we have. */
  readonly sessions: SessionLookup;
  /** The bundles that were fetched. */
  readonly bundles?: BundleLookup;
  /** The source of padding and keys. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What became of a device of the plan. */
export type DeviceOutcome =
  | {
      /** `sealed`: there is an envelope for it; `sent-before`: there was one in an earlier round. */
      readonly kind: 'sealed' | 'sent-before';
      /** Its address. */
      readonly device: Address;
    }
  | {
      /** Fetch its bundle, and seal again. */
      readonly kind: 'needs-bundle';
      /** Its address. */
      readonly device: Address;
      /** Why the session does not do. */
      readonly session: SessionStatus;
    }
  | {
      /** It came with a later plan, and the message has contents for each device: compose its own, and seal again. */
      readonly kind: 'needs-content';
      /** Its address. */
      readonly device: Address;
    }
  | {
      /** It gets nothing. */
      readonly kind: 'refused';
      /** Its address. */
      readonly device: Address;
      /** Why; `not-addressed`: its account came with a later plan, and the message was not written to it. */
      readonly why: WhyExcluded | 'not-addressed';
    }
  | {
      /** It could not be encrypted for. */
      readonly kind: 'failed';
      /** Its address. */
      readonly device: Address;
      /** Why: its code says what to do. */
      readonly error: PolyratchetError;
    };

/** What to store, all of it in one write, and what to send then. */
export interface SealedEnvelopes {
  /** To be sent once everything is stored. */
  readonly envelopes: readonly PairwiseEnvelope[];
  /** Sessions that replace those of before, by device. */
  readonly sessions: ReadonlyMap<Address, Session>;
  /** What became of each device, in the order of the plan: the recipients', then our own. */
  readonly outcomes: readonly DeviceOutcome[];
  /** The message, with those that were sent it. */
  readonly message: OutgoingMessage;
  /** The plan for the next send: with the sessions that were started. */
  readonly plan: FanoutPlan;
}

/**
 * Encrypts a message for every device of the plan that was not sent it before.
 *
 * One bad device never keeps the others from theirs. An envelope has our device identity exactly where the receiver needs
 * it: beside a prekey message, if we are a companion.
 *
 * @throws PolyratchetError `wrong-chat`: plan and message do not belong together; `invalid-argument`: what is wrong with the
 *   call and not with a device.
 * @example
 * ```ts no-run
 * import { systemRandom as random, type Address } from 'polyratchet';
 * import { sealEnvelopes, type Envelope, type FanoutPlan, type OutgoingMessage } from 'polyratchet/fanout';
 * import type { Identity, PreKeyBundle } from 'polyratchet/identity';
 * import type { Session } from 'polyratchet/session';
 *
 * declare const plan: FanoutPlan;
 * declare const message: OutgoingMessage;
 * declare const own: { identity: Identity; registrationId: number };
 * declare const sessions: Map<Address, Session>;
 * declare const bundles: Map<Address, PreKeyBundle>; // of plan.bundles
 * declare function send(envelopes: readonly Envelope[]): void;
 *
 * const sealed = sealEnvelopes({ plan, message, ...own, sessions, bundles, random, now: Date.now() });
 * for (const [device, session] of sealed.sessions) sessions.set(device, session); // first
 * send(sealed.envelopes); // then
 * ```
 */
export function sealEnvelopes(options: SealEnvelopesOptions): SealedEnvelopes {
  const { plan, identity, registrationId, sessions, random } = inputObject('options', options);
  const message = checkChat(options.message, inputObject('plan', plan));
  const now = inputTime('now', options.now);
  const deviceIdentity = deviceIdentityOf(options);
  const decisions = decide(options);
  const devices = decisions.filter((decision) => decision.kind === 'seal');
  const encrypted = encryptFanout({ identity, registrationId, devices, random, now });

  const envelopes: PairwiseEnvelope[] = [];
  const renewed = new Map<Address, Session>();
  const sealed: ToSeal[] = [];
  let next = 0;
  const outcomes = decisions.map((decision): DeviceOutcome => {
    if (decision.kind !== 'seal') return decision;
    const outcome = itemAt(encrypted, next++);
    const { device } = outcome;
    if (outcome.kind === 'needs-bundle') return outcome;
    if (outcome.kind === 'refused') return { kind: 'failed', device, error: outcome.error };
    const { type, bytes } = outcome.message;
    const envelope = { id: message.messageId, from: plan.from, to: device, type, bytes, at: now };
    const isVouchedFor = type === 'prekey' && deviceIdentity !== undefined;
    envelopes.push(isVouchedFor ? { ...envelope, deviceIdentity } : envelope);
    renewed.set(device, outcome.session);
    sealed.push(decision);
    return { kind: 'sealed', device };
  });
  const isAsPlanned = encrypted.every(
    ({ kind }, i) => (kind === 'needs-bundle') === itemAt(devices, i).isWaiting,
  );
  const current = { get: (device: Address) => renewed.get(device) ?? sessions.get(device) };
  return {
    envelopes,
    sessions: renewed,
    outcomes,
    message: sealed.length === 0 ? message : { ...message, sent: withSent(message, sealed, now) },
    plan: isAsPlanned ? plan : withStatus(plan, statusIn(current, now)),
  };
}

/** What a companion has to show to those who do not know it; a primary has nothing. */
function deviceIdentityOf({ plan, deviceIdentity }: SealEnvelopesOptions): Uint8Array | undefined {
  if (parseAddress(plan.from).device === 0) return undefined;
  return copyBytes(inputBytes('deviceIdentity', deviceIdentity));
}

/** A device to encrypt for. */
interface ToSeal extends FanoutDevice {
  readonly kind: 'seal';
  /** What it gets: the same object for all that get the same. */
  readonly content: Secret<'Plaintext'>;
  readonly plaintext: Uint8Array;
  readonly identityKey: PublicKey;
  /** Whether it was planned to wait for its bundle. */
  readonly isWaiting: boolean;
}

/** Sorts the devices of a plan: those to encrypt for, and those of which the outcome is known already. */
function decide({
  plan,
  message,
  sessions,
  bundles,
}: SealEnvelopesOptions): readonly (ToSeal | DeviceOutcome)[] {
  inputObject('sessions', sessions);
  const plaintextOf = plaintextsOf(message, plan);
  const isStranger = strangersOf(plan, message);
  const sentBefore = new Set(message.sent?.parts.flatMap((part) => part.devices.map(({ device }) => device)));
  const sort = (planned: PlannedDevice, isOwn: boolean): ToSeal | DeviceOutcome => {
    const { device } = planned;
    if (planned.kind === 'refused') return planned;
    if (!isOwn && isStranger(device)) return { kind: 'refused', device, why: 'not-addressed' };
    if (sentBefore.has(device)) return { kind: 'sent-before', device };
    const content = plaintextOf(device, isOwn);
    if (content === undefined) return { kind: 'needs-content', device };
    const plaintext = reveal(content);
    const { identity: identityKey } = planned;
    const session = sessionWith(sessions.get(device), identityKey);
    const bundle = bundles?.get(device);
    const isWaiting = planned.kind === 'needs-bundle';
    const target = { kind: 'seal', device, content, plaintext, identityKey, isWaiting } as const;
    const withBundle = bundle === undefined ? target : { ...target, bundle };
    if (session === undefined) return { ...withBundle, trustedIdentity: identityKey };
    if (session.current === undefined) return { ...withBundle, session, trustedIdentity: identityKey };
    if (bundle !== undefined) return { ...withBundle, session };
    return { kind: 'seal', device, content, plaintext, identityKey, isWaiting, session };
  };
  return [
    ...plan.recipients.map((planned) => sort(planned, false)),
    ...plan.ownDevices.map((planned) => sort(planned, true)),
  ];
}

/** Tells the devices of accounts that the message was not written to. */
function strangersOf({ basis }: FanoutPlan, { accounts }: OutgoingMessage): (device: Address) => boolean {
  if (basis.recipients.every(({ account }, i) => account === accounts[i + 1])) return () => false;
  const written = new Set(accounts);
  return (device) => !written.has(accountOf(device));
}

/** Who was sent what, for those who ask for it again. */
function withSent({ messageId, sent }: OutgoingMessage, sealed: readonly ToSeal[], now: number): SentMessage {
  const added = new Map<Secret<'Plaintext'>, SentDevice[]>();
  for (const { device, content, identityKey } of sealed) {
    const devices = added.get(content);
    if (devices === undefined) added.set(content, [{ device, identityKey }]);
    else devices.push({ device, identityKey });
  }
  return withDevices({ messageId, sentAt: sent?.sentAt ?? now, parts: sent?.parts ?? [] }, added);
}
