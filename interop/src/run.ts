/**
 * Runs every case with every peer and writes what came of it to results/latest.json.
 *
 * A case that fails does not stop the others; the exit code tells whether any did.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { advMessageCases, advSignatureCases } from './cases/adv.js';
import { contentCases } from './cases/content.js';
import { conversationCases } from './cases/conversation.js';
import { disorderCases } from './cases/disorder.js';
import { fanoutCases } from './cases/fanout.js';
import { fingerprintCases } from './cases/fingerprints.js';
import { linkingCases } from './cases/linking.js';
import { linkingByCodeCases } from './cases/linkingByCode.js';
import { restartCases } from './cases/restart.js';
import { senderKeyCases } from './cases/senderKeys.js';
import { signatureCases } from './cases/signatures.js';
import type { Case } from './cases/talk.js';
import { labelOf, type Installed } from './peer.js';
import {
  fingerprintPeers,
  linkingPeers,
  messagePeers,
  peers,
  senderKeyPeers,
  signers,
} from './peers/index.js';

interface Result {
  readonly peer: string;
  readonly version: string;
  readonly case: string;
  readonly passed: boolean;
}

const SESSION_CASES = [conversationCases, disorderCases, restartCases, fanoutCases, signatureCases];
const SIGNER_CASES = [signatureCases, advSignatureCases];
const LINKING_CASES = [linkingCases, linkingByCodeCases, advMessageCases];

/** Far above any case: a peer that never answers must not keep the run from its end. */
const TIMEOUT_MS = 180_000;

const results: Result[] = [];
for (const [peer, cases] of plans()) {
  for (const one of cases) results.push(await run(peer, one));
}
const folder = new URL('../results/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('latest.json', folder), `${JSON.stringify(results, null, 2)}\n`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;

/** Each peer with the cases that it is capable of. */
function plans(): readonly (readonly [Installed, readonly Case[]])[] {
  return [
    ...peers().map((peer) => [peer, casesOf(peer, SESSION_CASES)] as const),
    ...signers().map((signer) => [signer, casesOf(signer, SIGNER_CASES)] as const),
    ...linkingPeers().map((peer) => [peer, casesOf(peer, LINKING_CASES)] as const),
    ...messagePeers().map((peer) => [peer, contentCases(peer)] as const),
    ...fingerprintPeers().map((peer) => [peer, fingerprintCases(peer)] as const),
    ...senderKeyPeers().map((peer) => [peer, senderKeyCases(peer)] as const),
  ];
}

function casesOf<Peer>(peer: Peer, families: readonly ((peer: Peer) => readonly Case[])[]): readonly Case[] {
  return families.flatMap((cases) => cases(peer));
}

async function run(peer: Installed, { name, run: runCase }: Case): Promise<Result> {
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
