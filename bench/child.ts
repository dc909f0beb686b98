/** The parent's end of a contender's process. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender, Role } from './contenders.js';
import type { Time } from './operations/index.js';
import type { Kind } from './row.js';

/** What a parent asks for. */
export type Request =
  | { readonly kind: 'run'; readonly script: string; readonly n: number }
  | { readonly kind: 'lengths' }
  | { readonly kind: 'memory'; readonly sessions: number };

/** What a contender says of itself when it has loaded. */
export interface Introduction {
  /** Its name in results. */
  readonly name: string;
  readonly subject: Kind;
}

/** What a contender answers. */
export type Answer =
  | ({ readonly kind: 'ready' } & Introduction)
  | { readonly kind: 'times'; readonly times: readonly Time[] }
  | { readonly kind: 'amounts'; readonly amounts: Readonly<Record<string, number>> }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A contender whose process runs. */
export interface Child extends Introduction {
  readonly role: Role;
  readonly contender: Contender;
  /** Times of one run of a script; `undefined` if the contender has no such script. */
  run(script: string, n: number): Promise<readonly Time[] | undefined>;
  /** Bytes by what they are of. */
  amounts(request: Exclude<Request, { kind: 'run' }>): Promise<Readonly<Record<string, number>>>;
  stop(): void;
}

/** Starts a contender; `undefined` if it does not load here, as native code on a foreign platform. */
export async function startChild(
  contender: Contender,
  fanoutSizes: readonly number[],
): Promise<Child | undefined> {
  const process = forkWorker(contender, fanoutSizes);
  const ready = await nextAnswer(process).catch((error: unknown) => error);
  if (ready instanceof Error || !isReady(ready)) {
    if (contender.role.kind !== 'peer') throw new Error(`${contender.id} does not load`, { cause: ready });
    console.error(`${contender.id} does not load here and is left out`);
    return undefined;
  }
  const ask = async (request: Request): Promise<Answer> => {
    process.send(request);
    const answer = await nextAnswer(process);
    if (answer.kind === 'failed') {
      throw new Error(`${ready.name}: ${JSON.stringify(request)} failed: ${answer.reason}`);
    }
    return answer;
  };
  return {
    name: ready.name,
    subject: ready.subject,
    role: contender.role,
    contender,
    async run(script, n) {
      const answer = await ask({ kind: 'run', script, n });
      return answer.kind === 'times' ? answer.times : undefined;
    },
    async amounts(request) {
      const answer = await ask(request);
      return answer.kind === 'amounts' ? answer.amounts : {};
    },
    stop: () => process.kill(),
  };
}

/** Peers may print what they like, even secrets: nobody listens to their output. */
function forkWorker({ module, maker, conditions }: Contender, fanoutSizes: readonly number[]): ChildProcess {
  return fork(
    fileURLToPath(new URL('worker.ts', import.meta.url)),
    [module, maker, ...fanoutSizes.map(String)],
    {
      execArgv: ['--import', 'tsx', '--expose-gc', ...conditions.map((name) => `--conditions=${name}`)],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
}

async function nextAnswer(process: ChildProcess): Promise<Answer> {
  const cancel = new AbortController();
  try {
    const ended = once(process, 'exit', { signal: cancel.signal }).then(([code, signal]) => {
      throw new Error(`the process ended: ${String(code ?? signal)}`);
    });
    const answered = once(process, 'message', { signal: cancel.signal }).then(([answer]) => answer as Answer);
    return await Promise.race([answered, ended]);
  } finally {
    cancel.abort();
  }
}

function isReady(answer: unknown): answer is Extract<Answer, { kind: 'ready' }> {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'ready';
}
