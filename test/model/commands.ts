/** What can happen to two parties: each command is a name, a side and a number, so that a failure reads as a story. */
import fc from 'fast-check';
import { generateSignedPreKey } from 'polyratchet/identity';
import { decodeSignalMessage } from 'polyratchet/ratchet';
import { archiveSession, decodeSession, encodeSession, forgetSignedPreKey } from 'polyratchet/session';
import { flipBit, forge, innerOf, replace, SIGNAL, skip, varintField, withBytes } from '../support/forge.js';
import { copyOf, type Party } from '../support/party.js';
import {
  deliver,
  deliverForged,
  exchange,
  sendOne,
  startAnew,
  type Flight,
  type Model,
  type Side,
  type World,
} from './model.js';

export type Command = fc.Command<Model, World>;

interface Action {
  readonly name: string;
  /** How often it comes, compared with the others. */
  readonly weight: number;
  /** Whether there is anything to do. */
  readonly possible?: (model: Model, at: Side) => boolean;
  readonly run: (model: Model, world: World, at: Side, n: number) => void;
}

const somethingFlies: NonNullable<Action['possible']> = ({ known }, at) => known[at].flying.length > 0;

/** Something that happens to one of the messages on their way to a side. */
function toFlight(
  name: string,
  run: (flight: Flight, flying: Flight[], n: number, model: Model, world: World, at: Side) => void,
  weight = 1,
): Action {
  return {
    name,
    weight,
    possible: somethingFlies,
    run: (model, world, at, n) => {
      const { flying } = model.known[at];
      const flight = flying[n % flying.length];
      if (flight !== undefined) run(flight, flying, n, model, world, at);
    },
  };
}

const NETWORK: readonly Action[] = [
  {
    name: 'send',
    weight: 5,
    run: (model, world, at, n) => {
      for (let i = 0; i <= n % 5; i++) sendOne(model, world, at);
    },
  },
  {
    name: 'chat',
    weight: 1,
    run: (model, world, _, n) => {
      for (let i = 0; i <= n % 7; i++) exchange(model, world);
    },
  },
  toFlight(
    'deliver',
    (flight, flying, n, model, world, at) => {
      flying.splice(n % flying.length, 1);
      deliver(model, world, at, flight);
    },
    5,
  ),
  {
    name: 'deliverAll',
    weight: 1,
    possible: somethingFlies,
    run: (model, world, at) => {
      for (const flight of model.known[at].flying.splice(0)) deliver(model, world, at, flight);
    },
  },
  toFlight('duplicate', (flight, flying) => {
    flying.push(flight);
  }),
  toFlight('drop', (_, flying, n) => {
    flying.splice(n % flying.length, 1);
  }),
  toFlight('reorder', (_, flying, n) => {
    flying.push(...flying.splice(0, n % flying.length).reverse());
  }),
  toFlight('corrupt', (flight, _, n, model, world, at) => {
    const { bytes } = flight.message;
    const forged = withBytes(flight.message, flipBit(bytes, n % (8 * bytes.length)));
    deliverForged(model, world, at, flight, forged);
  }),
  toFlight('forgeCounter', (flight, _, n, model, world, at) => {
    const inner = innerOf(flight.message);
    const counter = decodeSignalMessage(inner.bytes).counter + 1 + (n % 300);
    deliverForged(model, world, at, flight, forge(inner, replace(varintField(SIGNAL.counter, counter))));
  }),
  {
    name: 'replay',
    weight: 1,
    possible: ({ known }, at) => known[at].arrived.length > 0,
    run: (model, world, at, n) => {
      const { arrived } = model.known[at];
      const flight = arrived[n % arrived.length];
      if (flight !== undefined) deliver(model, world, at, flight);
    },
  },
];

const PARTIES: readonly Action[] = [
  {
    name: 'loseMessages',
    weight: 1,
    run: (_, { parties }, at, n) => {
      if (parties[at].session?.current !== undefined) skip(parties[at], 1 + (n % 40));
    },
  },
  {
    name: 'archive',
    weight: 1,
    run: (_, { parties }, at) => {
      const { session } = parties[at];
      if (session !== undefined) parties[at].session = archiveSession({ session });
    },
  },
  {
    name: 'startAnew',
    weight: 1,
    run: startAnew,
  },
  {
    name: 'reload',
    weight: 1,
    run: (_, { parties }, at) => {
      const { session } = parties[at];
      if (session !== undefined) parties[at].session = decodeSession(encodeSession(session));
    },
  },
  {
    name: 'changePreKeys',
    weight: 1,
    run: ({ known }, { parties }, at, n) => {
      const party = parties[at];
      if (n % 4 === 0) for (const id of known[at].handedOut) party.oneTimePreKeys.delete(id);
      else rotate(party, n % 4 === 1);
    },
  },
];

const STORE: readonly Action[] = [
  {
    name: 'snapshot',
    weight: 2,
    run: (model, { parties, snapshots }, at) => {
      model.known[at].snapshots = snapshots[at].push(copyOf(parties[at]));
    },
  },
  {
    name: 'restore',
    weight: 2,
    possible: ({ known }, at) => known[at].snapshots > 0,
    run: (model, { parties, snapshots }, at, n) => {
      const snapshot = snapshots[at][n % snapshots[at].length];
      if (snapshot === undefined) return;
      parties[at] = copyOf(snapshot);
      model.restored = true;
      model.tally.restores++;
    },
  },
];

/** Arbitrary commands, as often as their weights say. */
export function arbitraryCommands(restore: boolean): fc.Arbitrary<Command>[] {
  const actions = restore ? [...NETWORK, ...PARTIES, ...STORE] : [...NETWORK, ...PARTIES];
  return actions.flatMap((action) => new Array<fc.Arbitrary<Command>>(action.weight).fill(arbitrary(action)));
}

function arbitrary({ name, possible, run }: Action): fc.Arbitrary<Command> {
  return fc.tuple(fc.constantFrom<Side>(0, 1), fc.nat(1 << 16)).map(([at, n]) => ({
    check: (model) => possible === undefined || possible(model, at),
    run: (model, world) => {
      model.tally.commands++;
      run(model, world, at, n);
    },
    toString: () => `${name}(${at}, ${n})`,
  }));
}

/** Makes a new signed prekey; the old ones are kept, or erased as an owner does whose grace is over. */
function rotate(party: Party, erase: boolean): void {
  const { identity, random, now, signedPreKeys } = party;
  const old = [...signedPreKeys.keys()];
  const id = Math.max(...old) + 1;
  signedPreKeys.set(id, generateSignedPreKey({ identity, id, random, now }));
  if (!erase) return;
  for (const signedPreKeyId of old) {
    signedPreKeys.delete(signedPreKeyId);
    if (party.session !== undefined)
      party.session = forgetSignedPreKey({ session: party.session, signedPreKeyId });
  }
}
