import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { seededRandom } from '../support/random.js';
import { secretHolders } from './secretHolders.js';
import { secretsIn, showsBytes } from './traces.js';

/** Everything that Node.js can be asked to print. */
const everything = { showHidden: true, depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity };

describe.each(secretHolders())('%s', (_, value) => {
  const shows = (text: string): boolean => secretsIn(value).some((secret) => showsBytes(text, secret));

  test('does not show its secrets to util.inspect, with or without its own formatter', () => {
    expect(shows(inspect(value, everything))).toBe(false);
    expect(shows(inspect(value, { ...everything, customInspect: false, showProxy: true }))).toBe(false);
  });

  test('does not show them through the formats of console.log', () => {
    expect(shows(format('%o %O %s %j', value, value, value, value))).toBe(false);
  });

  test('does not show them when V8 serialises it', () => {
    expect(shows(serialize(value).toString('latin1'))).toBe(false);
  });
});

test('inspect shows the role of each secret', () => {
  expect(inspect(new Secret('RootKey', new Uint8Array(32)))).toBe('[Secret RootKey]');
  expect(inspect(generateIdentity(seededRandom(1)))).toContain('[Secret IdentityKey]');
});

test('the same bytes outside a secret would be found', () => {
  const bytes = seededRandom(2)(32);
  expect(showsBytes(inspect({ bytes }, everything), bytes)).toBe(true);
  expect(showsBytes(format('%o', { bytes }), bytes)).toBe(true);
  expect(showsBytes(serialize({ bytes }).toString('latin1'), bytes)).toBe(true);
});
