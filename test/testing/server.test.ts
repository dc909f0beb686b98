import { createMemoryServer } from 'polyratchet/memory';
import { serverCases } from 'polyratchet/testing';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { broken, BROKEN_SERVERS } from './brokenServers.js';
import { expectCaught, failureOf, runCases } from './suites.js';

describe('the server in memory passes:', () => {
  runCases(serverCases({ create: () => createMemoryServer() }));
});

describe('with accounts of its own names it passes:', () => {
  const accounts = ['491701234567@s.whatsapp.net', '88@lid'] as const;
  runCases(serverCases({ create: () => createMemoryServer(), accounts }));
});

describe('a server with one defect is caught:', () => {
  test.each(BROKEN_SERVERS)('%s', async (name, defects) => {
    await expectCaught(serverCases({ create: () => broken(defects()), patience: 30 }), name);
  });

  test('each case catches one at least', () => {
    const caught = new Set(BROKEN_SERVERS.map(([name]) => name));
    const cases = serverCases({ create: () => createMemoryServer() }).map(({ name }) => name);
    expect(cases.filter((name) => !caught.has(name))).toEqual([]);
  });
});

describe('a suite', () => {
  test('has a name for each case', () => {
    const names = serverCases({ create: () => createMemoryServer() }).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('passes on what a server throws', async () => {
    const create = () =>
      broken({ device: () => ({ fetchTime: () => Promise.reject(new Error('network')) }) });
    expect(await failureOf(serverCases({ create }), 'tells the time in milliseconds')).toEqual(
      new Error('network'),
    );
  });

  test('waits as long as it is told, on the clock that it is given', async () => {
    let waited = 0;
    const clock = {
      now: () => 1,
      after: (ms: number, callback: () => void) => {
        waited = ms;
        const timer = setTimeout(callback, 0);
        return () => clearTimeout(timer);
      },
    };
    const create = () =>
      broken({ device: (server) => ({ send: async () => server.send([], { id: 'none' }) }) });
    const cases = serverCases({ create, clock, patience: 12_345 });
    await expectCaught(cases, 'keeps mail for a device that is not connected');
    expect(waited).toBe(12_345);
  });

  test('needs options', () => {
    expectError('invalid-argument', () => serverCases(undefined as never));
  });
});
