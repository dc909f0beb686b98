/** The counters of a suite of walks, printed as one line. */

/** What walks have seen. */
export interface Tally {
  walks: number;
  commands: number;
  sent: number;
  /** Genuine messages that were read, each counted once. */
  delivered: number;
  /** Deliveries of a message that had been read before. */
  replayed: number;
  /** Genuine messages that were read a second time: only a restore can cause that. */
  deliveredTwice: number;
  /** Genuine messages that were refused although no limit says so: only a restore can cause that. */
  lostInside: number;
  /** Genuine messages whose prekey was lost before they came. */
  prekeyLost: number;
  /** Genuine messages that were later than five turns or forty restarts. */
  tooLate: number;
  forgeries: number;
  forgeriesAccepted: number;
  /** Messages of which an unauthenticated id was changed, and which were read as they are. */
  idsChanged: number;
  restores: number;
  /** Exchanges until both sides read each other in one session: how often each number was needed. */
  readonly exchanges: Map<number, number>;
}

export function newTally(): Tally {
  return {
    walks: 0,
    commands: 0,
    sent: 0,
    delivered: 0,
    replayed: 0,
    deliveredTwice: 0,
    lostInside: 0,
    prekeyLost: 0,
    tooLate: 0,
    forgeries: 0,
    forgeriesAccepted: 0,
    idsChanged: 0,
    restores: 0,
    exchanges: new Map(),
  };
}

/** The most exchanges that a walk needed. */
export function mostExchanges({ exchanges }: Tally): number {
  return Math.max(...exchanges.keys());
}

/** The counters as one line. */
export function summary(title: string, tally: Tally): string {
  const { exchanges, ...counts } = tally;
  const needed = [...exchanges]
    .sort(([a], [b]) => a - b)
    .map(([number, walks]) => `${number} in ${walks} walks`);
  const named = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return `${title}: ${named.join(', ')}, exchanges to converge: ${needed.join(', ')}`;
}
