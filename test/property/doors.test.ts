/** Every function at its door: what is no object, no list and no byte string is refused with a typed error. */
import * as root from 'polyratchet';
import * as content from 'polyratchet/content';
import * as devices from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import * as fanout from 'polyratchet/fanout';
import * as identity from 'polyratchet/identity';
import * as ratchet from 'polyratchet/ratchet';
import * as securitycode from 'polyratchet/securitycode';
import * as senderkey from 'polyratchet/senderkey';
import * as session from 'polyratchet/session';
import * as x3dh from 'polyratchet/x3dh';
import { expect, test } from 'vitest';
import { caught } from '../support/rejects.js';

/** Functions that answer whatever comes, take a number or a text, or what only this library makes. */
const OTHERS: ReadonlySet<string> = new Set([
  'accountOf',
  'compareParticipantHashes',
  'inputMessageId',
  'nextPreKeyId',
  'parseAddress',
  'planPreKeyRefill',
  'rootTag',
  'systemRandom',
]);

const rooms: Readonly<Record<string, object>> = {
  ...{ content, devices, fanout, identity, ratchet, root, securitycode, senderkey, session, x3dh },
};
const functions = Object.entries(rooms).flatMap(([room, exported]) =>
  Object.entries(exported)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !OTHERS.has(name))
    .map(([name, value]) => [room, name, value as (argument: unknown) => unknown] as const),
);

test('the functions of all rooms are found', () => {
  expect(functions.length).toBeGreaterThan(100);
});

test.each(functions)('%s: %s', (_, name, call) => {
  for (const value of [undefined, null, 1, 'x', true, 5n, Symbol('x'), () => 1]) {
    const error = caught(() => call(value));
    expect(PolyratchetError.is(error), `${name} of ${String(value)}: ${String(error)}`).toBe(true);
  }
});
