/**
 * One device in a plan: accepted or not, and whether there is a session to encrypt with.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import type { PublicKey } from '../crypto/index.js';
import type { AcceptedDevices, WhyExcluded } from '../devices/index.js';
import { archiveSession, sessionStatus, type Session, type SessionStatus } from '../session/index.js';

/** Sessions by device; a `Map` is one. */
export interface SessionLookup {
  /** The session with a device, if there is one. */
  readonly get: (device: Address) => Session | undefined;
}

/** A device that gets the message. */
export type AcceptedPlan =
  | {
      /** There is a session. */
      readonly kind: 'ready';
      /** Its address. */
      readonly device: Address;
      /** The identity key that its account vouches for, 32 bytes. */
      readonly identity: PublicKey;
    }
  | {
      /** A bundle is needed first. */
      readonly kind: 'needs-bundle';
      /** Its address. */
      readonly device: Address;
      /** The identity key that its account vouches for, 32 bytes. */
      readonly identity: PublicKey;
      /** Why the session does not do; `none` also where it is with another identity. */
      readonly session: SessionStatus;
    };

/** What is planned for one device. */
export type PlannedDevice =
  | AcceptedPlan
  | {
      /** The device gets nothing. */
      readonly kind: 'refused';
      /** Its address. */
      readonly device: Address;
      /** Why. */
      readonly why: WhyExcluded;
    };

/** The state of the session with a device, as far as it is with this identity. */
export type StatusOf = (device: Address, identity: PublicKey) => SessionStatus;

/** Looks the states of sessions up. */
export function statusIn(sessions: SessionLookup, now: number): StatusOf {
  inputObject('sessions', sessions);
  return (device, identity) => {
    const session = sessionWith(sessions.get(device), identity);
    return sessionStatus({ ...(session === undefined ? {} : { session }), now });
  };
}

/**
 * The session with a device of this identity. One with another identity at the same address is an earlier device's: it is
 * kept for what is still on its way, and encrypts no more.
 */
export function sessionWith(session: Session | undefined, identity: PublicKey): Session | undefined {
  if (session?.current === undefined || equalBytes(session.current.remoteIdentity, identity)) return session;
  return archiveSession({ session });
}

/** The devices of one account, those that are left out last. */
export function planned({ devices, excluded }: AcceptedDevices, status: StatusOf): readonly PlannedDevice[] {
  return [
    ...devices.map(({ address, identity }) => plannedAs(address, identity, status(address, identity))),
    ...excluded.map(({ address: device, why }) => ({ kind: 'refused' as const, device, why })),
  ];
}

function plannedAs(device: Address, identity: PublicKey, session: SessionStatus): AcceptedPlan {
  if (session === 'established' || session === 'unacknowledged') return { kind: 'ready', device, identity };
  return { kind: 'needs-bundle', device, identity, session };
}

/** Whether a device gets the message. */
export function isAccepted(device: PlannedDevice): device is AcceptedPlan {
  return device.kind !== 'refused';
}

/** The devices whose bundles are needed. */
export function bundlesFor(devices: readonly PlannedDevice[]): readonly Address[] {
  return devices.filter(({ kind }) => kind === 'needs-bundle').map(({ device }) => device);
}

/** The part of a plan that depends on sessions. */
export interface Statuses {
  readonly recipients: readonly PlannedDevice[];
  readonly ownDevices: readonly PlannedDevice[];
  readonly bundles: readonly Address[];
}

/** A plan with the states that sessions have now; the very plan that came in where nothing has changed. */
export function withStatus<Plan extends Statuses>(plan: Plan, status: StatusOf): Plan {
  const renew = (planned: PlannedDevice): PlannedDevice => {
    if (!isAccepted(planned)) return planned;
    const renewed = plannedAs(planned.device, planned.identity, status(planned.device, planned.identity));
    return sessionOf(renewed) === sessionOf(planned) ? planned : renewed;
  };
  const recipients = plan.recipients.map(renew);
  const ownDevices = plan.ownDevices.map(renew);
  const isSame = (before: readonly PlannedDevice[], after: readonly PlannedDevice[]): boolean =>
    before.every((planned, i) => planned === after[i]);
  if (isSame(plan.recipients, recipients) && isSame(plan.ownDevices, ownDevices)) return plan;
  return { ...plan, recipients, ownDevices, bundles: bundlesFor([...recipients, ...ownDevices]) };
}

/** What is wrong with the session, if a bundle is needed. */
function sessionOf(planned: AcceptedPlan): SessionStatus | undefined {
  return planned.kind === 'ready' ? undefined : planned.session;
}
