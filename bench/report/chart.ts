/**
 * The picture: bars for what matters most, ours beside every peer, fastest first. Bars are to scale up to a few times
 * the fastest; longer ones are cut. A thin line shows the sum of the primitives that the operation needs.
 */
import type { Backend, Report, Row } from '../row.js';
import { describeMachine, formatRatio, formatTime, nameOf, shortName } from './format.js';

const WIDTH = 960;
const MARGIN = 32;
const HEADER = 96;
const FOOTER = 62;
const COLUMNS = 2;
const GAP = 36;
const PANEL_HEAD = 30;
const BAR = 12;
const STEP = 18;
const NAME = 176;
const VALUE = 116;

/** Bars are cut at this many times the fastest. */
const CUT = 10;

/** What is shown, in reading order; of fanouts the largest that was timed. */
const SHOWN = [
  'bundle → first ciphertext',
  'first ciphertext → plaintext',
  'encrypt 100 B',
  'decrypt 100 B',
  'ping-pong, one message each way a turn',
  'decrypt 500 messages ahead',
  'warm fanout',
  'cold fanout',
];

/** One bar. */
interface Bar {
  readonly name: string;
  readonly us: number;
  /** Class of its colour: a backend of ours, or the kind of a peer. */
  readonly look: string;
  readonly floor?: number;
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** Time of our fastest backend: what ratios are to. */
  readonly ours: number;
}

/** The whole picture as SVG, on a card of its own, for light and dark pages. */
export function renderChart(report: Report): string {
  const panels = SHOWN.flatMap((op) => panelOf(op, report));
  const rows = Math.ceil(panels.length / COLUMNS);
  const panelHeight = PANEL_HEAD + Math.max(...panels.map(({ bars }) => bars.length)) * STEP + 20;
  const panelWidth = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS;
  const height = HEADER + rows * panelHeight + FOOTER;
  const drawn = panels.map((panel, i) => {
    const x = MARGIN + (i % COLUMNS) * (panelWidth + GAP);
    const y = HEADER + Math.floor(i / COLUMNS) * panelHeight;
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, panelWidth)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Time per operation of polyratchet and its peers">`,
    STYLE,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="12"/>`,
    drawHeader(report),
    ...drawn,
    drawFooter(report, height - FOOTER),
    '</svg>\n',
  ].join('\n');
}

function panelOf(op: string, { rows, about }: Report): Panel[] {
  const largest = Math.max(...rows.filter((row) => row.op === op).map(({ n = 0 }) => n));
  const its = rows.filter((row) => row.op === op && (row.n ?? 0) === largest);
  const [first] = its;
  if (first === undefined) return [];
  const ours = its.map((row): Bar => {
    const floor = Object.entries(row.peers).find(([name]) => about.peers[name] === 'floor')?.[1];
    const bar = { name: `polyratchet ${LABELS[row.backend]}`, us: row.us, look: row.backend };
    return floor === undefined ? bar : { ...bar, floor };
  });
  const theirs = Object.entries(first.peers).flatMap(([name, us]): Bar[] => {
    const kind = about.peers[name];
    return kind === undefined || kind === 'floor' ? [] : [{ name: shortName(name), us, look: kind }];
  });
  const bars = [...ours, ...theirs].toSorted((a, b) => a.us - b.us);
  return [{ title: titleOf(first), bars, ours: Math.min(...its.map(({ us }) => us)) }];
}

const BACKENDS: readonly Backend[] = ['node', 'kernel', 'noble'];
const LABELS: Readonly<Record<Backend, string>> = {
  node: '(Node.js)',
  kernel: '(browser)',
  noble: '(noble)',
};

function titleOf(row: Row): string {
  const name = nameOf(row);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function drawPanel({ title, bars, ours }: Panel, width: number): string {
  const fastest = bars[0]?.us ?? 1;
  const limit = Math.min(Math.max(...bars.map(({ us }) => us)), fastest * CUT);
  const room = width - NAME - VALUE;
  const scale = (us: number): number => Math.max(1, (Math.min(us, limit) / limit) * room);
  return [
    `<text class="title" x="0" y="12">${escape(title)}</text>`,
    ...bars.map((bar, i) => drawBar(bar, { y: PANEL_HEAD + i * STEP, room, scale, limit, ours })),
  ].join('');
}

interface Frame {
  readonly y: number;
  readonly room: number;
  readonly scale: (us: number) => number;
  readonly limit: number;
  readonly ours: number;
}

function drawBar({ name, us, look, floor }: Bar, { y, scale, limit, ours }: Frame): string {
  const isOurs = look in LABELS;
  const end = NAME + scale(us);
  const tick = floor === undefined || floor > limit ? undefined : NAME + scale(floor);
  const middle = y + BAR / 2 + 4;
  const valueAt = Math.max(end, tick ?? 0) + 8;
  return [
    `<text class="${isOurs ? 'own' : 'name'}" x="${NAME - 8}" y="${middle}" text-anchor="end">${escape(name)}</text>`,
    `<rect class="${look}" x="${NAME}" y="${y}" width="${fixed(end - NAME)}" height="${BAR}" rx="2"/>`,
    us > limit ? drawCut(end, y) : '',
    tick === undefined ? '' : `<path class="floor" d="M${fixed(tick)} ${y - 2.5}v${BAR + 5}"/>`,
    `<text class="${isOurs ? 'own' : 'value'}" x="${fixed(valueAt)}" y="${middle}">${formatTime(us)}`,
    us === ours ? '</text>' : `<tspan class="ratio" dx="6">${formatRatio(us / ours)}</tspan></text>`,
  ].join('');
}

/** Two slanted gaps near the end of a bar that is longer than there is room. */
function drawCut(end: number, y: number): string {
  const slash = (x: number): string => `M${fixed(x)} ${y + BAR + 1}l5 ${-BAR - 2}`;
  return `<path class="cut" d="${slash(end - 18)}${slash(end - 13)}"/>`;
}

function drawHeader({ rows, about }: Report): string {
  const kinds = new Set(Object.values(about.peers));
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ['polyratchet:', BACKENDS.filter((backend) => rows.some((row) => row.backend === backend))],
    ['peers:', [...kinds].filter((kind) => kind !== 'floor')],
  ];
  const parts: string[] = [];
  let x = MARGIN;
  for (const [group, looks] of groups) {
    parts.push(`<text class="name" x="${fixed(x)}" y="72.5">${group}</text>`);
    x += widthOf(group) + 10;
    for (const look of looks) {
      const text = LEGEND[look] ?? look;
      parts.push(`<rect class="${look}" x="${fixed(x)}" y="63" width="11" height="11" rx="2"/>`);
      parts.push(`<text class="name" x="${fixed(x + 16)}" y="72.5">${text}</text>`);
      x += 16 + widthOf(text) + 14;
    }
    x += 14;
  }
  return [
    `<text class="head" x="${MARGIN}" y="40">Time per operation</text>`,
    `<text class="name" x="${WIDTH - MARGIN}" y="40" text-anchor="end">shorter is faster; × is times our fastest</text>`,
    ...parts,
    `<path class="floor" d="M${fixed(x + 4)} 60v17"/><text class="name" x="${fixed(x + 13)}" y="72.5">the primitives alone</text>`,
  ].join('');
}

const LEGEND: Readonly<Partial<Record<string, string>>> = {
  node: 'Node.js',
  kernel: 'browser',
  noble: 'noble',
  native: 'native',
  wasm: 'WebAssembly',
  js: 'JavaScript',
};

/** About as wide as a text is in the common sans-serif fonts at this size. */
function widthOf(text: string): number {
  return text.length * 7.1;
}

function drawFooter({ about }: Report, y: number): string {
  const lines = [
    `polyratchet ${about.version} · ${describeMachine(about)}`,
    'Medians of rounds that all take in turns, each in its own process. Bars with // are longer than they are drawn.',
  ];
  return lines
    .map((line, i) => `<text class="caption" x="${MARGIN}" y="${y + 18 + i * 17}">${escape(line)}</text>`)
    .join('');
}

const STYLE = `<style>
text{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-size:12px;fill:#57606a}
.card{fill:#fff;stroke:#d0d7de}.head{font-size:20px;font-weight:600;fill:#1f2328}.title{font-size:13.5px;font-weight:600;fill:#1f2328}
.own{font-weight:600;fill:#1f2328}.ratio{font-weight:400;fill:#8c959f}.caption{font-size:11px;fill:#6e7781}
.node{fill:#0d7d6c}.kernel{fill:#23a894}.noble{fill:#7fd3c5}.native{fill:#7e93b0}.wasm{fill:#a9b8cd}.js{fill:#cfd8e3}
.floor{stroke:#e0760a;stroke-width:2;fill:none}.cut{stroke:#fff;stroke-width:2.5;fill:none}
@media (prefers-color-scheme:dark){text{fill:#9da7b3}.card{fill:#0d1117;stroke:#30363d}.head,.title,.own{fill:#e6edf3}
.ratio{fill:#768390}.caption{fill:#848d97}.node{fill:#2dd4bf}.kernel{fill:#1a9c8b}.noble{fill:#12665c}
.native{fill:#7389a8}.wasm{fill:#55677f}.js{fill:#3b4858}.floor{stroke:#f0a04b}.cut{stroke:#0d1117}}
</style>`;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fixed(value: number): string {
  return value.toFixed(1);
}
