/** Half precision, IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. Node 20 has no Float16Array. */

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The nearest float16 of each number, ties to even, as its 16 bits. Beyond 65504 is infinity. */
export function toHalf(numbers: Float32Array): Uint16Array {
  return Uint16Array.from(numbers, halfOf);
}

function halfOf(x: number): number {
  single[0] = x;
  const [word] = bits as unknown as [number];
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const fraction = word & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent >= 31) return sign | 0x7c00;
  // Below the smallest normal number the leading 1 is written out, and the whole is shifted.
  const [value, shift] =
    exponent > 0 ? [(exponent << 23) | fraction, 13] : [fraction | 0x800000, 14 - exponent];
  if (shift > 24) return sign;
  const rest = value & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const half = value >>> shift;
  // A carry out of the fraction raises the exponent, as it should.
  return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0));
}

/** The numbers that these 16 bits each are: exactly. */
export function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (fraction + 1024) * 2 ** (exponent - 25));
  });
}
