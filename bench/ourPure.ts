/**
 * What a client is made of, without the client: read, decode, pure steps, encode, commit. The records are those that a
 * client writes, byte for byte (`ourPair.ts` holds them against each other), with as many commits.
 */
import { accountOf, type Address, type Random, type Store, type StoredValue } from 'polyratchet';
import type { ContentFormat } from 'polyratchet/content';
import { deviceListOf, type DeviceListRecord, type OwnDevices } from 'polyratchet/devices';
import {
  composeMessage,
  encodeOutgoingMessage,
  openEnvelope,
  planFanout,
  sealEnvelopes,
  updateResendCache,
  type FanoutPlan,
  type PairwiseEnvelope,
} from 'polyratchet/fanout';
import type { Identity } from 'polyratchet/identity';
import { decodeSession, encodeSession, type Session } from 'polyratchet/session';
// A client's own records and fields have no subpath: nobody else reads them.
import { CLIENT_EXTENSIONS, type ClientExtensions } from '../src/client/extensions.js';
import { inboxTable, outboxTable, usedIdTable } from '../src/client/state.js';
import { encodeRecord } from '../src/wire/index.js';
import { check } from './operations/conversation.js';
import { BOB, BODY, CLOCK } from './ourClientStore.js';
import type { Device } from './subject.js';

/** What the device works with. */
export interface PureDeviceOptions {
  readonly store: Store;
  readonly random: Random;
  readonly identity: Identity;
  /** The account's own list, and what is known of the other's. */
  readonly own: OwnDevices;
  readonly list: DeviceListRecord;
}

const format: ContentFormat<ClientExtensions> = { form: 'payload', extensions: CLIENT_EXTENSIONS };

const now = CLOCK.now();

/** What says which device this is, and whose devices count: it is read with every step, and was decoded before. */
const ALWAYS_READ = ['device', 'identity', 'own-devices', 'linked-device', `list/${BOB}`];

/** A client drops what is kept for retries after so many sends. */
const SENDS_PER_DROP = 16;

/** Names in one page of a list. */
const PAGE = 1_000;

/** A phone, by pure steps alone. */
export function createPureDevice(options: PureDeviceOptions): Device<PairwiseEnvelope> {
  const { store, random, identity, list } = options;
  const own = { record: deviceListOf(options.own), device: 0 };
  const planned = (sessions: ReadonlyMap<Address, Session>, previous?: FanoutPlan): FanoutPlan => {
    const before = previous === undefined ? {} : { previous };
    return planFanout({ own, recipients: [list], sessions, ...before, now });
  };
  let plan = planned(new Map());
  const devices = [...plan.recipients, ...plan.ownDevices].map(({ device }) => device);
  let lastStamp = 0;
  let sends = 0;
  let inbox: string[] = [];
  let lastBody: Uint8Array = new Uint8Array(0);

  const stamp = (): number => (lastStamp = Math.max(now, lastStamp + 1));
  const commit = async (found: Found, changes: readonly Change[]): Promise<void> => {
    const expected = (name: string): string | null => found.get(name)?.version ?? null;
    const outcome = await store.commit(
      changes.map(([name, value]) => ({ name, value, expected: expected(name) })),
    );
    if (outcome !== 'committed') throw new Error('nobody else writes here');
  };
  const drop = async (): Promise<void> => {
    const marks = await store.list('kept/', '', PAGE);
    const messages = marks.map((mark) => {
      return { sentAt: Number(mark.slice(5, 21)), messageId: mark.slice(22) };
    });
    const evicted = new Set(updateResendCache({ cache: { messages }, now }).evicted);
    if (evicted.size === 0) return;
    const names = [
      ...marks.filter((mark) => evicted.has(mark.slice(22))),
      ...[...evicted].map((id) => `message/${id}`),
    ];
    await commit(
      await store.read(names),
      names.map((name) => [name, null]),
    );
  };

  return {
    async send() {
      const messageId = toHex(random(16));
      const sent = `sent/${messageId}`;
      const found = await store.read([...ALWAYS_READ, sent]);
      const at = stamp();
      const names = { message: `message/${messageId}`, outbox: `outbox/${sortable(at)} ${messageId}` };
      const stored = await store.read([
        ...devices.map((device) => `session/${device}`),
        names.message,
        names.outbox,
      ]);
      const sessions = new Map(
        devices.map((device) => [device, decodeSession(bytesOf(stored, `session/${device}`))] as const),
      );
      plan = planned(sessions, plan);
      const message = composeMessage({
        plan,
        messageId,
        format,
        content: { body: BODY, extensions: { author: accountOf(plan.from) } },
      });
      const sealed = sealEnvelopes({ plan, message, identity, registrationId: 1, sessions, random, now });
      const { envelopes } = sealed;
      const { participantHash } = plan;
      const sendId = toHex(random(16));
      const entry = { messageId, round: 1, participantHash, envelopes, sendId, more: 0 };
      await commit(new Map([...found, ...stored]), [
        [sent, encodeRecord(usedIdTable, { at })],
        ...[...sealed.sessions].map(
          ([device, session]) => [`session/${device}`, encodeSession(session)] as const,
        ),
        [names.message, encodeOutgoingMessage(sealed.message)],
        [names.outbox, encodeRecord(outboxTable, entry)],
      ]);

      await Promise.resolve(); // here it is sent
      const kept = `kept/${sortable(now)} ${messageId}`;
      await commit(await store.read([names.outbox, kept]), [
        [names.outbox, null],
        [kept, encodeRecord(usedIdTable, { at: now })],
      ]);
      if (++sends % SENDS_PER_DROP === 0) await drop();
    },

    async receive(envelopes) {
      for (const envelope of envelopes) {
        const { id, from } = envelope;
        const [session, seen] = [`session/${from}`, `seen/${BOB} ${id}`];
        const name = `inbox/${sortable(stamp())} ${BOB} ${id}`;
        const found = await store.read([...ALWAYS_READ, session, `asked/${from}`, seen, name]);
        const opened = openEnvelope({
          envelope,
          own,
          identity,
          sender: { record: list },
          session: decodeSession(bytesOf(found, session)),
          format,
          random,
          now,
        });
        if (opened.kind !== 'delivered' || opened.content.body === undefined) throw new Error('it is held');
        const { kind, chat } = opened.chat;
        const message = { id, from, kind, chat, body: opened.content.body, receivedAt: now };
        await commit(found, [
          [session, encodeSession(opened.changes.session)],
          [seen, encodeRecord(usedIdTable, { at: now })],
          [name, encodeRecord(inboxTable, message)],
        ]);
        inbox.push(name);
        lastBody = message.body;
      }
    },

    async acknowledge() {
      check(lastBody, BODY);
      const handled = inbox;
      inbox = [];
      await commit(
        await store.read(handled),
        handled.map((name) => [name, null]),
      );
    },
  };
}

type Found = ReadonlyMap<string, StoredValue>;
type Change = readonly [name: string, value: Uint8Array | null];

function bytesOf(found: Found, name: string): Uint8Array {
  const stored = found.get(name);
  if (stored === undefined) throw new Error(`no ${name}`);
  return stored.value;
}

/** A time as it stands in names. */
function sortable(at: number): string {
  return String(at).padStart(16, '0');
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
