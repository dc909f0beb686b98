/** Runs one contender in a process of its own and does what its parent asks for; started by child.ts. */
import { floorScripts, type Primitives } from './floor.js';
import { measureMemory } from './figures/memory.js';
import type { Scripts } from './operations/index.js';
import { measureLengths } from './operations/messages.js';
import { subjectScripts } from './operations/scripts.js';
import type { Answer, Introduction, Request } from './child.js';
import type { Awaitable, Subject } from './subject.js';

type Made = Subject | Primitives<unknown, unknown>;
type Maker = Primitives<unknown, unknown> | (() => Awaitable<Subject>);

const [module = '', maker = '', ...sizes] = process.argv.slice(2);
const fanoutSizes = sizes.map(Number);
const made = await load();
const scripts: Scripts = isSubject(made)
  ? subjectScripts(made, fanoutSizes)
  : floorScripts(made, fanoutSizes);
process.on('message', (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    send({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
send({ kind: 'ready', ...introduction() });

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case 'run': {
      const times = await scripts[request.script]?.(request.n);
      return times === undefined ? { kind: 'skipped' } : { kind: 'times', times };
    }
    case 'lengths':
      return isSubject(made) ? { kind: 'amounts', amounts: await measureLengths(made) } : { kind: 'skipped' };
    case 'memory':
      return isSubject(made)
        ? { kind: 'amounts', amounts: await measureMemory(made, request.sessions) }
        : { kind: 'skipped' };
  }
}

async function load(): Promise<Made> {
  const exported = ((await import(module)) as Readonly<Record<string, Maker>>)[maker];
  if (exported === undefined) throw new Error(`${module} has no ${maker}`);
  return typeof exported === 'function' ? exported() : exported;
}

function isSubject(value: Made): value is Subject {
  return 'createParty' in value;
}

function introduction(): Introduction {
  return { name: made.name, subject: isSubject(made) ? made.kind : 'floor' };
}

function send(message: Answer): void {
  process.send?.(message);
}
