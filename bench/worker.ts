/** Measures one backend in a process of its own and prints its rows as JSON; started by run.ts. */
import { floorsOf, type Floors } from './floor.js';
import { nodePrimitives } from './floor.node.js';
import { noblePrimitives } from './floor.noble.js';
import { measure, type Candidate, type MeasureOptions } from './measure.js';
import { decrypting, encrypting, initiating, pingPong, responding } from './operations.js';
import type { Row } from './row.js';

const [backend, rounds, roundMs] = process.argv.slice(2);
if (backend !== 'node' && backend !== 'noble')
  throw new Error('usage: worker.ts node|noble ROUNDS MILLISECONDS');
const floors: Floors = backend === 'node' ? floorsOf(nodePrimitives) : floorsOf(noblePrimitives);
const options: MeasureOptions = { rounds: Number(rounds), roundMs: Number(roundMs) };

const operations: readonly (readonly [string, Candidate, () => void])[] = [
  ['bundle → first ciphertext', initiating(), floors.initiate],
  ['first ciphertext → plaintext', responding(), floors.respond],
  ['encrypt 100 B', encrypting(), floors.encrypt100],
  ['decrypt 100 B', decrypting(), floors.decrypt100],
  ['ping-pong, one message each way a turn', pingPong(), floors.pingPong],
];

const rows: Row[] = operations.map(([op, ours, floor]) => {
  const [timing, primitives] = measure([ours, repeat(floors.name, floor)], options);
  if (timing === undefined || primitives === undefined) throw new Error('two candidates have two timings');
  return {
    op,
    backend,
    us: timing.median,
    best: timing.best,
    peers: { [primitives.name]: primitives.median },
  };
});
process.stdout.write(JSON.stringify(rows));

function repeat(name: string, once: () => void): Candidate {
  return {
    name,
    prepare: (n) => () => {
      for (let i = 0; i < n; i++) once();
    },
  };
}
