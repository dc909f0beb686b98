/** Finding the SignalMessage inside a PreKeySignalMessage, without the library. */

const MESSAGE_FIELD = 4;
const LENGTH_DELIMITED = 2;

/** Where the inner message is. All that is outside of it, nothing authenticates by itself. */
export function innerMessageOf(preKeyMessage: Uint8Array): { readonly start: number; readonly end: number } {
  let at = 1; // after the version byte
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = preKeyMessage[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < preKeyMessage.length) {
    const key = varint();
    const value = varint();
    if ((key & 7) !== LENGTH_DELIMITED) continue;
    if (key >> 3 === MESSAGE_FIELD) return { start: at, end: at + value };
    at += value;
  }
  throw new Error('a prekey message without a message');
}
