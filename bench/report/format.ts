/** Figures and names for people. */
import type { About, Kind } from '../row.js';
import type { Operation } from '../operations/index.js';

/** `31.2 µs`, `984 µs`, `12.1 ms`, `1.35 s`. */
export function formatTime(us: number): string {
  if (us < 1_000) return `${threeDigits(us)} µs`;
  return us < 1_000_000 ? `${threeDigits(us / 1_000)} ms` : `${threeDigits(us / 1_000_000)} s`;
}

/** `407 B`, `24.4 kB`, `27.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  return bytes < 1_000_000 ? `${threeDigits(bytes / 1_000)} kB` : `${threeDigits(bytes / 1_000_000)} MB`;
}

/** `0.87×`, `1.7×`, `13×`. */
export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.995 ? 2 : ratio < 9.95 ? 1 : 0)}×`;
}

/** `warm fanout, 100 devices`. */
export function nameOf({ op, n }: Operation): string {
  return n === undefined ? op : `${op}, ${n.toLocaleString('en')} devices`;
}

/** A package's name without its scope: names are long. */
export function shortName(name: string): string {
  return name.replace(/^@[^/]+\//, '');
}

/** What kind of code a peer is, as a reader would say it. */
export function kindOf(name: string, { peers }: About): string {
  const kinds: Readonly<Record<Kind, string>> = {
    native: 'native',
    wasm: 'WebAssembly',
    js: 'JavaScript',
    floor: 'floor',
  };
  const kind = peers[name];
  return kind === undefined ? '' : kinds[kind];
}

/** Machine and versions in one line. */
export function describeMachine({ date, node, processor, cores, platform, load }: About): string {
  return `${date}, Node.js ${node}, ${platform}, ${processor}, ${cores} cores, load ${load} at the start`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
