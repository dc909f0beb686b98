/**
 * The protobuf table codec: a message is a table of rows, and the table is its writer and its strict reader.
 *
 * A table is checked against the TypeScript type that it writes: every property has exactly one row, optional ones an
 * optional row. Refused on reading: a known field with another wire type, field number 0, a singular field that comes
 * twice, a missing required field, more repetitions or nesting than the bound, varints beyond their range, groups and
 * reserved wire types, anything cut short. Fields are written in the order of the rows.
 *
 * @module
 */
import { inputObject, inputList } from '../core/check.js';
import { checkFieldNumber, skipValue } from './fields.js';
import { prefixedLength, type Kind } from './kinds.js';
import { Reader } from './reader.js';
import { varintLength, Writer } from './writer.js';

/** A field that must be there. */
export interface RequiredRow<Value> {
  readonly presence: 'required';
  readonly number: number;
  readonly kind: Kind<Value>;
  /** What its absence means, for fields that a peer may leave out. */
  readonly absent?: Value;
}

/** A field that may be missing. */
export interface OptionalRow<Value> {
  readonly presence: 'optional';
  readonly number: number;
  readonly kind: Kind<Value>;
}

/** A field that comes any number of times up to `most`. */
export interface RepeatedRow<Value> {
  readonly presence: 'repeated';
  readonly number: number;
  readonly kind: Kind<Value>;
  readonly most: number;
}

/** The row that a property of a message needs. */
export type RowOf<Message, Key extends keyof Message> = undefined extends Message[Key]
  ? OptionalRow<Exclude<Message[Key], undefined>>
  : Message[Key] extends readonly (infer Item)[]
    ? RepeatedRow<Item>
    : RequiredRow<Message[Key]>;

/** A message: its name for errors, what happens to unknown fields, and a row for each property. */
export interface Table<Message> {
  readonly name: string;
  /** `skip` only where the peer's protocol may add fields. */
  readonly unknown: 'skip' | 'reject';
  readonly rows: { readonly [Key in keyof Message]-?: RowOf<Message, Key> };
}

/** Messages may be nested this deep: more than any known format needs, and no danger to the stack. */
export const MAX_DEPTH = 16;

/** A row for a field that must be there; with `absent`, for one that is always written and may be left out by others. */
export function required<Value>(number: number, kind: Kind<Value>, absent?: Value): RequiredRow<Value> {
  return { presence: 'required', number, kind, ...(absent === undefined ? {} : { absent }) };
}

/** A row for a field that may be missing. */
export function optional<Value>(number: number, kind: Kind<Value>): OptionalRow<Value> {
  return { presence: 'optional', number, kind };
}

/** A row for a field that comes up to `most` times. */
export function repeated<Value>(number: number, kind: Kind<Value>, most: number): RepeatedRow<Value> {
  return { presence: 'repeated', number, kind, most };
}

/** The kind of a nested message. */
export function nested<Message extends object>(table: Table<Message>): Kind<Message> {
  return {
    wireType: 2,
    size: (value) => prefixedLength(encodedLength(table, value)),
    write: (writer, value) => {
      writer.varint(encodedLength(table, value));
      writeMessage(table, writer, value);
    },
    read: (reader) => {
      if (reader.depth >= MAX_DEPTH) return reader.fail(`at most ${MAX_DEPTH} levels`, 'more');
      return readMessage(table, new Reader(reader.view(), table.name, reader.depth + 1));
    },
  };
}

/**
 * Bytes of a message on the wire.
 *
 * @throws PolyratchetError `invalid-argument`: no object, or a value outside its kind.
 */
export function encodedLength<Message extends object>(table: Table<Message>, message: Message): number {
  let length = 0;
  inputObject(table.name, message);
  for (const { key, row, tagLength } of plan(table)) {
    const value: unknown = message[key];
    if (row.presence === 'repeated') {
      for (const item of inputList(key, value as readonly unknown[]))
        length += tagLength + row.kind.size(item);
    } else if (value !== undefined || row.presence === 'required') {
      length += tagLength + row.kind.size(value);
    }
  }
  return length;
}

/**
 * The bytes of a message, with `prefix` bytes before and `suffix` bytes after it left free for a frame.
 *
 * @throws PolyratchetError `invalid-argument`: a value outside its kind.
 */
export function encodeMessage<Message extends object>(
  table: Table<Message>,
  message: Message,
  prefix = 0,
  suffix = 0,
): Uint8Array {
  const bytes = new Uint8Array(prefix + encodedLength(table, message) + suffix);
  writeMessage(table, new Writer(bytes, prefix), message);
  return bytes;
}

/**
 * Reads a message strictly; nothing may follow it.
 *
 * @throws PolyratchetError `malformed`, and `invalid-key` where a field is a public key that must not be used.
 */
export function decodeMessage<Message extends object>(table: Table<Message>, bytes: Uint8Array): Message {
  return readMessage(table, new Reader(bytes, table.name, 1));
}

/** A row of any presence, with the type of its values forgotten: the table's own type has checked it. */
interface AnyRow {
  readonly presence: 'required' | 'optional' | 'repeated';
  readonly number: number;
  readonly kind: Kind<unknown>;
  readonly absent?: unknown;
  readonly most?: number;
}

interface Step<Message> {
  readonly key: keyof Message & string;
  readonly row: AnyRow;
  readonly tag: number;
  /** Bytes of the tag. */
  readonly tagLength: number;
}

/** The rows of each table in order, prepared once. */
const plans = new WeakMap<object, readonly Step<never>[]>();

function plan<Message extends object>(table: Table<Message>): readonly Step<Message>[] {
  let steps = plans.get(table) as readonly Step<Message>[] | undefined;
  if (steps === undefined) {
    steps = Object.entries<AnyRow>(table.rows as Record<string, AnyRow>).map(([key, row]) => {
      const tag = row.number * 8 + row.kind.wireType;
      return { key: key as keyof Message & string, row, tag, tagLength: varintLength(tag) };
    });
    plans.set(table, steps);
  }
  return steps;
}

function writeMessage<Message extends object>(table: Table<Message>, writer: Writer, message: Message): void {
  for (const { key, row, tag } of plan(table)) {
    const value: unknown = message[key];
    if (row.presence === 'repeated') {
      for (const item of value as readonly unknown[]) writeField(writer, tag, row, item);
    } else if (value !== undefined) {
      writeField(writer, tag, row, value);
    }
  }
}

function writeField(writer: Writer, tag: number, { kind }: AnyRow, value: unknown): void {
  writer.varint(tag);
  kind.write(writer, value);
}

function readMessage<Message extends object>(table: Table<Message>, reader: Reader): Message {
  const steps = plan(table);
  const values: unknown[] = steps.map(() => undefined);
  while (!reader.done) {
    reader.field = 'field';
    const tag = reader.varint();
    const index = indexOfTag(steps, tag);
    const step = steps[index];
    if (step === undefined) {
      readOther(table, reader, tag);
    } else {
      reader.field = step.key;
      values[index] = readField(values[index], step.row, reader);
    }
  }
  const message: Record<string, unknown> = {};
  steps.forEach(({ key, row }, i) => {
    reader.field = key;
    const value = values[i] ?? valueOfNone(row, reader);
    if (value !== undefined) message[key] = value;
  });
  return message as Message;
}

function indexOfTag(steps: readonly Step<never>[], tag: number): number {
  for (let i = 0; i < steps.length; i++) if (steps[i]?.tag === tag) return i;
  return -1;
}

/** A row's value after one more was read; `before` is what was there. */
function readField(before: unknown, { presence, kind, most = 0 }: AnyRow, reader: Reader): unknown {
  if (presence !== 'repeated') {
    if (before !== undefined) reader.fail('the field once', 'twice');
    return kind.read(reader);
  }
  const list = before as unknown[] | undefined;
  if ((list?.length ?? 0) >= most) reader.fail(`at most ${most} times`, 'more');
  const value = kind.read(reader);
  if (list === undefined) return [value]; // has room for one only, as most lists stay
  list.push(value);
  return list;
}

function valueOfNone({ presence, absent }: AnyRow, reader: Reader): unknown {
  if (presence === 'repeated') return [];
  return presence === 'required' && absent === undefined ? reader.fail('the field', 'none') : absent;
}

/** A tag of no row: of a known field with another wire type, or of an unknown field. */
function readOther<Message extends object>(table: Table<Message>, reader: Reader, tag: number): void {
  const number = Math.floor(tag / 8);
  const known = plan(table).find(({ row }) => row.number === number);
  if (known === undefined) {
    skip(table.unknown, reader, number, tag % 8);
    return;
  }
  reader.field = known.key;
  reader.fail(`wire type ${known.row.kind.wireType}`, `wire type ${tag % 8}`);
}

function skip(unknown: 'skip' | 'reject', reader: Reader, number: number, wireType: number): void {
  checkFieldNumber(reader, number);
  if (unknown === 'reject') reader.fail('a known field', `field ${number}`);
  reader.field = `field ${number}`;
  skipValue(reader, wireType);
}
