/** A client and its pure steps, each on a store of its own; what the two write must be the same. */
import { isDeepStrictEqual } from 'node:util';
import { systemRandom, type Random, type Store, type StoreChange } from 'polyratchet';
import { MAX_CACHED_MESSAGES, type PairwiseEnvelope } from 'polyratchet/fanout';
import { createClientDevice } from './ourClient.js';
import { preparePhone } from './ourClientStore.js';
import { createPureDevice } from './ourPure.js';
import type { Device, Devices } from './subject.js';

/** By then a client has as many messages as it keeps, and drops the oldest now and then: so it goes on. */
const SENDS_BEFORE = MAX_CACHED_MESSAGES + 64;

const RECEIVED_BEFORE = 8;

/** One device twice. Before they are given out, both have done the same, and every commit of theirs was compared. */
export async function createDevices(): Promise<Devices<PairwiseEnvelope>> {
  const phone = await preparePhone();
  const { store, server, incoming } = phone;
  const ofClient = watch(store);
  const client = await createClientDevice({ store: ofClient.store, random: ofClient.random, server });
  const ofPure = watch(store.snapshot());
  const pure = createPureDevice({ ...phone, store: ofPure.store, random: ofPure.random });
  let steps = 0;
  const both = async (step: (device: Device<PairwiseEnvelope>) => Promise<void>): Promise<void> => {
    const seed = ++steps;
    const written = await ofClient.during(seed, () => step(client));
    const expected = await ofPure.during(seed, () => step(pure));
    if (!isDeepStrictEqual(written, expected)) { const f=(c:any)=>c.flatMap((d:any)=>['COMMIT',...d.map((x:any)=>`${x.name} ${x.expected} ${x.value===null?null:x.value.length+' '+Buffer.from(x.value).toString('hex')}`)]); const [a,b]=[f(written),f(expected)]; console.log('STEP',steps,a.length,b.length,'kept',(await store.list('kept/','',1000)).length); for (let i=0;i<Math.max(a.length,b.length);i++) if (a[i]!==b[i]) console.log('C',a[i]?.slice(0,3000),'\nP',b[i]?.slice(0,3000)); }
    if (!isDeepStrictEqual(written, expected)) throw new Error('a client must write what its steps write');
  };
  for (let i = 0; i < SENDS_BEFORE; i++) await both((device) => device.send());
  const envelopes = incoming(RECEIVED_BEFORE);
  await both((device) => device.receive(envelopes));
  await both((device) => device.acknowledge());
  return { client, pure, incoming };
}

/** A store whose commits can be looked at, and randomness that can be foreseen meanwhile. */
interface Watched {
  readonly store: Store;
  readonly random: Random;
  /** What is committed while something is done, with the randomness that follows from a seed. */
  readonly during: (seed: number, step: () => Promise<void>) => Promise<readonly (readonly StoreChange[])[]>;
}

function watch(store: Store): Watched {
  let commits: (readonly StoreChange[])[] | undefined;
  let draw = systemRandom;
  return {
    store: {
      read: (names) => store.read(names),
      list: (prefix, after, limit) => store.list(prefix, after, limit),
      commit: (changes) => {
        commits?.push(changes);
        return store.commit(changes);
      },
    },
    random: (length) => draw(length),
    during: async (seed, step) => {
      const seen: (readonly StoreChange[])[] = [];
      [commits, draw] = [seen, foreseeable(seed)];
      await step();
      await new Promise((resolve) => setImmediate(resolve)); // what a client does behind its answer
      [commits, draw] = [undefined, systemRandom];
      return seen;
    },
  };
}

/** The same bytes for both: those of a linear congruential generator. */
function foreseeable(seed: number): Random {
  let state = seed;
  return (length) => Uint8Array.from({ length }, () => (state = (state * 75 + 74) % 65_537) & 0xff);
}
