/**
 * People who link and unlink devices while they write to each other, through a server that drops, repeats, reorders,
 * strips device identities, and says that lists are what they were a while ago.
 *
 * What must hold is written down from what was done: every device for which an envelope was sealed and delivered reads the
 * message once, in its chat; every other accepted device has an outcome that says why not; nobody else gets anything.
 */
import { accountOf, parseAddress, type Address } from 'polyratchet';
import { acceptedDevices } from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import {
  MAX_FANOUT_ROUNDS,
  participantHash,
  reviewAnswer,
  type PairwiseEnvelope,
  type SealedEnvelopes,
} from 'polyratchet/fanout';
import fc from 'fast-check';
import {
  bodyOf,
  bundlesOf,
  compose,
  introduce,
  learn,
  open,
  Person,
  plan,
  seal,
  text,
  type Member,
} from './people.js';

/** One thing that happens; numbers choose among what there is. */
export interface SendStep {
  readonly kind:
    'send' | 'deliver' | 'repeat' | 'drop' | 'strip' | 'link' | 'unlink' | 'learn' | 'learn-old' | 'reopen';
  readonly at: number;
  readonly to: number;
}

const KINDS = [
  'send',
  'send',
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'repeat',
  'drop',
  'strip',
  'link',
  'unlink',
  'learn',
  'learn-old',
  'reopen',
] as const;

export const sendSteps = (most: number): fc.Arbitrary<SendStep[]> =>
  fc.array(fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(500), to: fc.nat(500) }), {
    maxLength: most,
    size: 'max',
  });

export interface SendTally {
  sent: number;
  rounds: number;
  sealed: number;
  delivered: number;
  held: number;
  repeated: number;
  dropped: number;
  revoked: number;
  unserved: number;
}

export const newSendTally = (): SendTally => ({
  sent: 0,
  rounds: 0,
  sealed: 0,
  delivered: 0,
  held: 0,
  repeated: 0,
  dropped: 0,
  revoked: 0,
  unserved: 0,
});

/** Walks through steps, and throws at the first violation. */
export function walkSends(steps: readonly SendStep[], tally: SendTally): void {
  const world = new World(tally);
  for (const step of steps) world.take(step);
  world.end();
}

interface Flight {
  readonly from: Member;
  readonly to: Member;
  readonly envelope: PairwiseEnvelope;
  readonly body: string;
}

class World {
  readonly #tally: SendTally;
  readonly #people = [new Person('alice@x', 100), new Person('bob@x', 200)];
  readonly #flying: Flight[] = [];
  readonly #held: Flight[] = [];
  /** Message and device, once read. */
  readonly #read = new Set<string>();
  readonly #gone = new Set<Member>();
  #clock = 1_750_000_000_000;
  #next = 0;

  constructor(tally: SendTally) {
    this.#tally = tally;
    for (const person of this.#people) person.link(this.#clock);
    introduce(...this.#people);
  }

  take({ kind, at, to }: SendStep): void {
    const members = this.#people.flatMap((person) => [...person.members.values()]);
    const member = members[at % members.length]!;
    const person = this.#people[to % this.#people.length]!;
    const flight = this.#flying[at % Math.max(1, this.#flying.length)];
    switch (kind) {
      case 'send':
        this.#send(member, person, to % 3 === 0);
        return;
      case 'link':
        if (person.members.size < 4) this.#link(person);
        return;
      case 'unlink': {
        const companions = [...person.members.values()].filter(({ number }) => number > 0);
        const companion = companions[at % Math.max(1, companions.length)];
        if (companion === undefined) return;
        person.unlink(companion.number, (this.#clock += 1000));
        this.#gone.add(companion);
        return;
      }
      case 'learn':
        learn(member, person, this.#clock);
        return;
      case 'learn-old':
        this.#learnOld(member, person, to);
        return;
      case 'reopen':
        for (const held of this.#held.splice(0)) this.#deliver(held);
        return;
      case 'deliver':
      case 'repeat':
      case 'drop':
      case 'strip':
        break;
    }
    if (flight === undefined) return;
    if (kind === 'deliver' || kind === 'drop') this.#flying.splice(this.#flying.indexOf(flight), 1);
    if (kind === 'drop') this.#tally.dropped++;
    else if (kind === 'strip') {
      const { deviceIdentity: _, ...envelope } = flight.envelope;
      this.#deliver({ ...flight, envelope });
    } else this.#deliver(flight);
  }

  /** An honest server at last: whoever is still there reads what is still on its way. */
  end(): void {
    for (const person of this.#people)
      for (const member of person.members.values())
        for (const other of this.#people) learn(member, other, this.#clock);
    const rest = [...this.#flying, ...this.#held.splice(0)];
    for (const flight of rest) this.#deliver(flight);
    for (const { from, to, envelope } of rest) {
      if (this.#gone.has(to) || this.#gone.has(from)) continue;
      if (!this.#read.has(`${envelope.id} ${to.address}`))
        throw new Error(`${to.address} never read ${envelope.id}`);
    }
    const [alice] = this.#people as [Person, Person];
    this.#send(alice.phone, this.#people[1]!, true);
  }

  #link(person: Person): void {
    const member = person.link((this.#clock += 1000));
    for (const other of this.#people) learn(member, other, this.#clock);
  }

  /** A list of before is refused, or is the one that is known. */
  #learnOld(member: Member, person: Person, age: number): void {
    const answer = person.published[age % person.published.length]!;
    try {
      learn(member, person, this.#clock, answer);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
    }
  }

  #send(from: Member, person: Person, isHonest: boolean): void {
    if (this.#gone.has(from)) return;
    const recipients = person === from.person ? [] : [person.account];
    const messageId = `id ${this.#next++}`;
    const body = `message ${messageId}`;
    let made = plan(from, recipients, this.#clock);
    let message = compose(made, messageId, text(body));
    const served = new Set<Address>();
    for (let round = 0; ; round++) {
      if (round >= MAX_FANOUT_ROUNDS) throw new Error('more rounds than allowed');
      this.#tally.rounds++;
      const sealed = seal(from, made, message, bundlesOf(this.#people, made.bundles), this.#clock);
      this.#check(from, sealed, served);
      for (const envelope of sealed.envelopes) this.#carry(from, envelope, body);
      const truth = this.#truth(from, recipients);
      const known = new Map(
        [...made.recipients, ...made.ownDevices].flatMap((planned) =>
          planned.kind === 'refused' ? [] : [[planned.device, planned.identity] as const],
        ),
      );
      const isOther = (device: Address): boolean =>
        this.#memberAt(device)?.party.identity.publicKey.join() !== known.get(device)?.join();
      const answer = {
        missing: truth.filter((device) => !known.has(device)),
        extra: [...known.keys()].filter((device) => !truth.includes(device)),
        stale: truth.filter((device) => known.has(device) && isOther(device)),
        participantHash: participantHash(truth),
      };
      const review = reviewAnswer({ plan: made, message: sealed.message, answer, sessions: from.sessions });
      if (review.kind !== 'again') break;
      ({ message } = review);
      for (const [device, session] of review.sessions) from.sessions.set(device, session);
      for (const device of answer.stale) served.delete(device);
      if (isHonest) for (const each of this.#people) learn(from, each, this.#clock);
      made = plan(from, recipients, this.#clock);
    }
    this.#tally.sent++;
    if (!isHonest) return;
    const missed = this.#truth(from, recipients).filter((device) => !served.has(device));
    if (missed.length > 0) throw new Error(`${missed.join()} got nothing of ${messageId}`);
  }

  /** All devices that there are, but the one that sends. */
  #truth(from: Member, recipients: readonly Address[]): readonly Address[] {
    return this.#people
      .filter(({ account }) => account === from.person.account || recipients.includes(account))
      .flatMap((person) => [...person.members.values()])
      .filter((member) => member !== from)
      .map(({ address }) => address);
  }

  /** Nothing for anybody outside; nothing twice; a reason for everybody else. */
  #check(from: Member, { envelopes, outcomes, sessions }: SealedEnvelopes, served: Set<Address>): void {
    const accepted = [...from.lists.values()].flatMap(
      (record) => acceptedDevices({ record, now: this.#clock }).devices,
    );
    for (const { to } of envelopes) {
      const device = accepted.find(({ address }) => address === to);
      const key = sessions.get(to)?.current?.remoteIdentity;
      if (device === undefined || key?.join() !== device.identity.join())
        throw new Error(`sealed for a stranger: ${to}`);
      if (to === from.address || served.has(to)) throw new Error(`sealed twice, or for itself: ${to}`);
      served.add(to);
      this.#tally.sealed++;
    }
    for (const { kind, device } of outcomes) {
      if ((kind === 'sealed' || kind === 'sent-before') !== served.has(device))
        throw new Error(`${device} is ${kind}`);
      if (kind !== 'sealed' && kind !== 'sent-before') this.#tally.unserved++;
    }
  }

  #carry(from: Member, envelope: PairwiseEnvelope, body: string): void {
    const to = this.#memberAt(envelope.to);
    // What is encrypted for the device that had the address before is lost on the one that has it now.
    if (to !== undefined && to.party.identity.publicKey.join() === this.#receiverOf(from, envelope))
      this.#flying.push({ from, to, envelope, body });
  }

  #memberAt(address: Address): Member | undefined {
    const person = this.#people.find(({ account }) => account === accountOf(address));
    return person?.members.get(parseAddress(address).device);
  }

  #receiverOf(from: Member, { to }: PairwiseEnvelope): string | undefined {
    return from.sessions.get(to)?.current?.remoteIdentity.join();
  }

  #deliver(flight: Flight): void {
    const { from, to, envelope, body } = flight;
    if (this.#gone.has(to)) return;
    const name = `${envelope.id} ${to.address}`;
    try {
      const opened = open(to, envelope, { now: this.#clock });
      if (opened.kind === 'held') {
        if (from.number === 0) throw new Error('a primary is never held');
        this.#held.push(flight);
        this.#tally.held++;
        return;
      }
      const chat =
        from.person === to.person && opened.content.deviceSent !== undefined ? 'outgoing' : 'incoming';
      if (this.#read.has(name)) throw new Error(`${name} is read twice`);
      if (bodyOf(opened) !== body || opened.messageId !== envelope.id || opened.chat.kind !== chat)
        throw new Error(`${name} is read as something else`);
      this.#read.add(name);
      this.#tally.delivered++;
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      if (this.#read.has(name)) this.#tally.repeated++;
      else if (this.#gone.has(from)) this.#tally.revoked++;
      else throw new Error(`${name} cannot be read`, { cause: error });
    }
  }
}
