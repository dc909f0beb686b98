/**
 * Two parties, the network between them, and a model that knows which message may be read and nothing of keys.
 *
 * The model is strict as long as nothing was restored: whatever arrives within the limits is read, once. After a restore
 * keys repeat by nature, so it only demands that no other text is ever read, that errors are typed and change nothing,
 * and that both sides converge.
 */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import type { PreKeyBundle } from 'polyratchet/identity';
import { decodeSignalMessage } from 'polyratchet/ratchet';
import {
  encodeSession,
  peekPreKeyMessage,
  type DecryptResult,
  type EncryptedMessage,
} from 'polyratchet/session';
import { equalBytes, toHex } from '../../src/core/bytes.js';
import { contentOf, currentOf, innerOf, PREKEY } from '../support/forge.js';
import { bundleOf, copyOf, createParty, send, start, tryReceive, type Party } from '../support/party.js';
import { seededRandom } from '../support/random.js';
import type { Tally } from './tally.js';

/** What a session keeps, written down here and not taken from the library: the model is the promise. */
const KEPT_TURNS = 5;
const KEPT_STATES = 40; // and one more while one of them is the current one

export type Side = 0 | 1;

/** A message on its way, and by which names the model knows where it belongs. */
export interface Flight {
  readonly id: number;
  readonly text: string;
  readonly message: EncryptedMessage;
  readonly baseKey: string;
  readonly ratchetKey: string;
}

/** What the model knows of one side. */
interface Known {
  /** Messages on their way to it. */
  readonly flying: Flight[];
  /** Messages that it has been given. */
  readonly arrived: Flight[];
  /** The key agreements that it has, with the ratchet keys of the peer that it has seen in each, newest first. */
  readonly agreements: Map<string, readonly string[]>;
  /** Ids of one-time prekeys that its server has handed out. */
  readonly handedOut: Set<number>;
  /** How many snapshots of it there are. */
  snapshots: number;
  /** Something could not be read: it starts anew before it sends again. */
  startsAnew: boolean;
}

/** What is expected. */
export interface Model {
  readonly known: readonly [Known, Known];
  /** Ids of the messages that were read. */
  readonly delivered: Set<number>;
  readonly tally: Tally;
  restored: boolean;
  lastId: number;
}

/** What is tested. */
export interface World {
  readonly parties: [Party, Party];
  readonly snapshots: readonly [Party[], Party[]];
}

/** Making keys takes longer than a walk. */
const templates = [createParty(1, 10), createParty(2, 10)] as const;

/** Two parties who have not met. */
export function begin(tally: Tally): { model: Model; real: World } {
  const known = (): Known => ({
    flying: [],
    arrived: [],
    agreements: new Map(),
    handedOut: new Set(),
    snapshots: 0,
    startsAnew: false,
  });
  tally.walks++;
  return {
    model: { known: [known(), known()], delivered: new Set(), tally, restored: false, lastId: 0 },
    real: {
      parties: [
        { ...copyOf(templates[0]), random: seededRandom(11) },
        { ...copyOf(templates[1]), random: seededRandom(12) },
      ],
      snapshots: [[], []],
    },
  };
}

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** Takes the peer's bundle from its server and starts a session. */
export function startAnew(model: Model, world: World, side: Side): void {
  const peer = other(side);
  start(world.parties[side], takeBundle(world.parties[peer], model.known[peer]));
  const known = model.known[side];
  known.agreements.set(toHex(currentOf(world.parties[side]).baseKey), []);
  known.startsAnew = false;
}

function takeBundle(party: Party, { handedOut }: Known): PreKeyBundle {
  const left = new Map([...party.oneTimePreKeys].filter(([id]) => !handedOut.has(id)));
  const bundle = bundleOf({ ...party, oneTimePreKeys: left });
  if (bundle.oneTimePreKey !== undefined) handedOut.add(bundle.oneTimePreKey.id);
  return bundle;
}

/** Sends one message, after a start if one is needed. */
export function sendOne(model: Model, world: World, from: Side): void {
  const party = world.parties[from];
  if (model.known[from].startsAnew || party.session?.current === undefined) startAnew(model, world, from);
  const id = ++model.lastId;
  const text = `message ${id}`;
  const message = send(party, text);
  model.known[other(from)].flying.push({
    id,
    text,
    message,
    baseKey: toHex(currentOf(party).baseKey),
    ratchetKey: toHex(decodeSignalMessage(innerOf(message).bytes).ratchetKey),
  });
  model.tally.sent++;
}

/** What a side must do with a message: read it, refuse it since it was read before, or refuse it for a limit. */
type Verdict = 'read' | 'refuse' | 'prekeyLost' | 'tooLate';

/** The codes with which a message may be refused. A replay is told from a forgery as long as its chain is known. */
const REFUSALS: Readonly<Record<Verdict, readonly ErrorCode[]>> = {
  read: [],
  refuse: ['duplicate-message', 'bad-mac'],
  prekeyLost: ['no-prekey'],
  tooLate: ['bad-mac'],
};

/** The verdict, where there can be one: not after a restore, and not for a side that had to drop states. */
function verdictOn(model: Model, world: World, to: Side, flight: Flight): Verdict | undefined {
  const { agreements } = model.known[to];
  if (model.restored || agreements.size > KEPT_STATES) return undefined;
  if (model.delivered.has(flight.id)) return 'refuse';
  const chains = agreements.get(flight.baseKey);
  if (chains !== undefined) return chains.indexOf(flight.ratchetKey) < KEPT_TURNS ? 'read' : 'tooLate';
  if (flight.message.type === 'message') throw new Error('an ordinary message of an unknown agreement');
  const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(flight.message.bytes);
  const { signedPreKeys, oneTimePreKeys } = world.parties[to];
  const atHand =
    signedPreKeys.has(signedPreKeyId) &&
    (oneTimePreKeyId === undefined || oneTimePreKeys.has(oneTimePreKeyId));
  return atHand ? 'read' : 'prekeyLost';
}

/** Gives a message to a side and judges what came of it. */
export function deliver(model: Model, world: World, to: Side, flight: Flight): 'read' | 'refused' {
  const { tally, delivered } = model;
  const verdict = verdictOn(model, world, to, flight);
  const again = delivered.has(flight.id);
  if (again) tally.replayed++;
  const result = attempt(world.parties[to], flight.message);
  model.known[to].arrived.push(flight);
  if (result instanceof PolyratchetError) {
    if (verdict !== undefined && !REFUSALS[verdict].includes(result.code))
      throw new Error(`${flight.text} should be: ${verdict}`, { cause: result });
    if (again) return 'refused';
    model.known[to].startsAnew = true;
    if (verdict === 'prekeyLost' || verdict === 'tooLate') tally[verdict]++;
    else tally.lostInside++;
    return 'refused';
  }
  if (new TextDecoder().decode(result.plaintext) !== flight.text)
    throw new Error(`${flight.text} was read as something else`);
  if (again) tally.deliveredTwice++;
  else tally.delivered++;
  if (verdict !== undefined && verdict !== 'read')
    throw new Error(`${flight.text} was read although it should be: ${verdict}`);
  keep(model, world, to, flight, result);
  return 'read';
}

/** Stores a result, and notes what the side knows from now on. */
function keep(model: Model, world: World, to: Side, flight: Flight, result: DecryptResult): void {
  const party = world.parties[to];
  party.session = result.session;
  if (result.consumed.oneTimePreKeyId !== undefined)
    party.oneTimePreKeys.delete(result.consumed.oneTimePreKeyId);
  model.delivered.add(flight.id);
  const { agreements } = model.known[to];
  const chains = agreements.get(flight.baseKey) ?? [];
  if (!chains.includes(flight.ratchetKey)) agreements.set(flight.baseKey, [flight.ratchetKey, ...chains]);
}

/** Decrypts; an error must be typed and leave the session as it was, to the byte. */
function attempt(party: Party, message: EncryptedMessage): DecryptResult | PolyratchetError {
  const stored = (): Uint8Array =>
    party.session === undefined ? new Uint8Array(0) : encodeSession(party.session);
  const before = stored();
  try {
    return tryReceive(party, message);
  } catch (error) {
    if (!PolyratchetError.is(error)) throw new Error('an untyped error', { cause: error });
    if (!equalBytes(before, stored())) throw new Error('a failed call changed the session', { cause: error });
    return error;
  }
}

/** Gives a forged variant of a message to a side, which must not take it for anything but what the message says. */
export function deliverForged(
  model: Model,
  world: World,
  to: Side,
  flight: Flight,
  forged: EncryptedMessage,
): void {
  const { tally } = model;
  tally.forgeries++;
  const result = attempt(world.parties[to], forged);
  if (result instanceof PolyratchetError) return;
  const same = (number: number): boolean =>
    equalBytes(contentOf(forged, number), contentOf(flight.message, number));
  if (
    forged.type === 'prekey' &&
    new TextDecoder().decode(result.plaintext) === flight.text &&
    [PREKEY.baseKey, PREKEY.identityKey, PREKEY.message].every(same)
  ) {
    tally.idsChanged++;
    return;
  }
  tally.forgeriesAccepted++;
  throw new Error(`a forgery of ${flight.text} was accepted`);
}

/** Delivers all that is on its way, then counts the exchanges until one succeeds. */
export function converge(model: Model, world: World, most: number): void {
  for (const side of [0, 1] as const) {
    for (const flight of model.known[side].flying.splice(0)) deliver(model, world, side, flight);
  }
  for (let exchanges = 1; exchanges <= most; exchanges++) {
    if (!exchange(model, world)) continue;
    model.tally.exchanges.set(exchanges, (model.tally.exchanges.get(exchanges) ?? 0) + 1);
    return;
  }
  throw new Error(`no convergence within ${most} exchanges`);
}

/** One message each way: whether both were read, and both sides encrypt with the same state now. */
export function exchange(model: Model, world: World): boolean {
  const read = ([0, 1] as const).map((from) => {
    sendOne(model, world, from);
    const to = other(from);
    const flight = model.known[to].flying.pop();
    return flight !== undefined && deliver(model, world, to, flight) === 'read';
  });
  const [a, b] = world.parties;
  return !read.includes(false) && equalBytes(currentOf(a).baseKey, currentOf(b).baseKey);
}
