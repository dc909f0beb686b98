/** What callers pass by mistake or on purpose: values that are no bytes, no integers, no objects. */

/** Values that are no `Uint8Array`, each with a name for the test. */
export const notBytes: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 32],
  ['a bigint', 32n],
  ['a string', 'x'.repeat(32)],
  ['a symbol', Symbol('bytes')],
  ['a function', () => new Uint8Array(32)],
  ['an array', new Array<number>(32).fill(7)],
  ['an array-like object', { length: 32, 0: 7 }],
  ['an ArrayBuffer', new ArrayBuffer(32)],
  ['a DataView', new DataView(new ArrayBuffer(32))],
  ['a Uint8ClampedArray', new Uint8ClampedArray(32)],
  ['an Int8Array', new Int8Array(32)],
  ['a Uint16Array', new Uint16Array(16)],
  ['an object with the tag', { [Symbol.toStringTag]: 'Uint8Array', length: 32 }],
  ['an object with the prototype', Object.create(Uint8Array.prototype)],
  ['a proxy', new Proxy(new Uint8Array(32), {})],
  ['a detached array', detached(32)],
];

/** Values that are no integer of 0 … 2³² − 1, each with a name for the test. */
export const notUint32: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['minus zero', -0],
  ['a negative number', -1],
  ['a fraction', 1.5],
  ['2^32', 2 ** 32],
  ['2^53', 2 ** 53],
  ['a bigint', 1n],
  ['a string', '1'],
  ['a boolean', true],
  ['an array', [1]],
  ['a Number object', Object(1)],
  ['an object with valueOf', { valueOf: () => 1 }],
];

/** Values that have no properties to read, each with a name for the test. */
export const notObjects: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a bigint', 1n],
  ['a string', 'bundle'],
  ['a boolean', true],
  ['a symbol', Symbol('bundle')],
  ['a function', () => ({})],
];

/** An array whose memory has gone to somebody else. */
export function detached(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
