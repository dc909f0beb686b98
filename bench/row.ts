/** What the bench finds out: times, amounts of bytes, and about which machine and versions they are. */

/** The library's crypto backends that are timed; `kernel` is what browsers get by default. */
export type Backend = 'node' | 'noble' | 'kernel';

/** One figure: microseconds per operation, the library's and others' doing the same in the same run. */
export interface Row {
  readonly op: string;
  /** Devices of a fanout. */
  readonly n?: number;
  readonly backend: Backend;
  /** Median of the rounds. */
  readonly us: number;
  /** Best round. */
  readonly best: number;
  /** Medians of others. */
  readonly peers: Readonly<Record<string, number>>;
}

/** One amount of bytes, the library's and others'. */
export interface Amount {
  readonly what: string;
  readonly backend: Backend;
  readonly bytes: number;
  readonly peers: Readonly<Record<string, number>>;
}

/** Circumstances of a run. */
export interface About {
  /** `2026-01-31`. */
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  /** Load average of the last minute when the run began: other work on the machine. */
  readonly load: number;
  readonly seconds: number;
  readonly version: string;
  /** Names of others by what they are: `native`, `wasm`, `js`, `floor`. */
  readonly peers: Readonly<Record<string, Kind>>;
}

/** What does the work: machine code, WebAssembly, JavaScript, or nothing but the primitives. */
export type Kind = 'native' | 'wasm' | 'js' | 'floor';

/** Everything that a run found out. */
export interface Report {
  readonly about: About;
  readonly rows: readonly Row[];
  readonly amounts: readonly Amount[];
}
