/**
 * The operations, by the scripts that time them. A script does something `n` times and times one or more operations on
 * the way, since what one of them needs another has just made.
 */

/** What is timed. */
export interface Operation {
  readonly op: string;
  /** Devices of a fanout. */
  readonly n?: number;
}

/** What a subject runs. */
export interface ScriptPlan {
  readonly script: string;
  /** What it times, in the order of its times. */
  readonly operations: readonly Operation[];
}

/** Time of one operation in a run of a script. */
export interface Time {
  /** Microseconds for all of them. */
  readonly us: number;
  readonly count: number;
}

/** Does its operations `n` times. */
export type Script = (n: number) => Promise<readonly Time[]> | readonly Time[];

/** All scripts that a subject can run, by name. */
export type Scripts = Readonly<Partial<Record<string, Script>>>;

/** Devices of each of the two people of a security code: the least, and the most that the product allows. */
export const SECURITY_CODE_DEVICES: readonly number[] = [1, 5];

/** Companions of an account whose list is verified. */
export const LISTED_COMPANIONS = 5;

/** Accounts of five devices that whole sends go to: one person, and a group of 1,000 devices. */
export const SEND_ACCOUNTS: readonly number[] = [1, 200];

/** People of the groups that are sent to: the least, and the most that the product allows. */
export const GROUP_PEOPLE: readonly number[] = [2, 1_024];

/** Devices of each of them. */
export const GROUP_DEVICES = 3;

/** What to time, for fanouts of these sizes. */
export function planScripts(fanoutSizes: readonly number[]): readonly ScriptPlan[] {
  return [
    plan('bundle', { op: 'make a bundle' }),
    plan('initiate', { op: 'bundle → first ciphertext' }),
    plan('respond', { op: 'first ciphertext → plaintext' }),
    plan('messages 100', { op: 'encrypt 100 B' }, { op: 'decrypt 100 B' }),
    plan('messages 4096', { op: 'encrypt 4 KiB' }, { op: 'decrypt 4 KiB' }),
    plan('ping-pong', { op: 'ping-pong, one message each way a turn' }),
    ...fanoutSizes.map((n) => plan(`warm ${n}`, { op: 'warm fanout', n })),
    ...fanoutSizes.map((n) => plan(`cold ${n}`, { op: 'cold fanout', n })),
    plan('ahead', { op: 'decrypt 500 messages ahead' }, { op: 'decrypt from a stored skipped key' }),
    plan('sender key', { op: 'make a sender key to hand out' }, { op: 'new sender key → first ciphertext' }),
    plan('sender key messages', { op: 'encrypt 100 B to a group' }, { op: 'decrypt 100 B to a group' }),
    plan('group distribution', { op: `distribution to a group, ${devicesOf(Math.max(...GROUP_PEOPLE))}` }),
    plan(
      'group message',
      ...GROUP_PEOPLE.map((people) => ({
        op: `message to a group after distribution, ${devicesOf(people)}`,
      })),
    ),
    ...SECURITY_CODE_DEVICES.map((count) =>
      plan(`security code ${count}`, { op: `security code, 2 × ${count} devices` }),
    ),
    ...SEND_ACCOUNTS.map((count) => {
      const devices = 5 * (count + 1) - 1;
      return plan(
        `send ${count}`,
        { op: `encrypt batch, ${devices} devices` },
        { op: `whole send, ${devices} devices` },
        { op: `plan again, ${devices} devices` },
      );
    }),
    plan(
      'client send',
      { op: 'client send, 2 × 5 devices' },
      { op: 'pure steps of a client send, 2 × 5 devices' },
    ),
    plan('client receive', { op: 'client receive' }, { op: 'pure steps of a client receive' }),
    plan('device list', { op: `verify a list of ${LISTED_COMPANIONS} devices` }),
    plan('records', { op: 'encode a session' }, { op: 'decode a session' }),
  ];
}

function devicesOf(people: number): string {
  return `${people.toLocaleString('en')} × ${GROUP_DEVICES} devices`;
}

function plan(script: string, ...operations: readonly Operation[]): ScriptPlan {
  return { script, operations };
}
