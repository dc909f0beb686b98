/**
 * `npm run demo`: three people, seven devices, and a server that lies.
 *
 *     npm run demo -- --message "Hello!"     what to send
 *     npm run demo -- --file picture.png     or a file of at most 251 KiB
 *     npm run demo -- --json                 the story for machines
 *
 * Exits with 1 if anything is not as it should be.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { print } from './print.js';
import { play } from './story.js';

const { message, file, json } = parseArgs({
  options: { message: { type: 'string' }, file: { type: 'string' }, json: { type: 'boolean' } },
}).values;

try {
  const outcome = await play(contentToSend());
  const colours = process.stdout.isTTY && process.stdout.hasColors();
  console.log(json === true ? JSON.stringify(outcome, undefined, 2) : print(outcome, colours));
  if (!outcome.complete) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function contentToSend(): Uint8Array {
  if (file !== undefined) return readFileSync(file);
  return new TextEncoder().encode(message ?? 'Dinner at eight? Bring the good cheese.');
}
