/** Random traffic between two people with three devices each: every device reads what reaches it, once. */
import fc from 'fast-check';
import { PolyratchetError } from 'polyratchet/errors';
import type { EncryptedMessage } from 'polyratchet/session';
import { expect, inject, test } from 'vitest';
import {
  createDevice,
  receiveFrom,
  sendToAll,
  takeBundle,
  targetOf,
  type Device,
} from '../support/devices.js';
import { flipBit, withBytes } from '../support/forge.js';
import { bundleOf } from '../support/party.js';
import { caught } from '../support/rejects.js';

interface Flight {
  readonly from: Device;
  readonly to: Device;
  readonly text: string;
  readonly message: EncryptedMessage;
}

const NAMES = ['alice@x', 'alice:1@x', 'alice:2@x', 'bob@x', 'bob:1@x', 'bob:2@x'];
const DEEP = inject('backend') === 'node';

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('send' as const), at: fc.nat(5) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('deliver' as const, 'deliver', 'deliver', 'duplicate', 'corrupt', 'drop'),
      at: fc.nat(500),
    }),
  },
);

test('whoever sends, and however the network shuffles, every device reads what reaches it, once', () => {
  const tally = { sent: 0, delivered: 0, duplicates: 0, forgeries: 0, refused: 0 };
  const steps = fc.array(step, { maxLength: DEEP ? 80 : 20, size: 'max' });
  fc.assert(
    fc.property(steps, (plan) => {
      const devices = NAMES.map((name, i) => createDevice(name, i + 1, DEEP ? 4 : 1));
      const impostor = createDevice('mallory@x', 66, 0);
      const handedOut = new Map(devices.map((device) => [device, new Set<number>()]));
      const flying: Flight[] = [];
      const read = new Set<Flight>();

      const send = (from: Device): void => {
        const text = `message ${tally.sent++}`;
        const targets = devices
          .filter((device) => device !== from)
          .map((to) =>
            from.sessions.has(to.address)
              ? targetOf(from, to)
              : targetOf(from, to, takeBundle(to, handedOut.get(to)!)),
          );
        const { identityKey } = bundleOf(from.party);
        const bundle = { ...bundleOf(impostor.party), identityKey };
        const outcomes = sendToAll(from, text, [...targets, { device: impostor.address, bundle }]);
        for (const outcome of outcomes) {
          const to = devices.find(({ address }) => address === outcome.device);
          if (to === undefined) {
            expect(outcome.kind).toBe('refused');
            tally.refused++;
          } else if (outcome.kind === 'encrypted') {
            flying.push({ from, to, text, message: outcome.message });
          } else {
            throw new Error(`${outcome.device}: ${outcome.kind}`);
          }
        }
      };
      const deliver = (flight: Flight): void => {
        const { from, to, text, message } = flight;
        if (read.has(flight)) {
          const error = caught(() => receiveFrom(to, from.address, message));
          if (!PolyratchetError.is(error)) throw new Error('read twice, or untyped', { cause: error });
          expect(error.data).toMatchObject({ device: from.address });
          tally.duplicates++;
          return;
        }
        expect(receiveFrom(to, from.address, message)).toBe(text);
        read.add(flight);
        tally.delivered++;
      };

      for (const { kind, at } of plan) {
        if (kind === 'send') {
          send(devices[at % devices.length]!);
          continue;
        }
        if (flying.length === 0) continue;
        const flight = flying[at % flying.length]!;
        const { from, to, message } = flight;
        if (kind === 'corrupt') {
          const forged = withBytes(message, flipBit(message.bytes, 8 * message.bytes.length - 60));
          const error = caught(() => receiveFrom(to, from.address, forged));
          if (!PolyratchetError.is(error)) throw new Error('accepted, or untyped', { cause: error });
          tally.forgeries++;
        }
        if (kind === 'deliver' || kind === 'duplicate') deliver(flight);
        if (kind === 'deliver' || kind === 'drop') flying.splice(at % flying.length, 1);
      }
      for (const flight of flying) deliver(flight);
    }),
    { numRuns: DEEP ? 40 : 2 },
  );
  console.log(
    `fanout among 2 x 3 devices (${inject('backend')}): ${Object.entries(tally)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  );
  if (DEEP) for (const count of Object.values(tally)) expect(count).toBeGreaterThan(40);
});
