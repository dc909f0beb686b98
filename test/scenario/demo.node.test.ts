/** The story of `npm run demo`, whole. */
import { systemRandom } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import { scan, show } from '../../examples/demo/camera.js';
import { isRight, type Event, type Outcome } from '../../examples/demo/events.js';
import { tried } from '../../examples/demo/lying.js';
import { print } from '../../examples/demo/print.js';
import { createStage } from '../../examples/demo/stage.js';
import { play } from '../../examples/demo/story.js';

const [ALICE, BOB] = ['alice@example.org', 'bob@example.org'];

describe('the demo', () => {
  test('ends complete: every check holds, every lie is caught, and every device has every message', async () => {
    const outcome = await play(new TextEncoder().encode('Hello, all of you!'));
    const checks = eventsOf(outcome, 'check');
    const lies = eventsOf(outcome, 'lied');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks).toHaveLength(13);
    expect(lies.filter(({ isCaught }) => !isCaught)).toEqual([]);
    expect(lies).toHaveLength(30);
    expect(outcome.devices.map(({ expected }) => expected)).toEqual([13, 13, 10, 6, 11, 2, 3]);
    expect(outcome.devices.every(isRight)).toBe(true);
    expect(outcome.complete).toBe(true);

    expect(JSON.parse(JSON.stringify(outcome)) as Outcome, 'nothing is lost in JSON').toEqual(outcome);
    const text = print(outcome, false);
    expect(text).not.toContain('\u001B');
    expect(print(outcome, true)).toContain('\u001B[');
    for (const line of ESSENTIAL_LINES) expect(text).toMatch(line);
  });

  test('is not complete if a check fails, a lie is believed, or a message does not arrive', async () => {
    const failing = createStage();
    expect(failing.verdict().complete).toBe(true);
    failing.check('the sun shines', false);
    expect(failing.verdict().complete).toBe(false);

    const deceived = createStage();
    const play = (): Promise<string> => Promise.reject(new Error('believed'));
    const lied = await tried({ lie: 'says that it is honest', haveTalked: false, play });
    expect(lied).toEqual({ lie: 'says that it is honest', answer: 'believed', isCaught: false });
    deceived.tell({ kind: 'lied', ...lied });
    expect(deceived.verdict().complete).toBe(false);

    const waiting = createStage();
    const [alice, bob] = [waiting.buy('Alice’s phone'), waiting.buy('Bob’s phone')];
    await alice.register(ALICE);
    await bob.register(BOB);
    for (const phone of [alice, bob]) waiting.join(phone);
    await bob.switchOff();
    await waiting.say(alice, Uint8Array.of(1), BOB);
    expect(waiting.verdict().complete).toBe(false);
    await bob.switchOn();
    await waiting.settle(bob);
    expect(waiting.verdict().complete).toBe(true);
    await Promise.all([alice, bob].map((device) => device.switchOff()));
  });

  test('shows QR codes that can be scanned, whatever bytes they hold', () => {
    for (const length of [1, 153, 400]) {
      const payload = systemRandom(length);
      expect(scan(show(payload))).toEqual(payload);
    }
  });
});

const ESSENTIAL_LINES = [
  /Alice’s laptop shows 153 characters:\n +█/,
  /Alice’s tablet shows [0-9A-Z]{4}-[0-9A-Z]{4}/,
  /✓ the code is the same on both screens/,
  /Alice’s phone +Bob’s phone vouches for 1 more: code-changed, no need to compare again/,
  /Alice’s phone +has 2 envelopes waiting at the server/,
  /✓ adds a device to Alice’s account, with forged signatures\n +left out: invalid-signature/,
  /list-rollback: what was known still counts/,
  /Alice’s tablet sees it in the list that her phone has signed, and erases its \d+ records/,
  /Bob’s laptop +is killed, and starts again from its store/,
  /✓ it has arrived once on each device/,
  /✓ nothing that was said can be read in them/,
];

function eventsOf<Kind extends Event['kind']>(
  { events }: Outcome,
  kind: Kind,
): Extract<Event, { kind: Kind }>[] {
  return events.filter((event): event is Extract<Event, { kind: Kind }> => event.kind === kind);
}
