/**
 * Links in progress: what a companion and a primary leave for each other, one step after the other.
 *
 * Whoever knows the ref may look: nothing here is secret. A step is taken once and in its order; what it holds is for the
 * other end to check.
 *
 * @module
 */
import type { LinkExchange, OutgoingLinkOffer } from '../client/index.js';
import type { Address } from '../core/address.js';
import { toHex } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { copyOfInput, inputPrimary, inputText } from './input.js';

/** An exchange is kept for this long: more than the lives of a code (3 minutes) and of an offer (5 minutes) together. */
export const EXCHANGE_LIFETIME_MS: number = 10 * 60 * 1000;

/** Exchanges at one time: strangers begin them, so they may not fill the memory. */
export const MAX_EXCHANGES = 1_000;

/** Bytes of a ref: nobody comes upon another's by chance, and the QR code stays small. */
const REF_LENGTH = 8;

/** What is left in an exchange after the offer. */
type Step = 'answer' | 'finish' | 'approval' | 'signedIdentity';

/** A step on its way into an exchange. */
interface Left<Name extends Step> {
  readonly ref: string;
  readonly step: Name;
  /** The account that takes a primary's step. */
  readonly account?: Address;
  /** What is left; asked for only if the step may be taken. */
  readonly value: () => NonNullable<LinkExchange[Name]>;
}

/** The links in progress at a server. */
export interface Exchanges {
  /** Checks and copies an offer; the exchange begins, and has a ref, when the answer is called. */
  readonly begin: (offer: OutgoingLinkOffer) => () => string;
  /** How far one has come. */
  readonly read: (ref: string) => LinkExchange;
  /** Those by code that wait for an account's answer, the oldest first. */
  readonly offersTo: (account: Address) => readonly LinkExchange[];
  /** Leaves a step if it is the next one and the account's own. */
  readonly leave: <Name extends Step>(left: Left<Name>) => LinkExchange & Required<Pick<LinkExchange, Name>>;
}

interface Entry {
  readonly exchange: LinkExchange;
  readonly startedAt: number;
  /** Whose it is: named by the companion, or the first that approves. */
  readonly account: Address | undefined;
}

/** No links yet. */
export function createExchanges({ random, now }: { random: Random; now: () => number }): Exchanges {
  const entries = new Map<string, Entry>();

  const fresh = (): Map<string, Entry> => {
    for (const [ref, { startedAt }] of entries) {
      if (now() > startedAt + EXCHANGE_LIFETIME_MS) entries.delete(ref);
    }
    return entries;
  };

  const find = (ref: string): Entry => {
    const entry = fresh().get(inputText('ref', ref));
    if (entry === undefined) throw new PolyratchetError('link-expired', { why: 'expired' });
    return entry;
  };

  return {
    begin: (offer) => {
      const ref = toHex(randomBytes(random, REF_LENGTH));
      const { account, ...exchange } = inputOffer(offer, ref);
      return () => {
        const got = fresh().size + 1;
        if (got > MAX_EXCHANGES) {
          throw new PolyratchetError('too-large', { what: 'links in progress', limit: MAX_EXCHANGES, got });
        }
        entries.set(ref, { exchange, startedAt: now(), account });
        return ref;
      };
    },
    read: (ref) => structuredClone(find(ref).exchange),
    offersTo: (account) =>
      [...fresh().values()]
        .filter((entry) => entry.account === account && nextStep(entry.exchange) === 'answer')
        .map(({ exchange }) => structuredClone(exchange)),
    leave: <Name extends Step>({ ref, step, account, value }: Left<Name>) => {
      const entry = find(ref);
      if (entry.exchange[step] !== undefined) throw new PolyratchetError('link-expired', { why: 'used' });
      const isOwn = account === undefined || (entry.account ?? account) === account;
      if (!isOwn || nextStep(entry.exchange) !== step) {
        throw new PolyratchetError('link-mismatch', { why: 'reference' });
      }
      const left = { [step]: value() } as Required<Pick<LinkExchange, Name>>;
      const exchange = { ...entry.exchange, ...left };
      entries.set(ref, { ...entry, exchange, account: entry.account ?? account });
      return exchange;
    },
  };
}

/** An offer as it is kept, and the account that it names. */
function inputOffer(
  offer: OutgoingLinkOffer,
  ref: string,
): LinkExchange & { readonly account: Address | undefined } {
  const { clientType, name, platform, code } = inputObject('offer', offer);
  const labels = {
    clientType: inputText('clientType', clientType),
    name: inputText('name', name),
    platform: inputText('platform', platform),
    ref,
  };
  if (code === undefined) return { ...labels, account: undefined };
  const { account, wrappedEphemeral } = inputObject('code', code);
  return {
    ...labels,
    account: inputPrimary('account', account),
    hello: { ref, wrappedEphemeral: copyOfInput('wrappedEphemeral', wrappedEphemeral) },
  };
}

/** By QR code, the approval is the first step. */
function nextStep({ hello, answer, finish, approval }: LinkExchange): Step {
  if (approval !== undefined) return 'signedIdentity';
  if (hello === undefined || finish !== undefined) return 'approval';
  return answer === undefined ? 'answer' : 'finish';
}
