/**
 * Lies about messages.
 *
 * @module
 */
import type { Envelope } from '../../fanout/index.js';
import type { MailLie, OfEnvelopes } from './lie.js';
import { hears, isAbout, type Stage, type Telling } from './telling.js';

/** How each is told. */
export const MAIL_LIES: {
  readonly [Kind in MailLie['kind']]: (lie: Extract<MailLie, { kind: Kind }>, stage: Stage) => Telling;
} = {
  drop: (lie) => changing(lie, () => []),
  duplicate: (lie) => changing(lie, (envelope) => [envelope, envelope]),
  delay: (lie, stage) => {
    const kept: Envelope[] = [];
    return {
      ...changing(lie, (envelope) => {
        kept.push(envelope);
        return [];
      }),
      end: () => {
        stage.deliver(kept);
      },
    };
  },
  reorder: (lie, stage) => {
    let kept: readonly Envelope[] = [];
    return {
      ...changing(lie, (envelope) => {
        kept = [envelope, ...kept];
        if (kept.length < lie.count) return [];
        const released = kept;
        kept = [];
        return released;
      }),
      end: () => {
        stage.deliver(kept);
      },
    };
  },
  impersonate: (lie) => changing(lie, (envelope) => [{ ...envelope, from: lie.as }]),
  misdeliver: (lie) => changing(lie, (envelope) => [{ ...envelope, to: lie.into }]),
  replay: (lie, stage) => {
    stage.deliver(stage.delivered().filter((envelope) => isAbout(lie, envelope)));
    return {};
  },
  inject: ({ envelope }, stage) => {
    stage.deliver([envelope]);
    return {};
  },
  'answer-send': (lie) => ({
    answer: (sender, answer) => (hears(lie, sender) ? { ...answer, ...lie.answer } : answer),
  }),
};

function changing(lie: OfEnvelopes, change: (envelope: Envelope) => readonly Envelope[]): Telling {
  return {
    post: (envelopes) =>
      envelopes.flatMap((envelope) => (isAbout(lie, envelope) ? change(envelope) : [envelope])),
  };
}
