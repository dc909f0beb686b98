/** The story of `npm run demo`, whole. */
import { systemRandom } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import { scan, show } from '../../examples/demo/camera.js';
import { isRight, type Outcome } from '../../examples/demo/events.js';
import { Phone } from '../../examples/demo/phone.js';
import { print } from '../../examples/demo/print.js';
import { createStage } from '../../examples/demo/stage.js';
import { play } from '../../examples/demo/story.js';
import { learn } from '../../examples/demo/trust.js';

const [ALICE, BOB] = ['alice@example.org', 'bob@example.org'];

describe('the demo', () => {
  test('ends complete: every check holds, and every device has every message', async () => {
    const outcome = await play(new TextEncoder().encode('Hello!'));
    const checks = outcome.events.flatMap((event) => (event.kind === 'check' ? [event] : []));
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks).toHaveLength(8);
    expect(outcome.devices.map(({ expected }) => expected)).toEqual([6, 6, 4, 6, 6]);
    expect(outcome.devices.every(isRight)).toBe(true);
    expect(outcome.complete).toBe(true);
    expect(outcome.events.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);

    expect(JSON.parse(JSON.stringify(outcome)) as Outcome, 'nothing is lost in JSON').toEqual(outcome);
    expect(print(outcome, false)).not.toContain('\u001B');
    expect(print(outcome, true)).toContain('\u001B[');
  });

  test('is not complete if a check fails, or a message does not arrive', async () => {
    const failing = createStage();
    failing.check('the sun shines', false);
    expect(failing.verdict().complete).toBe(false);

    const waiting = createStage();
    const [alice, bob] = [new Phone(ALICE, waiting.server), new Phone(BOB, waiting.server)];
    for (const phone of [alice, bob]) {
      await phone.register();
      waiting.join(phone);
    }
    for (const phone of [alice, bob]) for (const account of [ALICE, BOB]) await learn(phone, account);
    expect(waiting.verdict().complete).toBe(true);
    await waiting.say(alice, Uint8Array.of(1), BOB);
    expect(waiting.verdict().complete).toBe(false);
    await waiting.deliver(bob);
    expect(waiting.verdict().complete).toBe(true);
  });

  test('shows QR codes that can be scanned, whatever bytes they hold', () => {
    for (const length of [1, 153, 400]) {
      const payload = systemRandom(length);
      expect(scan(show(payload))).toEqual(payload);
    }
  });
});
