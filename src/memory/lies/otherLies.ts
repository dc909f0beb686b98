/**
 * Lies about time and links.
 *
 * @module
 */
import type { LinkExchange } from '../../client/index.js';
import type { OtherLie } from './lie.js';
import { hears, type Stage, type Telling } from './telling.js';

/** How each is told. */
export const OTHER_LIES: {
  readonly [Kind in OtherLie['kind']]: (lie: Extract<OtherLie, { kind: Kind }>, stage: Stage) => Telling;
} = {
  'wrong-time': (lie) => ({
    time: (viewer, time) => (hears(lie, viewer) ? Math.max(0, time + lie.ahead) : time),
  }),
  'swap-approvals': ({ refs: [one, other] }, { readLink }) => {
    const swapped = new Map([
      [one, other],
      [other, one],
    ]);
    return {
      link: (exchange) => {
        const ref = swapped.get(exchange.ref);
        if (ref === undefined) return exchange;
        const { approval: _, ...others }: LinkExchange = exchange;
        const { approval } = readLink(ref);
        return approval === undefined ? others : { ...others, approval };
      },
    };
  },
  'wrong-address': ({ ref, address }) => ({
    link: (exchange) =>
      exchange.ref === ref && exchange.approval !== undefined
        ? { ...exchange, approval: { ...exchange.approval, address } }
        : exchange,
  }),
};
