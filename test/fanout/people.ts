/** People with several devices each, and a server that knows their lists and bundles: what tests of whole sends need. */
import { accountOf, parseAddress, type Address } from 'polyratchet';
import type { ContentFormat } from 'polyratchet/content';
import {
  addCompanion,
  assumeDeviceList,
  confirmCompanion,
  createOwnDevices,
  deviceListOf,
  encodeSignedDeviceIdentity,
  mergeDeviceList,
  removeCompanion,
  signAccount,
  signDevice,
  type DeviceListAnswer,
  type DeviceListRecord,
  type OwnDevices,
} from 'polyratchet/devices';
import {
  composeMessage,
  openEnvelope,
  planFanout,
  sealEnvelopes,
  type PairwiseEnvelope,
  type FanoutPlan,
  type OpenedEnvelope,
  type OutgoingContent,
  type OutgoingMessage,
  type OwnDevice,
  type SealedEnvelopes,
} from 'polyratchet/fanout';
import type { PreKeyBundle } from 'polyratchet/identity';
import type { Session } from 'polyratchet/session';
import { bundleOf, createParty, preKeysFor, type Party } from '../support/party.js';
import { seededRandom } from '../support/random.js';

export const NOW = 1_750_000_000_000;
export const HOUR = 60 * 60 * 1000;
export const DAY = 24 * HOUR;
export const ALICE = 'alice@example.org';
export const BOB = 'bob@example.org';
export const format: ContentFormat = { form: 'payload' };

const random = seededRandom(815);
const parties = new Map<number, Party>();

/** A device's keys: dear on noble, so each seed's are made once. */
function partyOf(seed: number): Party {
  const made = parties.get(seed) ?? createParty(seed, 3);
  parties.set(seed, made);
  return { ...made, oneTimePreKeys: new Map(made.oneTimePreKeys), session: undefined };
}

/** What a primary has signed, by all that it did so far: signatures are dear on noble, and tests begin alike. */
interface Deed {
  readonly own: OwnDevices;
  readonly answer: DeviceListAnswer;
  readonly deviceIdentity?: Uint8Array;
}
const deeds = new Map<string, Deed>();

/** What somebody who knew nothing makes of an answer. */
const firstRecords = new WeakMap<DeviceListAnswer, DeviceListRecord>();

/** One device of a person, with what its owner stores. */
export interface Member {
  readonly address: Address;
  readonly number: number;
  readonly party: Party;
  readonly person: Person;
  readonly deviceIdentity: Uint8Array | undefined;
  /** By account; its own is among them. */
  readonly lists: Map<Address, DeviceListRecord>;
  readonly sessions: Map<Address, Session>;
  /** Plans by chat. */
  readonly plans: Map<Address, FanoutPlan>;
}

/** A person: the phone signs, the server is told. */
export class Person {
  readonly account: Address;
  readonly phone: Member;
  readonly members = new Map<number, Member>();
  /** Every answer that the server could give, the newest last. */
  readonly published: DeviceListAnswer[] = [];
  own: OwnDevices;
  readonly #seed: number;
  #linked = 0;
  #history: string;

  constructor(account: Address, seed: number, now = NOW) {
    this.account = account;
    this.#seed = seed;
    this.#history = `${account} ${seed} ${now}`;
    const party = partyOf(seed);
    const signer = { identity: party.identity, random, now, serverTime: now };
    this.own = this.#do('', () => ({ own: createOwnDevices({ account, ...signer }).devices })).own;
    this.phone = this.#member(0, party, undefined);
  }

  /** Links one more companion under the first number that is free. */
  link(now = NOW): Member {
    const party = partyOf(this.#seed + ++this.#linked);
    const number = [1, 2, 3, 4, 5].find((free) => !this.members.has(free)) ?? 6;
    const { deviceIdentity } = this.#do(`link ${number} ${now}`, () => {
      const companionIdentity = party.identity.publicKey;
      const signer = this.signer(now);
      const { devices, companion } = addCompanion({ devices: this.own, companionIdentity, ...signer });
      const { keyIndex } = companion;
      const device = { rawId: devices.rawId, timestamp: devices.timestamp, keyIndex };
      const half = signAccount({ device, companionIdentity, identity: signer.identity, random });
      const primaryIdentity = signer.identity.publicKey;
      const whole = signDevice({ signed: half, identity: party.identity, primaryIdentity, random });
      const signedIdentity = encodeSignedDeviceIdentity(whole);
      const own = confirmCompanion({ devices, keyIndex, device: number, signedIdentity });
      return { own, deviceIdentity: signedIdentity };
    });
    return this.#member(number, party, deviceIdentity);
  }

  unlink(number: number, now = NOW + HOUR): void {
    this.#do(`unlink ${number} ${now}`, () => {
      const found = this.own.companions.find(
        ({ link }) => link.kind === 'confirmed' && link.device === number,
      );
      if (found === undefined) throw new Error(`no device ${number}`);
      const { keyIndex } = found;
      return { own: removeCompanion({ devices: this.own, keyIndex, ...this.signer(now) }).devices };
    });
    this.members.delete(number);
  }

  get record(): DeviceListRecord {
    return deviceListOf(this.own);
  }

  signer(now: number) {
    return { identity: this.phone.party.identity, random, now, serverTime: now };
  }

  #member(number: number, party: Party, deviceIdentity: Uint8Array | undefined): Member {
    const address = number === 0 ? this.account : this.account.replace('@', `:${number}@`);
    const maps = { lists: new Map(), sessions: new Map(), plans: new Map() };
    const member: Member = { address, number, party, person: this, deviceIdentity, ...maps };
    member.lists.set(this.account, this.record);
    this.members.set(number, member);
    return member;
  }

  /** Does something once for all tests that have come this way, and publishes it. */
  #do(what: string, sign: () => Omit<Deed, 'answer'>): Deed {
    this.#history += `, ${what}`;
    let deed = deeds.get(this.#history);
    if (deed === undefined) {
      const signed = sign();
      deed = { ...signed, answer: answerOf(signed.own) };
      deeds.set(this.#history, deed);
    }
    this.own = deed.own;
    this.published.push(deed.answer);
    return deed;
  }
}

function answerOf({ companions, signedList, primaryIdentity }: OwnDevices): DeviceListAnswer {
  const devices = companions.flatMap(({ link, keyIndex, identity }) =>
    link.kind === 'confirmed'
      ? [{ device: link.device, keyIndex, identity, signedIdentity: link.signedIdentity }]
      : [],
  );
  return { devices: [{ device: 0, identity: primaryIdentity }, ...devices], signedList };
}

/** Takes a server's answer about an account, the newest or an older one. */
export function learn(member: Member, person: Person, now = NOW, answer = person.published.at(-1)!): void {
  const { account } = person;
  const known = member.lists.get(account);
  const primaryIdentity = person.phone.party.identity.publicKey;
  const before = known ?? assumeDeviceList({ account, primaryIdentity, now });
  const record =
    (known === undefined ? firstRecords.get(answer) : undefined) ??
    mergeDeviceList({ account, record: before, answer, now }).record;
  if (known === undefined) firstRecords.set(answer, record);
  member.lists.set(account, record);
}

/** Everybody knows everybody's newest list. */
export function introduce(...people: readonly Person[]): void {
  for (const person of people)
    for (const member of person.members.values()) for (const other of people) learn(member, other);
}

/** Alice and her laptop, Bob and his tablet, who know each other's lists. */
export interface AliceAndBob {
  readonly alice: Person;
  readonly bob: Person;
  readonly laptop: Member;
  readonly tablet: Member;
}

export function aliceAndBob(): AliceAndBob {
  const [alice, bob] = [new Person(ALICE, 10), new Person(BOB, 20)];
  const [laptop, tablet] = [alice.link(), bob.link()];
  introduce(alice, bob);
  return { alice, bob, laptop, tablet };
}

export function ownOf(member: Member): OwnDevice {
  return { record: member.lists.get(member.person.account)!, device: member.number };
}

/** Plans a send to accounts as they are known, with the plan of before. */
export function plan(member: Member, recipients: readonly Address[], now = NOW, group?: Address): FanoutPlan {
  const chat = group ?? recipients[0] ?? member.person.account;
  const previous = member.plans.get(chat);
  const made = planFanout({
    own: ownOf(member),
    recipients: recipients.map((account) => member.lists.get(account)!),
    ...(group === undefined ? {} : { group }),
    sessions: member.sessions,
    ...(previous === undefined ? {} : { previous }),
    now,
  });
  member.plans.set(chat, made);
  return made;
}

export function compose(made: FanoutPlan, messageId: string, content: OutgoingContent = {}): OutgoingMessage {
  return composeMessage({ plan: made, messageId, format, content });
}

export function text(body: string): OutgoingContent {
  return { body: new TextEncoder().encode(body) };
}

/** Seals with the bundles that the plan asks for, and stores the sessions and the plan. */
export function seal(
  member: Member,
  made: FanoutPlan,
  message: OutgoingMessage,
  bundles: ReadonlyMap<Address, PreKeyBundle>,
  now = NOW,
): SealedEnvelopes {
  const { identity, registrationId, random: draw } = member.party;
  const sealed = sealEnvelopes({
    plan: made,
    message,
    identity,
    registrationId,
    ...(member.deviceIdentity === undefined ? {} : { deviceIdentity: member.deviceIdentity }),
    sessions: member.sessions,
    bundles,
    random: draw,
    now,
  });
  for (const [device, session] of sealed.sessions) member.sessions.set(device, session);
  member.plans.set(made.chat, sealed.plan);
  return sealed;
}

/** The bundles of devices that exist. */
export function bundlesOf(
  people: readonly Person[],
  devices: readonly Address[],
): ReadonlyMap<Address, PreKeyBundle> {
  const members = devices.flatMap((device) => {
    const person = people.find(({ account }) => account === accountOf(device));
    const member = person?.members.get(parseAddress(device).device);
    return member === undefined ? [] : [[device, bundleOf(member.party, false)] as const];
  });
  return new Map(members);
}

/** Plans, composes and seals in one go. */
export function send(
  member: Member,
  people: readonly Person[],
  recipients: readonly Address[],
  messageId: string,
  body = 'hello',
  group?: Address,
): SealedEnvelopes {
  const made = plan(member, recipients, NOW, group);
  return seal(member, made, compose(made, messageId, text(body)), bundlesOf(people, made.bundles));
}

export interface OpenExtras {
  readonly now?: number;
  readonly groups?: ReadonlySet<Address>;
  readonly own?: OwnDevice;
  readonly hosted?: boolean;
}

/** Opens without storing anything. */
export function tryOpen(
  member: Member,
  envelope: PairwiseEnvelope,
  { now = NOW, own = ownOf(member), ...extras }: OpenExtras = {},
): OpenedEnvelope {
  const { identity, random: draw } = member.party;
  const record = envelope.from.includes('@') ? member.lists.get(accountOf(envelope.from)) : undefined;
  const session = member.sessions.get(envelope.from);
  return openEnvelope({
    envelope,
    own,
    identity,
    ...(record === undefined ? {} : { sender: { record } }),
    ...(session === undefined ? {} : { session }),
    ...preKeysFor(member.party, envelope),
    format,
    ...extras,
    random: draw,
    now,
  });
}

/** Opens and stores what is to be stored. */
export function open(member: Member, envelope: PairwiseEnvelope, extras: OpenExtras = {}): OpenedEnvelope {
  const opened = tryOpen(member, envelope, extras);
  if (opened.kind === 'held') return opened;
  const { session, lists, oneTimePreKeyId } = opened.changes;
  member.sessions.set(envelope.from, session);
  for (const record of lists) member.lists.set(record.account, record);
  if (oneTimePreKeyId !== undefined) member.party.oneTimePreKeys.delete(oneTimePreKeyId);
  return opened;
}

/** What a message says, as text. */
export function bodyOf(opened: OpenedEnvelope): string {
  if (opened.kind === 'held') throw new Error(`held: ${opened.why}`);
  return new TextDecoder().decode(opened.content.body);
}

/** The envelope for a device. */
export function envelopeFor({ envelopes }: SealedEnvelopes, device: Address): PairwiseEnvelope {
  const found = envelopes.find(({ to }) => to === device);
  if (found === undefined) throw new Error(`nothing for ${device}`);
  return found;
}
