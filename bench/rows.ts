/** From measurements by contender to rows: one for each backend of ours, with everybody else's figures beside it. */
import type { Child } from './child.js';
import type { Timing } from './measure.js';
import type { Operation } from './operations/index.js';
import type { Amount, Backend, Row } from './row.js';

/** Rows of one operation. */
export function collect(operation: Operation, timings: ReadonlyMap<Child, Timing>): readonly Row[] {
  return [...timings].flatMap(([{ role }, { median, best }]) => {
    if (role.kind !== 'ours') return [];
    const { backend } = role;
    const peers = besides(backend, new Map([...timings].map(([child, timing]) => [child, timing.median])));
    return [{ ...operation, backend, us: round(median), best: round(best), peers }];
  });
}

/** Amounts of one kind. */
export function collectAmounts(what: string, bytes: ReadonlyMap<Child, number>): readonly Amount[] {
  return [...bytes].flatMap(([{ role }, ours]) => {
    if (role.kind !== 'ours') return [];
    const { backend } = role;
    return [{ what, backend, bytes: Math.round(ours), peers: besides(backend, bytes) }];
  });
}

/** The floor of this backend first, then all peers. */
function besides(backend: Backend, figures: ReadonlyMap<Child, number>): Readonly<Record<string, number>> {
  const belongs = ({ role }: Child): boolean =>
    role.kind === 'peer' || (role.kind === 'floor' && role.backends.includes(backend));
  return Object.fromEntries(
    [...figures].filter(([child]) => belongs(child)).map(([{ name }, figure]) => [name, round(figure)]),
  );
}

/** Four digits: more would be noise. */
function round(figure: number): number {
  return Number(figure.toPrecision(4));
}
