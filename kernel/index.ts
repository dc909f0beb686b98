/**
 * HMAC-SHA-256 work in batches: chain steps of a ratchet, walks along a chain, message MACs.
 *
 * Static memory only: constants, a scratch area for one lane and one for four, and then free space in which the caller
 * puts inputs and finds outputs (from `IO`). No branch and no address depends on a secret. `wipe` clears the scratch.
 */
import { add, and, get, read, set, splat, write, xor } from './lanes';
import { H0, rounds, schedule } from './sha256';

// Slots of words in lanes. What stands before IV is wiped; the rest is constant.
const W: i32 = 0; // a message schedule, 64
const BLOCK: i32 = 64; // a message block, 16
const STATE: i32 = 80; // a hash state, 8
const INNER: i32 = 88; // HMAC midstate of key ^ ipad, 8
const OUTER: i32 = 96; // HMAC midstate of key ^ opad, 8
const KEY: i32 = 104; // a key, or the result of an HMAC, 8
const IV: i32 = 112; // the initial hash value, 8
const ZERO_INNER: i32 = 120; // midstates of the all-zero key: HKDF's salt
const ZERO_OUTER: i32 = 128;
const SEED_W: i32 = 136; // schedule of the message 01 after a key block, 64
const CHAIN_W: i32 = 200; // schedule of the message 02
const INFO_W: i32 = 264; // schedule of the message info ‖ 01
const INFO_TAIL: i32 = 328; // the second half of the block T ‖ info ‖ counter, counter 0
const SLOTS: i32 = 336;

const ONE_LANE: usize = memory.data(336 * 4, 16);
const FOUR_LANES: usize = memory.data(336 * 16, 16);
const BYTES: usize = memory.data(64, 16);

/** Where free memory begins. */
export const IO: usize = memory.data(16, 64);

/** Where in the tail the counter stands, and by how many bits it is shifted there. */
let counterWord: i32 = 0;
let counterShift: i32 = 0;

// @ts-ignore: decorator
@inline
function at<T>(slot: i32): usize {
  return (isVector<T>() ? FOUR_LANES : ONE_LANE) + (<usize>slot) * sizeof<T>();
}

/** Prepares the constants; the info of HKDF is at IO, at most 22 bytes long, so that T ‖ info ‖ counter is one block. */
export function init(infoLength: u32): void {
  counterWord = infoLength >> 2;
  counterShift = (3 - (infoLength & 3)) << 3;
  prepare<u32>(infoLength);
  prepare<v128>(infoLength);
}

function prepare<T>(infoLength: u32): void {
  for (let i = 0; i < 8; i++) {
    set<T>(at<T>(IV), i, splat<T>(load<u32>(H0 + (i << 2))));
    set<T>(at<T>(KEY), i, splat<T>(0));
  }
  setKey<T>();
  for (let i = 0; i < 8; i++) {
    set<T>(at<T>(ZERO_INNER), i, get<T>(at<T>(INNER), i));
    set<T>(at<T>(ZERO_OUTER), i, get<T>(at<T>(OUTER), i));
  }
  message(0, 1);
  scheduleBytes<T>(at<T>(SEED_W));
  message(0, 2);
  scheduleBytes<T>(at<T>(CHAIN_W));
  message(infoLength, 1);
  scheduleBytes<T>(at<T>(INFO_W));
  memory.fill(BYTES, 0, 32);
  memory.copy(BYTES, IO, infoLength);
  store<u8>(BYTES + infoLength + 1, 0x80);
  store<u32>(BYTES, bswap<u32>((64 + 32 + infoLength + 1) << 3), 28);
  for (let i = 0; i < 8; i++) set<T>(at<T>(INFO_TAIL), i, splat<T>(bswap<u32>(load<u32>(BYTES + (i << 2)))));
}

/** The padded block of info[0 .. length] ‖ last, as it stands after a key block. */
function message(length: u32, last: u8): void {
  memory.fill(BYTES, 0, 64);
  memory.copy(BYTES, IO, length);
  store<u8>(BYTES + length, last);
  store<u8>(BYTES + length + 1, 0x80);
  store<u32>(BYTES, bswap<u32>((64 + length + 1) << 3), 60);
}

function scheduleBytes<T>(to: usize): void {
  for (let i = 0; i < 16; i++) set<T>(at<T>(BLOCK), i, splat<T>(bswap<u32>(load<u32>(BYTES + (i << 2)))));
  schedule<T>(at<T>(BLOCK), to);
}

/** Midstates of the key in KEY. */
function setKey<T>(): void {
  keyBlock<T>(0x36363636);
  rounds<T>(at<T>(IV), at<T>(W), at<T>(INNER));
  keyBlock<T>(0x5c5c5c5c);
  rounds<T>(at<T>(IV), at<T>(W), at<T>(OUTER));
}

function keyBlock<T>(pad: u32): void {
  for (let i = 0; i < 8; i++) {
    set<T>(at<T>(BLOCK), i, xor<T>(get<T>(at<T>(KEY), i), splat<T>(pad)));
    set<T>(at<T>(BLOCK), i + 8, splat<T>(pad));
  }
  schedule<T>(at<T>(BLOCK), at<T>(W));
}

/** The outer hash of an HMAC: STATE is the inner digest, KEY becomes the result. */
function finish<T>(outer: i32): void {
  digestBlock<T>(STATE);
  rounds<T>(at<T>(outer), at<T>(W), at<T>(KEY));
}

/** Schedules the padded block of a 32-byte message that follows a key block. */
function digestBlock<T>(slot: i32): void {
  for (let i = 0; i < 8; i++) {
    set<T>(at<T>(BLOCK), i, get<T>(at<T>(slot), i));
    set<T>(at<T>(BLOCK), i + 8, splat<T>(0));
  }
  set<T>(at<T>(BLOCK), 8, splat<T>(0x80000000));
  set<T>(at<T>(BLOCK), 15, splat<T>((64 + 32) << 3));
  schedule<T>(at<T>(BLOCK), at<T>(W));
}

/** KEY = HMAC(the key that was set, a constant one-block message). */
function macConstant<T>(scheduled: i32): void {
  rounds<T>(at<T>(INNER), at<T>(scheduled), at<T>(STATE));
  finish<T>(OUTER);
}

/** HKDF of KEY with no salt: writes `length` bytes, a multiple of 4. */
function hkdf<T>(out: usize, stride: usize, length: u32): void {
  digestBlock<T>(KEY);
  rounds<T>(at<T>(ZERO_INNER), at<T>(W), at<T>(STATE));
  finish<T>(ZERO_OUTER);
  setKey<T>();
  macConstant<T>(INFO_W);
  for (let n: u32 = 1; ; n++) {
    const words = min<u32>(length, 32) >> 2;
    for (let i: u32 = 0; i < words; i++) write<T>(out + (i << 2), stride, get<T>(at<T>(KEY), i));
    length -= words << 2;
    if (length == 0) return;
    out += 32;
    for (let i = 0; i < 8; i++) {
      set<T>(at<T>(BLOCK), i, get<T>(at<T>(KEY), i));
      set<T>(at<T>(BLOCK), i + 8, get<T>(at<T>(INFO_TAIL), i));
    }
    const word = get<T>(at<T>(BLOCK), 8 + counterWord);
    set<T>(at<T>(BLOCK), 8 + counterWord, add<T>(word, splat<T>((n + 1) << counterShift)));
    schedule<T>(at<T>(BLOCK), at<T>(W));
    rounds<T>(at<T>(INNER), at<T>(W), at<T>(STATE));
    finish<T>(OUTER);
  }
}

function readKey<T>(from: usize): void {
  for (let i = 0; i < 8; i++) set<T>(at<T>(KEY), i, read<T>(from + (i << 2), 32));
}

function writeKey<T>(to: usize, stride: usize): void {
  for (let i = 0; i < 8; i++) write<T>(to + (i << 2), stride, get<T>(at<T>(KEY), i));
}

/** n chain keys of 32 bytes → n times: next chain key (32) ‖ HKDF of the message seed (`length`). */
export function chainSteps(from: usize, n: u32, to: usize, length: u32): void {
  const row = 32 + length;
  for (; n >= 4; n -= 4) {
    chainStep<v128>(from, to, row);
    from += 128;
    to += 4 * row;
  }
  for (; n; n--) {
    chainStep<u32>(from, to, row);
    from += 32;
    to += row;
  }
}

function chainStep<T>(from: usize, to: usize, row: usize): void {
  readKey<T>(from);
  setKey<T>();
  macConstant<T>(CHAIN_W);
  writeKey<T>(to, row);
  macConstant<T>(SEED_W);
  hkdf<T>(to + 32, row, <u32>row - 32);
}

/** Walks a chain of `steps` steps; writes the last `kept` chain keys that are passed, and then the one that is reached. */
export function walk(from: usize, steps: u32, kept: u32, to: usize): void {
  readKey<u32>(from);
  for (let left = steps; left; left--) {
    if (left <= kept) {
      writeKey<u32>(to, 32);
      to += 32;
    }
    setKey<u32>();
    macConstant<u32>(CHAIN_W);
  }
  writeKey<u32>(to, 32);
}

/** The message seeds of n chain keys. */
export function seeds(from: usize, n: u32, to: usize): void {
  for (; n >= 4; n -= 4) {
    readKey<v128>(from);
    setKey<v128>();
    macConstant<v128>(SEED_W);
    writeKey<v128>(to, 32);
    from += 128;
    to += 128;
  }
  for (; n; n--) {
    readKey<u32>(from);
    setKey<u32>();
    macConstant<u32>(SEED_W);
    writeKey<u32>(to, 32);
    from += 32;
    to += 32;
  }
}

/**
 * HMACs of n messages under n keys of 32 bytes. The messages are `stride` bytes apart, a multiple of 64 with room for
 * their padding; their lengths are n words.
 */
export function macs(keys: usize, messages: usize, stride: usize, lengths: usize, n: u32, to: usize): void {
  for (; n >= 4; n -= 4) {
    macOf<v128>(keys, messages, stride, lengths, to);
    keys += 128;
    messages += 4 * stride;
    lengths += 16;
    to += 128;
  }
  for (; n; n--) {
    macOf<u32>(keys, messages, stride, lengths, to);
    keys += 32;
    messages += stride;
    lengths += 4;
    to += 32;
  }
}

function macOf<T>(key: usize, message: usize, stride: usize, lengths: usize, to: usize): void {
  readKey<T>(key);
  setKey<T>();
  let blocks: u32 = 0;
  for (let lane: usize = 0; lane < sizeof<T>() >> 2; lane++) {
    blocks = max<u32>(blocks, padMessage(message + lane * stride, load<u32>(lengths + (lane << 2))));
  }
  for (let i = 0; i < 8; i++) set<T>(at<T>(STATE), i, get<T>(at<T>(INNER), i));
  for (let block: u32 = 0; block < blocks; block++, message += 64) {
    for (let i = 0; i < 16; i++) set<T>(at<T>(BLOCK), i, read<T>(message + (i << 2), stride));
    schedule<T>(at<T>(BLOCK), at<T>(W));
    rounds<T>(at<T>(STATE), at<T>(W), at<T>(KEY));
    keepRunning<T>(lengths, block);
  }
  finish<T>(OUTER);
  writeKey<T>(to, 32);
}

/** STATE = KEY in the lanes whose message has this block; the others are done and keep theirs. */
// @ts-ignore: decorator
@inline
function keepRunning<T>(lengths: usize, block: u32): void {
  if (isVector<T>()) {
    // A message of length L has (L + 9 + 63) / 64 blocks: this one if L + 72 > 64 * (block + 1) - 1.
    const running = i32x4.gt_u(i32x4.add(v128.load(lengths), i32x4.splat(72)), i32x4.splat((block << 6) + 63));
    for (let i = 0; i < 8; i++) {
      set<T>(at<T>(STATE), i, v128.bitselect(get<T>(at<T>(KEY), i), get<T>(at<T>(STATE), i), running));
    }
  } else for (let i = 0; i < 8; i++) set<T>(at<T>(STATE), i, get<T>(at<T>(KEY), i));
}

/** HMAC of one message, with room for its padding, under a key of 32 bytes. */
export function mac(key: usize, message: usize, length: u32, to: usize): void {
  readKey<u32>(key);
  setKey<u32>();
  macMessage(message, length);
  writeKey<u32>(to, 32);
}

/**
 * HKDF (RFC 5869) with a salt of 32 bytes. The input has room for its padding; before the info are 32 free bytes, after it
 * room for the counter and for the padding of all. Writes whole blocks of 32 bytes.
 */
export function derive(
  salt: usize,
  input: usize,
  inputLength: u32,
  info: usize,
  infoLength: u32,
  blocks: u32,
  to: usize,
): void {
  readKey<u32>(salt);
  setKey<u32>();
  macMessage(input, inputLength);
  setKey<u32>();
  for (let counter: u32 = 1; counter <= blocks; counter++, to += 32) {
    store<u8>(info + infoLength, <u8>counter);
    if (counter == 1) macMessage(info, infoLength + 1);
    else macMessage(info - 32, 32 + infoLength + 1);
    writeKey<u32>(info - 32, 32);
    writeKey<u32>(to, 32);
  }
}

/** KEY = HMAC(the key that was set, a message with room for its padding). */
function macMessage(message: usize, length: u32): void {
  const end = message + (padMessage(message, length) << 6);
  for (let i = 0; i < 8; i++) set<u32>(at<u32>(STATE), i, get<u32>(at<u32>(INNER), i));
  for (; message < end; message += 64) {
    for (let i = 0; i < 16; i++) set<u32>(at<u32>(BLOCK), i, read<u32>(message + (i << 2), 32));
    schedule<u32>(at<u32>(BLOCK), at<u32>(W));
    rounds<u32>(at<u32>(STATE), at<u32>(W), at<u32>(STATE));
  }
  finish<u32>(OUTER);
}

/** Pads a message that follows a key block; returns its blocks. */
function padMessage(message: usize, length: u32): u32 {
  const blocks = (length + 72) >> 6;
  store<u8>(message + length, 0x80);
  memory.fill(message + length + 1, 0, (blocks << 6) - length - 1);
  store<u32>(message + (blocks << 6) - 4, bswap<u32>((64 + length) << 3));
  return blocks;
}

/** Clears the scratch of both widths, and the first bytes of the free memory. */
export function wipe(used: usize): void {
  memory.fill(ONE_LANE, 0, <usize>IV * 4);
  memory.fill(FOUR_LANES, 0, <usize>IV * 16);
  memory.fill(IO, 0, used);
}
