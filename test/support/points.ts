/** Curve25519 public keys that nobody honest ever makes. */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { fromHex } from '../../src/core/bytes.js';

const P = 2n ** 255n - 19n;

/** The u coordinates of all points of low order, each in its encodings below 2^255. */
export const LOW_ORDER: readonly Uint8Array[] = [
  littleEndian(0n),
  littleEndian(1n),
  fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
  fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
  littleEndian(P - 1n),
  littleEndian(P),
  littleEndian(P + 1n),
];

/** All u of p to 2^255 - 1: second encodings of 0 to 18. */
export const NON_CANONICAL: readonly Uint8Array[] = Array.from({ length: 19 }, (_, i) =>
  littleEndian(P + BigInt(i)),
);

/** The same u coordinate with bit 255 set, which RFC 7748 has receivers ignore. */
export function withHighBit(u: Uint8Array): Uint8Array {
  const twin = new Uint8Array(u);
  twin[31] = (twin[31] ?? 0) | 0x80;
  return twin;
}

/** The seven other keys that give the same shared secrets: the point of a key plus each point of low order. */
export function torsionedTwins(publicKey: Uint8Array): readonly Uint8Array[] {
  const { Point } = ed25519;
  const { Fp } = Point;
  const u = Fp.fromBytes(publicKey);
  const y = Fp.toBytes(Fp.mul(Fp.sub(u, 1n), Fp.inv(Fp.add(u, 1n))));
  const point = Point.fromBytes(y);
  return ED25519_TORSION_SUBGROUP.map((hex) => point.add(Point.fromHex(hex)))
    .filter((twin) => !twin.equals(point))
    .map((twin) => ed25519.utils.toMontgomery(twin.toBytes()));
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}
