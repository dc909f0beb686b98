/** The results as tables in Markdown: one for Node.js, one for where no native code runs, one of sizes. */
import type { About, Amount, Backend, Report, Row } from '../row.js';
import {
  describeMachine,
  formatBytes,
  formatRatio,
  formatTime,
  kindOf,
  nameOf,
  shortName,
} from './format.js';

const LEGEND =
  'Median of the rounds; × is how many times our time it is, so more than 1 is slower than polyratchet. – is not to be had.';

/** All tables, with the machine above them. */
export function renderTables({ about, rows, amounts }: Report): string {
  const browser: Backend = rows.some(({ backend }) => backend === 'kernel') ? 'kernel' : 'noble';
  const everywhere = (name: string): boolean => about.peers[name] !== 'native' && about.peers[name] !== 'js';
  return [
    '<!-- prettier-ignore-start -->',
    `polyratchet ${about.version} on ${describeMachine(about)}.`,
    LEGEND,
    '### In Node.js',
    timeTable({ about, rows, backends: ['node'], isShown: () => true }),
    '### Where no native code runs',
    `What a browser executes, timed in Node.js: our ${browser} backend against the peers that run there too.`,
    timeTable({
      about,
      rows,
      backends: browser === 'kernel' ? ['kernel', 'noble'] : ['noble'],
      isShown: everywhere,
    }),
    '### Sizes',
    amountTable(about, amounts),
    '<!-- prettier-ignore-end -->',
  ].join('\n\n');
}

interface TimeTable {
  readonly about: About;
  readonly rows: readonly Row[];
  /** The first is what ratios are to. */
  readonly backends: readonly [Backend, ...Backend[]];
  readonly isShown: (peer: string) => boolean;
}

function timeTable({ about, rows, backends, isShown }: TimeTable): string {
  const [main, ...others] = backends;
  const shown = rows.filter(({ backend }) => backend === main);
  const peers = namesIn(shown).filter(isShown);
  return table(
    ['operation', ...backends.map((backend) => `polyratchet, ${backend}`), ...heads(peers, about)],
    shown.map((row) => {
      const compared = (us: number | undefined): string =>
        us === undefined ? '–' : `${formatTime(us)} (${formatRatio(us / row.us)})`;
      const variants = others.map((backend) => rows.find((other) => isSame(other, row, backend))?.us);
      const figures = [...variants, ...peers.map((peer) => row.peers[peer])];
      return [nameOf(row), `**${formatTime(row.us)}**`, ...figures.map(compared)];
    }),
  );
}

function amountTable(about: About, amounts: readonly Amount[]): string {
  const backends = [...new Set(amounts.map(({ backend }) => backend))];
  const peers = namesIn(amounts);
  const whats = [...new Set(amounts.map(({ what }) => what))];
  return table(
    ['bytes', ...backends.map((backend) => `polyratchet, ${backend}`), ...heads(peers, about)],
    whats.map((what) => {
      const its = amounts.filter((amount) => amount.what === what);
      const ours = backends.map((backend) => its.find((amount) => amount.backend === backend)?.bytes);
      const theirs = peers.map((peer) => its[0]?.peers[peer]);
      const cell = (bytes: number | undefined): string => (bytes === undefined ? '–' : formatBytes(bytes));
      return [what, ...ours.map((bytes) => `**${cell(bytes)}**`), ...theirs.map(cell)];
    }),
  );
}

function isSame(candidate: Row, row: Row, backend: Backend): boolean {
  return candidate.backend === backend && candidate.op === row.op && candidate.n === row.n;
}

function namesIn(items: readonly Pick<Row, 'peers'>[]): readonly string[] {
  return [...new Set(items.flatMap(({ peers }) => Object.keys(peers)))];
}

function heads(peers: readonly string[], about: About): readonly string[] {
  return peers.map((peer) =>
    about.peers[peer] === 'floor' ? peer : `${shortName(peer)}, ${kindOf(peer, about)}`,
  );
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...body.map(line)].join('\n');
}
