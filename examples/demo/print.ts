/** Tells the story to a person. */
import { styleText } from 'node:util';
import { isRight, NAMES, type Event, type Outcome } from './story.js';

type Style = Parameters<typeof styleText>[0];

/** The whole story as text; with colours on a terminal. */
export function print({ events, devices, complete }: Outcome, colours: boolean): string {
  const paint = (style: Style, text: string): string => (colours ? styleText(style, text) : text);
  const lines = events.flatMap((event) => describe(event, paint));
  const verdict = devices.map((tally) => {
    const { device, expected, exact, wrong } = tally;
    const count =
      `${exact} of ${expected} messages` +
      (wrong === 0 ? ', each exactly once' : `, and ${wrong} wrong ones`);
    const mark = isRight(tally) ? paint('green', '✓') : paint('red', '✗');
    return `   ${mark} ${name(device).padEnd(15)} ${count}`;
  });
  const last = complete
    ? paint('green', 'Every device got exactly what was sent.')
    : paint('red', 'Something is wrong.');
  const title = paint('bold', 'Five devices of two people, and a server that cannot read a word');
  return [title, ...lines, '', paint('bold', 'Verdict'), ...verdict, '', last, ''].join('\n');
}

function describe(event: Event, paint: (style: Style, text: string) => string): string[] {
  switch (event.kind) {
    case 'scene':
      return ['', paint('bold', event.title)];
    case 'sent': {
      const devices = event.copies.length;
      const head = `   ${paint('cyan', name(event.from))} encrypts “${event.text}” (${event.length} B) for ${devices} devices in ${ms(event.us)}`;
      return [
        head,
        ...event.copies.map(({ to, type, bytes, started }) => {
          const note = started ? '  new session from a bundle' : '';
          return `     → ${name(to).padEnd(15)} ${kind(type)} ${size(bytes)}${paint('dim', note)}`;
        }),
      ];
    }
    case 'received': {
      const notes = [
        ...(event.ratchetStep ? ['ratchet step'] : []),
        ...(event.usedPreKey === undefined ? [] : [`one-time prekey ${event.usedPreKey} erased`]),
      ].join(', ');
      return [
        `     ${paint('green', '✓')} ${name(event.by).padEnd(15)} ${kind(event.type)} ${size(event.bytes)}  ${ms(event.us).padStart(7)}  “${event.text}” ${paint('dim', notes)}`,
      ];
    }
    case 'rejected':
      return [
        `     ${paint('red', '✗')} ${name(event.by)} refuses a message of ${name(event.from)}: ${paint('red', event.code)}`,
      ];
    case 'waiting':
      return [`     ${name(event.device)} has ${event.envelopes} envelopes waiting`];
  }
}

function name(address: string): string {
  return NAMES.get(address) ?? address;
}

function kind(type: 'prekey' | 'message'): string {
  return type.padEnd(7);
}

function size(bytes: number): string {
  return `${bytes} B`.padStart(8);
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
