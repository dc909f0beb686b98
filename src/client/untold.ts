/**
 * Events of which nothing else would remind the application: they are written in the commit of what they tell of, and erased
 * once they were told. Whoever finds one of them after a crash tells it again.
 *
 * @module
 */
import { malformed } from '../core/refusals.js';
import { messageIdText } from '../content/index.js';
import { MAX_DEVICES, type AddedDevice, type RemovedDevice } from '../devices/index.js';
import { MAX_MEMBERS, type GroupEvent } from '../group/index.js';
import type { SecurityNotice } from '../securitycode/index.js';
import {
  accountText,
  bool,
  decodeRecord,
  deviceText,
  encodeRecord,
  enumeration,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import type { ClientEvent, ClientEvents } from './events.js';
import type { RecordKey } from './records.js';

/** An event that is told at least once, whatever crashes. */
export type LastingEvent = ClientEvents[
  'lost' | 'devices-changed' | 'group-changed' | 'group-disputed' | 'linked'];

/** Whether nothing would remind the application of an event. */
export function isLasting(event: ClientEvent): event is LastingEvent {
  return ['lost', 'devices-changed', 'group-changed', 'group-disputed', 'linked'].includes(event.kind);
}

/** An event that may not have been told. */
export function untoldRecord(name: string): RecordKey<LastingEvent> {
  return {
    name,
    encode: (event) => encodeRecord(untoldTable, partsOf(event)),
    decode: (record) => eventOf(decodeRecord(untoldTable, record)),
  };
}

type Fields<Kind extends LastingEvent['kind']> = Omit<ClientEvents[Kind], 'kind'>;

interface DevicesChanged extends Omit<Fields<'devices-changed'>, 'notice'> {
  readonly notice: SecurityNotice['kind'];
}

/** One of these. */
interface UntoldParts {
  readonly lost?: Fields<'lost'>;
  readonly devicesChanged?: DevicesChanged;
  readonly groupChanged?: Fields<'group-changed'>;
  readonly linked?: Fields<'linked'>;
  readonly groupDisputed?: Fields<'group-disputed'>;
}

const addedRows: Table<AddedDevice>['rows'] = {
  address: required(1, deviceText),
  keyIndex: required(2, uint32),
  identity: required(3, rawPublicKey),
};

const addedTable: Table<AddedDevice> = { name: 'client.untold.added', unknown: 'reject', rows: addedRows };

const removedTable: Table<RemovedDevice> = {
  name: 'client.untold.removed',
  unknown: 'reject',
  rows: {
    ...addedRows,
    why: required(4, enumeration<RemovedDevice['why']>({ revoked: 1, 're-registered': 2, moved: 3 })),
  },
};

const groupEventTable: Table<GroupEvent> = {
  name: 'client.untold.groupEvent',
  unknown: 'reject',
  rows: {
    kind: required(
      1,
      enumeration<GroupEvent['kind']>({ added: 1, removed: 2, left: 3, promoted: 4, demoted: 5 }),
    ),
    account: required(2, accountText),
    by: required(3, accountText),
  },
};

/** All members may have gone for as many others, who are all admins now. */
const MAX_GROUP_EVENTS = 3 * MAX_MEMBERS;

const untoldTable: Table<UntoldParts> = {
  name: 'client.untold',
  unknown: 'reject',
  rows: {
    lost: optional(
      1,
      nested<Fields<'lost'>>({
        name: 'client.untold.lost',
        unknown: 'reject',
        rows: { id: required(1, messageIdText), from: required(2, deviceText) },
      }),
    ),
    devicesChanged: optional(
      2,
      nested<DevicesChanged>({
        name: 'client.untold.devicesChanged',
        unknown: 'reject',
        rows: {
          account: required(1, accountText),
          added: repeated(2, nested(addedTable), MAX_DEVICES),
          removed: repeated(3, nested(removedTable), MAX_DEVICES),
          notice: required(
            4,
            enumeration<SecurityNotice['kind']>({ none: 1, 'code-changed': 2, 'primary-changed': 3 }),
          ),
        },
      }),
    ),
    groupChanged: optional(
      3,
      nested<Fields<'group-changed'>>({
        name: 'client.untold.groupChanged',
        unknown: 'reject',
        rows: {
          group: required(1, accountText),
          changes: repeated(2, nested(groupEventTable), MAX_GROUP_EVENTS),
          lost: required(3, bool),
        },
      }),
    ),
    linked: optional(
      4,
      nested<Fields<'linked'>>({
        name: 'client.untold.linked',
        unknown: 'reject',
        rows: { device: required(1, deviceText) },
      }),
    ),
    groupDisputed: optional(
      5,
      nested<Fields<'group-disputed'>>({
        name: 'client.untold.groupDisputed',
        unknown: 'reject',
        rows: { group: required(1, accountText), by: required(2, accountText), open: required(3, bool) },
      }),
    ),
  },
};

function partsOf(event: LastingEvent): UntoldParts {
  switch (event.kind) {
    case 'lost':
      return { lost: event };
    case 'devices-changed':
      return { devicesChanged: { ...event, notice: event.notice.kind } };
    case 'group-changed':
      return { groupChanged: event };
    case 'group-disputed':
      return { groupDisputed: event };
    case 'linked':
      return { linked: event };
  }
}

function eventOf({ lost, devicesChanged, groupChanged, groupDisputed, linked }: UntoldParts): LastingEvent {
  if (lost !== undefined) return { kind: 'lost', ...lost };
  if (devicesChanged !== undefined) {
    const notice = noticeOf(devicesChanged.notice);
    return { kind: 'devices-changed', ...devicesChanged, notice };
  }
  if (groupChanged !== undefined) return { kind: 'group-changed', ...groupChanged };
  if (groupDisputed !== undefined) return { kind: 'group-disputed', ...groupDisputed };
  if (linked !== undefined) return { kind: 'linked', ...linked };
  throw malformed(untoldTable.name, 'event', 'an event', 'nothing');
}

function noticeOf(kind: SecurityNotice['kind']): SecurityNotice {
  return kind === 'primary-changed' ? { kind, compare: true } : { kind, compare: false };
}
