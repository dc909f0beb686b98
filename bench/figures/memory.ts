/** What a session costs in memory while it is in use. */
import { converse } from '../operations/conversation.js';
import type { Subject } from '../subject.js';

/**
 * Bytes per session of thousands that are held decoded: the JavaScript heap with what it knows of outside it
 * (WebAssembly's memory), and the growth of the whole process, which alone shows native memory and is rough.
 */
export async function measureMemory(
  subject: Subject,
  sessions: number,
): Promise<Readonly<Record<string, number>>> {
  const { alice, bob } = await converse(subject);
  const record = alice.encodeSession(bob.name);
  for (let i = 0; i < 100; i++) alice.decodeSession(`warm${i}@bench`, record);
  const before = await settledMemory();
  for (let i = 0; i < sessions; i++) alice.decodeSession(`device${i}@bench`, record);
  const after = await settledMemory();
  return {
    'memory of a session, heap':
      (after.heapUsed + after.external - before.heapUsed - before.external) / sessions,
    'memory of a session, process': (after.rss - before.rss) / sessions,
  };
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage();
}
