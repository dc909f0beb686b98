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
  const title = paint('bold', 'Five devices of two people, and a server that cannot read a word');
  return [title, ...lines, '', paint('bold', 'Verdict'), ...verdict, '', last, ''].join('\n');
}

function describe(event: Event, paint: Paint): string[] {
  switch (event.kind) {
    case 'scene':
      return ['', paint('bold', event.title)];
    case 'registered': {
      const what = `has an identity key, ${event.preKeys} prekeys and a signed list of one device`;
      return [`     ${paint('cyan', column(event.device))} ${time(event.us, paint)}  ${what}`];
    }
    case 'qr': {
      const drawing = event.drawing
        .split('\n')
        .map((line) => `     ${paint(['whiteBright', 'bgBlack'], line)}`);
      return [`     ${paint('cyan', event.by)} shows ${event.characters} characters:`, ...drawing];
    }
    case 'code':
      return [`     ${paint('cyan', event.by)} shows ${paint(['bold', 'yellow'], event.code)}`];
    case 'step':
      return [`     ${paint('cyan', column(event.by))} ${time(event.us, paint)}  ${event.what}`];
    case 'compared':
      return compared(event, paint);
    case 'merged': {
      const excluded = event.excluded.map(({ address, why }) => {
        return `     ${mark(false, paint)} ${column(address)} left out: ${paint('red', why)}`;
      });
      const accepted = event.accepted.map(name).join(', ');
      return [
        `     ${paint('cyan', column(event.by))} ${time(event.us, paint)}  accepts ${accepted}`,
        ...excluded,
      ];
    }
    case 'notice': {
      const advice = event.notice.compare ? 'compare again' : 'no need to compare again';
      return [`     ${paint('cyan', column(event.on))} of ${event.about}: ${event.notice.kind}, ${advice}`];
    }
    case 'check':
      return [`   ${mark(event.holds, paint)} ${event.what}`];
    case 'sent':
      return sent(event, paint);
    case 'received': {
      const notes = [
        ...(event.ratchetStep ? ['ratchet step'] : []),
        ...(event.usedPreKey === undefined ? [] : [`one-time prekey ${event.usedPreKey} erased`]),
      ].join(', ');
      return [
        `     ${mark(true, paint)} ${column(event.by)} ${kind(event.type)} ${size(event.bytes)} ${time(event.us, paint)}  “${event.text}” ${paint('dim', notes)}`.trimEnd(),
      ];
    }
    case 'rejected':
      return [
        `     ${mark(false, paint)} ${name(event.by)} refuses a message of ${name(event.from)}: ${paint('red', event.code)}`,
      ];
    case 'planned':
      return ['   The plan of this send:', ...event.lines.map((line) => `     ${line}`)];
    case 'waiting':
      return [`     ${name(event.device)} has ${event.envelopes} envelopes waiting`];
  }
}

/** Twelve groups of five digits, in two rows a screen. */
function compared({ digits, scans, us }: Extract<Event, { kind: 'compared' }>, paint: Paint): string[] {
  const screens = digits.flatMap(({ on, groups }) => [
    `     ${paint('cyan', column(on))} ${groups.slice(0, 6).join(' ')}`,
    `     ${' '.repeat(COLUMN)} ${groups.slice(6).join(' ')}`,
  ]);
  const results = scans.map(({ by, result }) => {
    return `     ${paint('cyan', column(by))} scans the other screen: ${result}`;
  });
  return [...screens, ...results, `     ${paint('dim', `${ms(us)} for the code`)}`];
}

function sent(event: Extract<Event, { kind: 'sent' }>, paint: Paint): string[] {
  const { from, text, length, copies, us } = event;
  const what = `“${text}” (${length} B) for ${copies.length} devices in ${ms(us)}`;
  return [
    `   ${paint('cyan', name(from))} encrypts ${what}`,
    ...copies.map(({ to, type, bytes, started }) => {
      const note = started ? `  ${paint('dim', 'new session from a bundle')}` : '';
      return `     → ${column(to)} ${kind(type)} ${size(bytes)}${note}`;
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

function kind(type: 'prekey' | 'message'): string {
  return type.padEnd(7);
}

function size(bytes: number): string {
  return `${bytes} B`.padStart(8);
}

function time(us: number, paint: Paint): string {
  return paint('dim', ms(us).padStart(9));
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
