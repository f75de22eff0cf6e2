/** Square parts of photographs, which a network is trained on. */
import type { Picture } from '../picture/image';
import type { Random } from '../train/random';

/** The largest window, in sides of the crop: its pixels are averages of so many squared. */
const MOST_ZOOM = 1.8;

/**
 * A square window of a random place and size, brought to size x size by averages, and turned left to right half of the time.
 *
 * @param picture of at least size x size pixels
 * @returns RGB, 0 to 255, row-major [size, size, 3]
 */
export function randomCrop(picture: Picture, size: number, random: Random): Float32Array {
  const shorter = Math.min(picture.width, picture.height);
  const window = Math.min(size * MOST_ZOOM ** random.next(), shorter);
  const left = random.next() * (picture.width - window);
  const top = random.next() * (picture.height - window);
  return resampled(picture, { left, top, window, size, isMirrored: random.next() < 0.5 });
}

/** The middle square of a picture at its full height or width, as randomCrop gives it. */
export function middleCrop(picture: Picture, size: number): Float32Array {
  const { width, height } = picture;
  const window = Math.min(width, height);
  const [left, top] = [(width - window) / 2, (height - window) / 2];
  return resampled(picture, { left, top, window, size, isMirrored: false });
}

/** A square picture [size, size, 3], turned left to right. */
export function mirrored(picture: Float32Array, size: number): Float32Array {
  return picture.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const column = pixel % size;
    return picture[3 * (pixel - column + size - 1 - column) + channel];
  });
}

interface Window {
  left: number;
  top: number;
  /** Its side, in the picture's pixels. */
  window: number;
  size: number;
  isMirrored: boolean;
}

function resampled(
  { width, height, data }: Picture,
  { left, top, window, size, isMirrored }: Window,
): Float32Array {
  const rows = shares(top, window, size, height);
  const columns = shares(left, window, size, width);
  const crop = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let [red, green, blue] = [0, 0, 0];
      for (const [row, rowShare] of rows[y]) {
        for (const [column, columnShare] of columns[isMirrored ? size - 1 - x : x]) {
          const share = rowShare * columnShare;
          const at = 3 * (row * width + column);
          red += share * data[at];
          green += share * data[at + 1];
          blue += share * data[at + 2];
        }
      }
      crop.set([red, green, blue], 3 * (y * size + x));
    }
  }
  return crop;
}

/** For each pixel of the crop, along one axis: which of the picture's pixels it covers, and each one's share of it. */
function shares(begin: number, window: number, size: number, end: number): (readonly [number, number])[][] {
  const step = window / size;
  return Array.from({ length: size }, (_, i) => {
    const [from, to] = [begin + i * step, begin + (i + 1) * step];
    const covered: [number, number][] = [];
    for (let pixel = Math.floor(from); pixel < Math.min(to, end); pixel++) {
      const part = Math.min(to, pixel + 1) - Math.max(from, pixel);
      if (part > 1e-9) covered.push([pixel, part / step]);
    }
    return covered;
  });
}
