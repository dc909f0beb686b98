/** Tells the story to a person. */
import { styleText } from 'node:util';
import { isRight, NAMES, type Event, type Outcome } from './events.js';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** The whole story as text; with colours on a terminal. */
export function print({ events, devices, complete }: Outcome, colours: boolean): string {
  const paint: Paint = (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const lines = events.flatMap((event) => describe(event, paint));
  const verdict = devices.map((tally) => {
    const { device, expected, exact, wrong } = tally;
    const count =
      `${exact} of ${expected} messages` +
      (wrong === 0 ? ', each exactly once' : `, and ${wrong} wrong ones`);
    return `   ${mark(isRight(tally), paint)} ${column(device)} ${count}`;
  });
  const last = complete
    ? paint('green', 'Every device got exactly what was sent, and nobody else got anything.')
    : paint('red', 'Something is wrong.');
  const title = paint('bold', 'Seven devices of three people, and a server that cannot read a word');
  return [title, ...lines, '', paint('bold', 'Verdict'), ...verdict, '', last, ''].join('\n');
}

function describe(event: Event, paint: Paint): string[] {
  switch (event.kind) {
    case 'scene':
      return ['', paint('bold', event.title)];
    case 'step':
      return [`     ${paint('cyan', column(event.by))} ${event.what}${took(event.ms, paint)}`];
    case 'qr': {
      const drawing = event.drawing
        .split('\n')
        .map((line) => `     ${paint(['whiteBright', 'bgBlack'], line)}`);
      return [`     ${paint('cyan', event.by)} shows ${event.characters} characters:`, ...drawing];
    }
    case 'code':
      return [`     ${paint('cyan', column(event.by))} shows ${paint(['bold', 'yellow'], event.code)}`];
    case 'compared':
      return compared(event, paint);
    case 'notice': {
      const { on, about, added, notice } = event;
      const advice = notice.compare ? 'compare again' : 'no need to compare again';
      const what = `${name(about)} vouches for ${added} more: ${notice.kind}, ${advice}`;
      return [`     ${paint('cyan', column(on))} ${what}`];
    }
    case 'sent':
      return sent(event, paint);
    case 'shown': {
      const what = event.chat === 'outgoing' ? paint('dim', 'copy of a sent message') : '';
      return [`     ${mark(true, paint)} ${column(event.on)} “${event.text}” ${what}`.trimEnd()];
    }
    case 'lied':
      return [
        `   ${mark(event.isCaught, paint)} ${event.lie}`,
        `       ${paint(event.isCaught ? 'dim' : 'red', event.answer)}`,
      ];
    case 'check':
      return [`   ${mark(event.holds, paint)} ${event.what}`];
  }
}

/** Twelve groups of five digits, in two rows a screen. */
function compared({ screens, scans, ms }: Extract<Event, { kind: 'compared' }>, paint: Paint): string[] {
  const shown = screens.flatMap(({ on, groups }) => [
    `     ${paint('cyan', column(on))} ${groups.slice(0, 6).join(' ')}`,
    `     ${column('')} ${groups.slice(6).join(' ')}`,
  ]);
  const results = scans.map(({ by, result }, i) => {
    const time = i === 0 ? took(ms, paint) : '';
    return `     ${paint('cyan', column(by))} scans the other screen: ${result}${time}`;
  });
  return [...shown, ...results];
}

function sent(event: Extract<Event, { kind: 'sent' }>, paint: Paint): string[] {
  const { from, text, length, copies, ms } = event;
  const what = `“${text}” (${length} B) for ${copies.length} devices${took(ms, paint)}`;
  return [
    `   ${paint('cyan', name(from))} sends ${what}`,
    ...copies.map(({ to, type, bytes }) => {
      const note = type === 'prekey' ? `  ${paint('dim', 'a session that was not answered yet')}` : '';
      return `     → ${column(to)} ${type.padEnd(7)} ${`${bytes} B`.padStart(8)}${note}`;
    }),
  ];
}

/** The width of the longest name. */
const COLUMN = Math.max(...[...NAMES.values()].map(({ length }) => length));

function column(address: string): string {
  return name(address).padEnd(COLUMN);
}

function name(address: string): string {
  return NAMES.get(address) ?? address;
}

function mark(isGood: boolean, paint: Paint): string {
  return isGood ? paint('green', '✓') : paint('red', '✗');
}

function took(ms: number | undefined, paint: Paint): string {
  return ms === undefined ? '' : paint('dim', ` · ${ms.toFixed(1)} ms`);
}
