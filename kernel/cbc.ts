/**
 * AES-256-CBC with PKCS#7 padding (NIST SP 800-38A, RFC 5652 §6.3): eight messages at a time, or eight blocks of one.
 *
 * What is encrypted is chained, so there the eight blocks of a state belong to eight messages, each with its own key. What
 * is decrypted is not: there they are blocks of one message, and its key is taken eight times.
 *
 * This is a module of its own (see src/crypto/kernel/aes.ts). It wipes its scratch memory; from `IO` on, all is the
 * caller's.
 */
import { add, decryptState, encryptState, expandKeys, slice, SPARE, STATE, unslice, wipe } from './aes';
import { get, set, xor } from './lanes';

/** Where free memory begins. */
export const IO: usize = memory.data(16, 64);

/**
 * Encrypts n messages in place, each under its key of 32 bytes. A message is iv (16) ‖ plaintext; they are `stride` bytes
 * apart, a multiple of 16 with room for the padding; the lengths of the plaintexts are n words. Keys, messages and lengths
 * have room for a multiple of eight, and that many are worked on; short messages go on to the end of the longest.
 */
export function encrypt(keys: usize, messages: usize, stride: usize, lengths: usize, n: u32): void {
  for (let done: u32 = 0; done < n; done += 8) {
    expandKeys(keys, 32);
    slice(messages, stride, STATE);
    let left: u32 = 0;
    for (let lane: usize = 0; lane < 8; lane++) {
      left = max<u32>(left, pad(messages + lane * stride + 16, load<u32>(lengths + (lane << 2))));
    }
    for (let at = messages + 16; left; left--, at += 16) {
      slice(at, stride, SPARE);
      add(SPARE);
      encryptState();
      for (let lane = 0; lane < 8; lane++) set(SPARE, lane, get<v128>(STATE, lane));
      unslice(SPARE);
      for (let lane = 0; lane < 8; lane++) v128.store(at + <usize>lane * stride, get<v128>(SPARE, lane));
    }
    keys += 8 * 32;
    messages += 8 * stride;
    lengths += 8 * 4;
  }
  wipe();
}

/**
 * Decrypts `blocks` blocks in place under a key of 32 bytes: iv (16) ‖ ciphertext becomes plaintext ‖ padding, where the
 * iv was. There is room for a multiple of eight blocks. Returns the length of the plaintext, or −1 if the padding is wrong.
 */
export function decrypt(key: usize, message: usize, blocks: i32): i32 {
  expandKeys(key, 0);
  for (let from = message, left = blocks; left > 0; left -= 8, from += 128) {
    slice(from + 16, 16, STATE);
    decryptState();
    unslice(STATE);
    for (let lane = 0; lane < 8; lane++) {
      // The ciphertext before this block's stands where its plaintext goes.
      set(from, lane, xor(get<v128>(STATE, lane), get<v128>(from, lane)));
    }
  }
  wipe();
  return unpadded(message, blocks << 4);
}

/** Pads to whole blocks; returns their number. */
function pad(plaintext: usize, length: u32): u32 {
  const index = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const used = <u8>(length & 15);
  const last = plaintext + (length & ~15);
  const isText = i8x16.lt_u(index, i8x16.splat(used));
  v128.store(last, v128.bitselect(v128.load(last), i8x16.splat(16 - used), isText));
  return (length >> 4) + 1;
}

/** The length without padding, or −1 if that is wrong: looks at the whole last block whatever it holds. */
function unpadded(message: usize, length: i32): i32 {
  const fromEnd = i8x16(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  const block = v128.load(message + length - 16);
  const count = <i32>i8x16.extract_lane_u(block, 15);
  const each = i8x16.splat(<u8>count);
  const wrong = v128.andnot(i8x16.le_u(fromEnd, each), i8x16.eq(block, each));
  const isPadding = <i32>!v128.any_true(wrong) & <i32>(<u32>(count - 1) < 16);
  return select<i32>(length - count, -1, isPadding);
}
