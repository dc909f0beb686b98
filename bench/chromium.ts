/**
 * `npm run bench:chromium`: one step of a session in Chromium, with the kernel (the default there) and on noble alone,
 * in turns in one page. Needs Chromium: in CHROMIUM_PATH, or on the PATH.
 */
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { findChromium } from '../scripts/chromium.js';
import { root } from '../scripts/project.js';

/** The page's side: a conversation, and a function that times `n` messages of it each way, in microseconds a message. */
const PAGE = `
  import { systemRandom as random } from 'polyratchet';
  import { createBundle, generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
  import { createSession, decrypt, encrypt } from 'polyratchet/session';
  const now = 1, plaintext = new Uint8Array(100).fill(42);
  const [alice, bob] = [generateIdentity(random), generateIdentity(random)];
  const signedPreKey = generateSignedPreKey({ identity: bob, id: 1, random, now });
  const bundle = createBundle({ identity: bob, registrationId: 1, signedPreKey });
  let { session: mine } = createSession({ identity: alice, registrationId: 1, bundle, random, now });
  let theirs;
  const send = () => { const sent = encrypt({ session: mine, plaintext, now }); mine = sent.session; return sent.message; };
  theirs = decrypt({ identity: bob, message: send(), signedPreKey, random }).session;
  const answer = encrypt({ session: theirs, plaintext, now });
  theirs = answer.session;
  mine = decrypt({ identity: alice, session: mine, message: answer.message, random }).session;
  export function time(n) {
    const start = performance.now();
    const messages = Array.from({ length: n }, send);
    const middle = performance.now();
    for (const message of messages) {
      const opened = decrypt({ identity: bob, session: theirs, message, random });
      if (opened.plaintext.length !== 100 || opened.plaintext[99] !== 42) throw new Error('the plaintext must come back');
      theirs = opened.session;
    }
    return [(middle - start) * 1000 / n, (performance.now() - middle) * 1000 / n];
  }`;

/** Rounds of each bundle: microseconds to encrypt and to decrypt a message. */
type Times = Record<'kernel' | 'noble', [number, number][]>;

const ROUNDS = 15;
const MESSAGES = 400;

const script = (await Promise.all([bundle('kernel', []), bundle('noble', ['polyratchet-noble'])])).join('\n');
const executablePath = findChromium();
if (executablePath === undefined) throw new Error('no Chromium: install it, or set CHROMIUM_PATH');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  const times = await page.evaluate<Times>(`(() => {
    const rounds = { kernel: [], noble: [] };
    for (const name of ['kernel', 'noble']) window[name].time(200);
    for (let round = 0; round < ${ROUNDS}; round++) {
      for (const name of ['kernel', 'noble']) rounds[name].push(window[name].time(${MESSAGES}));
    }
    return rounds;
  })()`);
  console.log(
    `Chromium ${browser.version()}, 100 B, microseconds: median of ${ROUNDS} rounds of ${MESSAGES} messages`,
  );
  for (const [i, operation] of (['encrypt', 'decrypt'] as const).entries()) {
    const [kernel, noble] = [median(times.kernel, i), median(times.noble, i)];
    const ratio = (noble / kernel).toFixed(2);
    console.log(
      `${operation}: kernel ${kernel.toFixed(1)}, noble alone ${noble.toFixed(1)}, ${ratio} times as fast`,
    );
  }
} finally {
  await browser.close();
}

async function bundle(globalName: string, conditions: string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName,
    conditions,
  });
  return outputFiles[0]?.text ?? '';
}

function median(rounds: readonly [number, number][], i: number): number {
  return rounds.map((round) => round[i] ?? NaN).toSorted((a, b) => a - b)[rounds.length >> 1] ?? NaN;
}
