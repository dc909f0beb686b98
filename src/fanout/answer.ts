/**
 * The server's answer to a send: what to fetch, and whether another round is worth it.
 *
 * The server says which of its devices we did not think of, which are gone, and which have begun anew. None of that adds
 * a device: it leads to a fetch of signed lists and to a plan made from them, and the next round goes to the difference.
 *
 * @module
 */
import { accountOf, isDevice, type Address } from '../core/address.js';
import { inputList, inputObject } from '../core/check.js';
import type { DeviceFetch } from '../devices/index.js';
import { archiveSession, type Session } from '../session/index.js';
import { checkChat, type OutgoingMessage } from './message.js';
import { compareParticipantHashes } from './participantHash.js';
import type { FanoutPlan } from './plan.js';
import { isAccepted, type SessionLookup } from './planned.js';

/** Rounds of one message: the first, one after fresh lists, one for sessions, and one for what has changed meanwhile. */
export const MAX_FANOUT_ROUNDS = 4;

/** What the server says of a send; all of it is its word. */
export interface FanoutAnswer {
  /** Devices that have begun anew, or are others at the same address: what was encrypted for them cannot be read there. */
  readonly stale?: readonly Address[];
  /** Devices of the accounts that got nothing from us. */
  readonly missing?: readonly Address[];
  /** Devices that do not exist any more. */
  readonly extra?: readonly Address[];
  /** Participant hash of the devices that the server knows. */
  readonly participantHash?: string;
}

/** What was sent, and what the server says of it. */
export interface ReviewAnswerOptions {
  /** The plan of the round. */
  readonly plan: FanoutPlan;
  /** The message as it came out of the round. */
  readonly message: OutgoingMessage;
  /** The answer. */
  readonly answer: FanoutAnswer;
  /** The sessions that we have. */
  readonly sessions: SessionLookup;
}

/** What comes after an answer. */
export type AnswerReview =
  | {
      /** Nothing: every device that is known has its envelope, or its reason. */
      readonly kind: 'done';
    }
  | {
      /**
       * `again`: store, fetch, plan anew, and seal the message again. `given-up`: the same but for the last, since the server
       * has asked too often.
       */
      readonly kind: 'again' | 'given-up';
      /** The message; devices whose session is renewed were not sent it. */
      readonly message: OutgoingMessage;
      /** Sessions that replace those of before, by device: they need a bundle now. */
      readonly sessions: ReadonlyMap<Address, Session>;
      /** Lists and identities to fetch. */
      readonly fetch: readonly DeviceFetch[];
    };

/**
 * Takes the server's answer to a round.
 *
 * Only accounts that the message was written to are looked at. After {@link MAX_FANOUT_ROUNDS} rounds it is given up.
 *
 * @throws PolyratchetError `wrong-chat`, `invalid-argument`
 * @example
 * ```ts no-run
 * import { planFanout, reviewAnswer, type FanoutPlan, type OutgoingMessage } from 'polyratchet/fanout';
 *
 * declare const plan: FanoutPlan;
 * declare const message: OutgoingMessage;
 * const review = reviewAnswer({ plan, message, answer: { missing: ['bob:2@example.org'] }, sessions: new Map() });
 * if (review.kind === 'again') console.log(review.fetch); // bob's list: then plan, and seal review.message
 * ```
 */
export function reviewAnswer(options: ReviewAnswerOptions): AnswerReview {
  const { plan, sessions } = inputObject('options', options);
  const message = checkChat(options.message, inputObject('plan', plan));
  const { stale = [], missing = [], extra = [], participantHash } = inputObject('answer', options.answer);
  inputObject('sessions', sessions);
  const accounts = accountsOf(message, plan);
  const named = (name: string, devices: readonly Address[]): readonly Address[] =>
    [...new Set(inputList(name, devices))].filter(
      (device) => isDevice(device) && accounts.has(accountOf(device)),
    );
  const known = new Set(
    [...plan.recipients, ...plan.ownDevices].filter(isAccepted).map(({ device }) => device),
  );
  const unknown = named('answer.missing', missing).filter(
    (device) => device !== plan.from && !known.has(device),
  );
  const gone = named('answer.extra', extra).filter((device) => known.has(device));
  const renewed = named('answer.stale', stale).filter((device) => known.has(device));
  const lists = new Set(
    [...unknown, ...gone, ...renewed].map((device) => accounts.get(accountOf(device)) ?? device),
  );
  const isUnexplained =
    lists.size === 0 &&
    participantHash !== undefined &&
    compareParticipantHashes(plan.participantHash, participantHash) === 'different';
  if (isUnexplained) for (const account of accounts.values()) lists.add(account);
  if (lists.size === 0) return { kind: 'done' };
  const answers = message.answers + 1;
  return {
    kind: answers < MAX_FANOUT_ROUNDS ? 'again' : 'given-up',
    message: { ...withoutSent(message, new Set(renewed)), answers },
    sessions: archived(renewed, sessions),
    fetch: [
      ...[...lists].map((account) => ({ kind: 'list' as const, account })),
      ...unknown.map((device) => ({ kind: 'identity' as const, device })),
    ],
  };
}

/** The accounts that the message was written to, by all their addresses that are known. */
function accountsOf(
  { accounts }: OutgoingMessage,
  { from, basis }: FanoutPlan,
): ReadonlyMap<Address, Address> {
  const own = accountOf(from);
  return new Map([
    ...accounts.map((account) => [account, account] as const),
    ...basis.aliases.map((alias) => [alias, own] as const),
  ]);
}

/** What a device has got with a session that it no longer has was not sent. */
function withoutSent(message: OutgoingMessage, devices: ReadonlySet<Address>): OutgoingMessage {
  const { sent } = message;
  if (sent === undefined || devices.size === 0) return message;
  const parts = sent.parts
    .map((part) => ({ ...part, devices: part.devices.filter(({ device }) => !devices.has(device)) }))
    .filter((part) => part.devices.length > 0);
  return { ...message, sent: { ...sent, parts } };
}

function archived(devices: readonly Address[], sessions: SessionLookup): ReadonlyMap<Address, Session> {
  const found = devices.flatMap((device) => {
    const session = sessions.get(device);
    return session === undefined ? [] : [[device, archiveSession({ session })] as const];
  });
  return new Map(found);
}
