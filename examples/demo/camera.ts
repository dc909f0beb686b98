/** Screens and cameras: a QR code is drawn, and read back from its pixels. */
import encodeQR from 'qr';
import decodeQR from 'qr/decode.js';

/** Pixels to a side of each module. */
const SCALE = 4;

/** What is on a screen. */
export interface Picture {
  /** For a terminal: half a line of text to each row of modules. */
  readonly drawing: string;
  /** For a camera: red, green, blue and alpha of each pixel. */
  readonly pixels: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

/** Draws bytes as a QR code. */
export function show(payload: Uint8Array): Picture {
  const text = String.fromCharCode(...payload);
  const options = { ecc: 'low', encoding: 'byte', textEncoder: toBytes, border: 2 } as const;
  return {
    drawing: encodeQR(text, 'ascii', options).trimEnd(),
    pixels: paint(encodeQR(text, 'raw', options)),
  };
}

/** Reads the bytes of a QR code out of a picture. */
export function scan({ pixels }: Picture): Uint8Array {
  return toBytes(decodeQR(pixels, { textDecoder: (bytes) => String.fromCharCode(...bytes) }));
}

function paint(modules: readonly (readonly boolean[])[]): Picture['pixels'] {
  const width = modules.length * SCALE;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const isDark = modules[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === true;
      const at = 4 * (y * width + x);
      if (isDark) data.fill(0, at, at + 3);
    }
  }
  return { width, height: width, data };
}

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
