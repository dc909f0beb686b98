/** Installs the peers where they are missing or others than the lock file says. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOCK = new URL('peers/package-lock.json', import.meta.url);

/** Holds the hash of the lock file that the installed packages came from. */
const STAMP = new URL('peers/node_modules/.installed', import.meta.url);

export function installPeers(): void {
  const wanted = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  console.error('Installing the peers (--only=ours does without them) …');
  const folder = fileURLToPath(new URL('peers', import.meta.url));
  const { status, stdout, stderr } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci in bench/peers failed\n${stdout}${stderr}`);
  writeFileSync(STAMP, wanted);
}
