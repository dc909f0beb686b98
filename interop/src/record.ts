/**
 * Writes test-vectors/: what the library's own tests replay with nothing installed.
 *
 * Every run talks anew, so all values differ from run to run and the form stays.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Installed } from './peer.js';
import { fingerprintPeers, linkingPeers, peers, senderKeyPeers } from './peers/index.js';
import { recordLinking } from './record/linking.js';
import { recordSecurityCodes } from './record/securityCodes.js';
import { recordSenderKeys } from './record/senderKeys.js';
import { recordSessions, ROLES } from './record/sessions.js';
import { recordSignatures } from './record/signatures.js';

const folder = new URL('../../test-vectors/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const peer of peers()) {
  for (const role of ROLES) write(`session-${fileNameOf(peer)}-${role}`, await recordSessions(peer, role));
  if (peer.name === '@signalapp/libsignal-client') {
    write(`xeddsa-${fileNameOf(peer)}`, recordSignatures(peer));
  }
}
for (const peer of fingerprintPeers()) write(`securitycode-${fileNameOf(peer)}`, recordSecurityCodes(peer));
for (const peer of senderKeyPeers()) write(`senderkey-${fileNameOf(peer)}`, await recordSenderKeys(peer));
for (const peer of linkingPeers()) write(`linking-${fileNameOf(peer)}`, await recordLinking(peer));

function fileNameOf({ name, version }: Installed): string {
  return `${name.replace(/^@.*\//, '')}-${version}`;
}

function write(name: string, content: object): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(new URL(`${name}.json`, folder), text);
  console.log(`${name}.json: ${text.length} bytes`);
}
