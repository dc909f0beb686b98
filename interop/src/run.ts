/**
 * Runs every case with every peer and writes what came of it to results/latest.json.
 *
 * A case that fails does not stop the others; the exit code tells whether any did.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { conversationCases } from './cases/conversation.js';
import { disorderCases } from './cases/disorder.js';
import { fanoutCases } from './cases/fanout.js';
import { restartCases } from './cases/restart.js';
import { signatureCases } from './cases/signatures.js';
import type { Case } from './cases/talk.js';
import { labelOf, type Peer } from './peer.js';
import { peers } from './peers/index.js';

interface Result {
  readonly peer: string;
  readonly version: string;
  readonly case: string;
  readonly passed: boolean;
}

/** Far above any case: a peer that never answers must not keep the run from its end. */
const TIMEOUT_MS = 180_000;

const results: Result[] = [];
for (const peer of peers()) {
  for (const one of casesOf(peer)) results.push(await run(peer, one));
}
const folder = new URL('../results/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('latest.json', folder), `${JSON.stringify(results, null, 2)}\n`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;

function casesOf(peer: Peer): Case[] {
  return [conversationCases, disorderCases, restartCases, fanoutCases, signatureCases].flatMap((cases) =>
    cases(peer),
  );
}

async function run(peer: Peer, { name, run: runCase }: Case): Promise<Result> {
  const started = performance.now();
  const error = await settle(runCase());
  const ms = Math.round(performance.now() - started);
  const outcome = error === undefined ? 'ok' : `FAILED: ${describe(error)}`;
  console.log(`${labelOf(peer)} | ${name} | ${outcome} | ${ms} ms`);
  return { peer: peer.name, version: peer.version, case: name, passed: error === undefined };
}

/** What a case failed with. */
async function settle(running: Promise<void>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Error>((resolve) => {
    timer = setTimeout(() => {
      resolve(new Error(`no end after ${TIMEOUT_MS} ms`));
    }, TIMEOUT_MS);
  });
  const settled = running.then(
    () => undefined,
    (error: unknown) => error ?? new Error('rejected without a reason'),
  );
  try {
    return await Promise.race([settled, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inCases = error.stack?.split('\n').filter((line) => line.includes('/cases/')) ?? [];
  return [error.message, ...inCases].join('\n');
}
