/** Random protobuf schemas with random messages, for our table codec and for protobufjs. */
import fc from 'fast-check';
import protobuf from 'protobufjs/light.js';
import { reveal, Secret } from '../../src/core/secret.js';
import {
  bool,
  bytes,
  enumeration,
  int32,
  nested,
  optional,
  repeated,
  required,
  secret,
  string,
  uint32,
  uint53,
  uint64,
  type Kind,
  type Table,
} from '../../src/wire/index.js';

/** A message whose fields only the schema knows. */
export type AnyMessage = Record<string, unknown>;

/** A schema and a message of it, in our form and in that of protobufjs. */
export interface Sample {
  readonly table: Table<AnyMessage>;
  readonly message: AnyMessage;
  readonly peerType: protobuf.Type;
  readonly peerMessage: AnyMessage;
}

/** One value of a kind in both forms. */
interface Item {
  readonly kind: Kind<unknown>;
  /** Name of the type at protobufjs, or the type itself. */
  readonly peerType: string | protobuf.Type;
  readonly ours: unknown;
  readonly theirs: unknown;
}

const CHOICES = { none: 0, one: 1, many: 300, all: 2 ** 31 - 1 };

/** Values of every kind without structure. */
const scalar: fc.Arbitrary<Item> = fc.oneof(
  same(uint32, 'uint32', fc.oneof(fc.nat(300), fc.nat(0xffff_ffff))),
  itemOf(uint53, 'uint64', fc.maxSafeNat(), (value) => toLong(BigInt(value))),
  itemOf(uint64, 'uint64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), toLong),
  same(int32, 'int32', fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer())),
  same(bool, 'bool', fc.boolean()),
  itemOf(enumeration(CHOICES), 'Choice', fc.constantFrom(...choices()), (name) => CHOICES[name]),
  same(bytes(), 'bytes', fc.uint8Array({ maxLength: 200 })),
  same(bytes(5), 'bytes', fc.uint8Array({ minLength: 5, maxLength: 5 })),
  itemOf(
    secret('Test', 4),
    'bytes',
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((value) => new Secret('Test', value)),
    reveal,
  ),
  same(string, 'string', fc.string({ unit: 'binary', maxLength: 60 })),
);

/** Messages of random schemas, nested up to three deep. */
export const samples: fc.Arbitrary<Sample> = sampleOf(3);

function sampleOf(depth: number): fc.Arbitrary<Sample> {
  const item = depth === 1 ? scalar : fc.oneof({ weight: 5, arbitrary: scalar }, nestedItem(depth));
  const field = fc.record({
    item,
    number: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 29 - 1 })),
    presence: fc.constantFrom('required', 'optional', 'absent', 'repeated', 'empty'),
    copies: fc.integer({ min: 1, max: 4 }),
  });
  return fc
    .uniqueArray(field, { selector: ({ number }) => number, maxLength: 8 })
    .map((fields) => assemble(fields.sort((a, b) => a.number - b.number)));
}

function nestedItem(depth: number): fc.Arbitrary<Item> {
  return sampleOf(depth - 1).map(({ table, message, peerType, peerMessage }) => ({
    kind: nested(table),
    peerType,
    ours: message,
    theirs: peerMessage,
  }));
}

interface FieldSample {
  readonly item: Item;
  readonly number: number;
  readonly presence: 'required' | 'optional' | 'absent' | 'repeated' | 'empty';
  readonly copies: number;
}

let types = 0;

function assemble(fields: readonly FieldSample[]): Sample {
  const rows: AnyMessage = {};
  const message: AnyMessage = {};
  const peerMessage: AnyMessage = {};
  const peerType = new protobuf.Type(`Message${String(types++)}`).add(new protobuf.Enum('Choice', CHOICES));
  for (const { item, number, presence, copies } of fields) {
    const name = `field${String(number)}`;
    const isList = presence === 'repeated' || presence === 'empty';
    rows[name] = rowOf(item.kind, number, presence);
    peerType.add(peerField(peerType, item, name, number, isList ? 'repeated' : 'optional'));
    if (presence === 'absent') continue;
    const list = <Value>(value: Value): Value[] =>
      new Array<Value>(presence === 'empty' ? 0 : copies).fill(value);
    message[name] = isList ? list(item.ours) : item.ours;
    peerMessage[name] = isList ? list(item.theirs) : item.theirs;
  }
  const table = { name: 'sample', unknown: 'reject', rows } as unknown as Table<AnyMessage>;
  return { table, message, peerType, peerMessage };
}

function rowOf(kind: Kind<unknown>, number: number, presence: FieldSample['presence']): unknown {
  if (presence === 'required') return required(number, kind);
  return presence === 'repeated' || presence === 'empty' ? repeated(number, kind, 4) : optional(number, kind);
}

function peerField(
  parent: protobuf.Type,
  { peerType }: Item,
  name: string,
  number: number,
  rule: string,
): protobuf.Field {
  if (typeof peerType === 'string') {
    return new protobuf.Field(name, number, peerType, rule, undefined, { packed: false });
  }
  if (peerType.parent === null) parent.add(peerType);
  return new protobuf.Field(name, number, peerType.name, rule);
}

function itemOf<Value>(
  kind: Kind<Value>,
  peerType: string,
  values: fc.Arbitrary<Value>,
  toPeer: (value: Value) => unknown,
): fc.Arbitrary<Item> {
  return values.map((ours) => ({ kind: kind, peerType, ours, theirs: toPeer(ours) }));
}

function same<Value>(kind: Kind<Value>, peerType: string, values: fc.Arbitrary<Value>): fc.Arbitrary<Item> {
  return itemOf(kind, peerType, values, (value) => value);
}

function choices(): (keyof typeof CHOICES)[] {
  return Object.keys(CHOICES) as (keyof typeof CHOICES)[];
}

/** How protobufjs takes 64 bits where no Long library is installed. */
function toLong(value: bigint): { low: number; high: number; unsigned: boolean } {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: true,
  };
}
