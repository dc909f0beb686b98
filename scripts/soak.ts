/**
 * The long tests, on the source and the Node.js backend: what `npm test` samples, at length.
 *
 *     npm run soak
 *     npm run soak -- --seed=7 "a server that lies"   (some parts only, with the random numbers of that seed)
 *
 * Each part prints what it counted. Any violation is printed with what repeats it, and makes the exit code 1. The seed is another
 * each time unless it is given, so that every run looks somewhere else. About seven minutes. The walks of whole clients in a group
 * have a command of their own, `npm run soak:groups`.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { PolyratchetError } from 'polyratchet/errors';
import { decodeBundle, decodeIdentity, encodeBundle, encodeIdentity } from 'polyratchet/identity';
import { decodeSignalMessage, MAX_CHAIN_STEPS } from 'polyratchet/ratchet';
import { decodeSession, encodeSession, peekPreKeyMessage } from 'polyratchet/session';
import { equalBytes } from '../src/core/bytes.js';
import { listSteps } from '../test/devices/steps.js';
import { walkLists } from '../test/devices/world.js';
import { newSendTally, sendSteps, walkSends } from '../test/fanout/sendWorld.js';
import { floodOfStrangers, walkAmongLies } from '../test/client/lies/soak.js';
import { groupActs, newGroupTally, walkGroup } from '../test/group/groupWorld.js';
import { mostExchanges, newTally, summary } from '../test/model/tally.js';
import { MOST_EXCHANGES, walk } from '../test/model/walk.js';
import { forge, replace, sessionOf, SIGNAL, varintField } from '../test/support/forge.js';
import {
  bundleOf,
  conversation,
  createParty,
  receive,
  send,
  start,
  tryReceive,
} from '../test/support/party.js';
import { seededRandom } from '../test/support/random.js';
import { receiveMany } from './soakClient.js';

const FORGERIES = 1_000;
const DECODES = 1_000_000;
const MESSAGES = 100_000;
const LIST_WALKS = 3_000;
const SEND_WALKS = 400;
const GROUP_WALKS = 1_000;
const LIES_MS = 60_000;
const WALK_MS = { withoutRestore: 100_000, withRestore: 60_000 } as const;

/** Garbage that one message may leave behind is a bug; this is room for what the engine itself moves about. */
const HEAP_GROWTH_LIMIT = 1_000_000;

/** Every part: it returns what it counted, and throws at a violation. */
const parts: Readonly<Record<string, () => string | Promise<string>>> = {
  'forged counters': forgedCounters,
  'walks without restore': () => walks(false),
  'walks with restore': () => walks(true),
  'device lists': deviceLists,
  'sends among changing devices': sends,
  'groups whose members come and go': groups,
  'decoders of random bytes': decoders,
  'heap under traffic': heapUnderTraffic,
  'a client that receives': receiveMany,
  'a server that lies': () => walkAmongLies(LIES_MS),
  'a flood of made-up accounts': floodOfStrangers,
};

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: String(Date.now() % 2 ** 31) } },
  allowPositionals: true,
});
fc.configureGlobal({ seed: Number(values.seed) });
console.log(`seed ${values.seed}`);

const wanted = Object.entries(parts).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
let failed = 0;
for (const [name, part] of wanted) {
  try {
    console.log(`ok ${name}: ${await part()}`);
  } catch (error) {
    failed++;
    console.error(`FAILED ${name}:`, error);
  }
}
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Counters as far ahead as one call walks, half of them in a chain that is known: the state must not change. */
function forgedCounters(): string {
  const { alice, bob } = conversation();
  receive(bob, send(alice, 'the chain begins'));
  const known = send(alice, 'goes on');
  receive(alice, send(bob, 'answer'));
  const unknown = send(alice, 'begins another chain');
  const before = encodeSession(sessionOf(bob));
  const costs: number[] = [];
  for (let i = 0; i < FORGERIES; i++) {
    const [message, next] = i % 2 === 0 ? [known, 1] : [unknown, 0];
    const forged = forge(message, replace(varintField(SIGNAL.counter, next + MAX_CHAIN_STEPS)));
    const started = performance.now();
    const error = caught(() => tryReceive(bob, forged));
    costs.push(performance.now() - started);
    if (!PolyratchetError.is(error, 'bad-mac')) throw new Error('not refused as a forgery', { cause: error });
    if (!equalBytes(encodeSession(sessionOf(bob)), before)) throw new Error('the state has changed');
  }
  for (const message of [known, unknown]) receive(bob, message);
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  return `${FORGERIES} counters ${MAX_CHAIN_STEPS} ahead, forgeries accepted 0, states changed 0, mean ${mean.toFixed(1)} ms, max ${Math.max(...costs).toFixed(1)} ms each; the genuine messages were read afterwards`;
}

function walks(restore: boolean): string {
  const kind = restore ? 'withRestore' : 'withoutRestore';
  const tally = newTally();
  walk({ tally, runs: 1_000_000, commands: 120, restore, milliseconds: WALK_MS[kind] });
  const { forgeriesAccepted, lostInside, deliveredTwice } = tally;
  const lost = restore ? 0 : lostInside + deliveredTwice;
  if (forgeriesAccepted + lost > 0 || mostExchanges(tally) > MOST_EXCHANGES[kind])
    throw new Error(summary('a promise is broken', tally));
  return summary(`${WALK_MS[kind] / 1000} s`, tally);
}

/** A primary, a server that lies, and contacts that must not believe it. */
function deviceLists(): string {
  const tally = { steps: 0, accepted: 0, refused: 0, merged: 0 };
  fc.assert(
    fc.property(listSteps, (steps) => {
      walkLists(steps, tally);
    }),
    { numRuns: LIST_WALKS },
  );
  const { steps, accepted, refused, merged } = tally;
  return `${steps} steps: ${merged} answers taken, ${refused} refused, ${accepted} companions looked at`;
}

/** People who write to each other while they link and unlink devices, through a server that loses, repeats and lags behind. */
function sends(): string {
  const tally = newSendTally();
  fc.assert(
    fc.property(sendSteps(120), (steps) => {
      walkSends(steps, tally);
    }),
    { numRuns: SEND_WALKS },
  );
  return Object.entries(tally)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** A group that is changed at both ends at once, on a network that mixes and loses; who is gone tries to read all. */
function groups(): string {
  const tally = newGroupTally();
  fc.assert(
    fc.property(groupActs(200), (acts) => {
      walkGroup(acts, tally);
    }),
    { numRuns: GROUP_WALKS },
  );
  return Object.entries(tally)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** Random bytes, some with the right first byte, some a genuine input with a few bytes changed. */
function decoders(): string {
  const alice = createParty(1);
  const bob = createParty(2);
  start(alice, bundleOf(bob));
  const prekey = send(alice, 'hello').bytes;
  const { alice: carol, bob: dave } = conversation(5);
  const subjects: readonly (readonly [string, (bytes: Uint8Array) => unknown, Uint8Array])[] = [
    ['message', decodeSignalMessage, send(carol, 'hello').bytes],
    ['prekey message', peekPreKeyMessage, prekey],
    ['session', decodeSession, encodeSession(sessionOf(dave))],
    ['bundle', decodeBundle, encodeBundle(bundleOf(bob))],
    ['identity', decodeIdentity, encodeIdentity(bob.identity)],
  ];
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // a stack costs more than a decoding
  try {
    return subjects.map(([name, decode, genuine]) => decodeRandom(name, decode, genuine)).join('; ');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function decodeRandom(name: string, decode: (bytes: Uint8Array) => unknown, genuine: Uint8Array): string {
  const draw = numbers(name.length);
  const noise = seededRandom(name.length)(65_536);
  let accepted = 0;
  for (let i = 0; i < DECODES; i++) {
    const bytes = i % 20 === 0 ? changed(genuine, draw) : random(noise, genuine[0] ?? 0, draw);
    const error = caught(() => decode(bytes));
    if (error === undefined) accepted++;
    else if (!PolyratchetError.is(error)) {
      throw new Error(`${name}: an untyped error for ${Buffer.from(bytes).toString('hex')}`, {
        cause: error,
      });
    }
  }
  return `${name} ${DECODES} decoded, ${DECODES - accepted} refused, ${accepted} well-formed, untyped errors 0`;
}

function random(noise: Uint8Array, first: number, draw: () => number): Uint8Array {
  const start = draw() % 65_000;
  const bytes = noise.slice(start, start + (draw() % 400));
  if (bytes.length > 0 && draw() % 4 > 0) bytes[0] = first;
  return bytes;
}

function changed(genuine: Uint8Array, draw: () => number): Uint8Array {
  const cut = draw() % 8 === 0 ? draw() % genuine.length : genuine.length;
  const bytes = genuine.slice(0, cut);
  for (let changes = 1 + (draw() % 3); changes > 0 && cut > 0; changes--) bytes[draw() % cut] = draw() & 0xff;
  return bytes;
}

/** A fast source of numbers below 2^31 (a linear congruential generator's upper bits). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 1) ^ (state >>> 16);
  };
}

/** Messages with a turn after every tenth: what is alive afterwards must not be more than before. */
function heapUnderTraffic(): string {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { alice, bob } = conversation();
  const exchange = (messages: number): void => {
    for (let i = 0; i < messages; i++) {
      const [from, to] = i % 20 < 10 ? [alice, bob] : [bob, alice];
      if (receive(to, send(from, 'hello')) !== 'hello') throw new Error('read as something else');
    }
  };
  const alive = (): number => {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  exchange(MESSAGES / 10);
  const before = alive();
  const started = performance.now();
  exchange(MESSAGES);
  const each = (performance.now() - started) / MESSAGES;
  const growth = alive() - before;
  if (growth > HEAP_GROWTH_LIMIT) throw new Error(`the heap grew by ${growth} bytes`);
  return `${MESSAGES} messages encrypted, decrypted, encoded and decoded, ${(each * 1000).toFixed(0)} µs each, heap growth ${growth} bytes`;
}

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
