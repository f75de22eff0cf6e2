/**
 * A canvas that reaches beyond the picture: what is painted in this margin is cut off. A network that surrounds every layer with zeros sees
 * a black frame beyond any border, and the optimiser paints against it: in the margin, where nobody sees it.
 */
import type { Mask } from '../losses/regions';
import type { Picture, Size } from '../picture/image';
import type { RgbValues } from '../picture/preprocess';

/** The size of the canvas for a picture of this size, with `margin` more pixels on each side. */
export function sizeWithMargin({ width, height }: Size, margin: number): Size {
  return { width: width + 2 * margin, height: height + 2 * margin };
}

/** The picture continued on the canvas as if there were mirrors at its borders. The outermost pixels are not repeated. */
export function withMargin(picture: Picture, margin: number): Picture {
  const size = sizeWithMargin(picture, margin);
  const data = new Uint8Array(3 * size.width * size.height);
  mirrored(picture, margin).forEach((from, to) =>
    data.set(picture.data.subarray(3 * from, 3 * from + 3), 3 * to),
  );
  return { ...size, data };
}

/** The same for a mask. */
export function maskWithMargin(mask: Mask, margin: number): Mask {
  const data = Float32Array.from(mirrored(mask, margin), (from) => mask.data[from]);
  return { ...sizeWithMargin(mask, margin), data };
}

/** The picture on a canvas, cut out. */
export function withoutMargin(canvas: RgbValues, margin: number): RgbValues {
  const size = sizeWithMargin(canvas, -margin);
  const data = new Float64Array(3 * size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const begin = 3 * ((y + margin) * canvas.width + margin);
    data.set(canvas.data.subarray(begin, begin + 3 * size.width), 3 * y * size.width);
  }
  return { ...size, data };
}

/** For each pixel of the canvas, row by row, the index of the pixel of the picture that it shows. */
function mirrored({ width, height }: Size, margin: number): Int32Array {
  const rows = mirroredLine(height, margin);
  const columns = mirroredLine(width, margin);
  const pixels = new Int32Array(rows.length * columns.length);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => (pixels[y * columns.length + x] = row * width + column)),
  );
  return pixels;
}

/** 2 1 | 0 1 2 | 1 0: there and back again, as often as the margin takes. */
function mirroredLine(length: number, margin: number): number[] {
  const last = length - 1;
  const there = (i: number) => (last === 0 ? 0 : Math.abs(i) % (2 * last));
  return Array.from({ length: length + 2 * margin }, (_, i) => last - Math.abs(last - there(i - margin)));
}
