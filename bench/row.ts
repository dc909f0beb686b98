/** One figure: microseconds per operation, the library's and others' doing the same in the same run. */
export interface Row {
  readonly op: string;
  readonly n?: number;
  readonly backend: 'node' | 'noble';
  /** Median of the rounds. */
  readonly us: number;
  /** Best round. */
  readonly best: number;
  /** Medians of others. */
  readonly peers: Readonly<Record<string, number>>;
}
