/**
 * A side of a picture in overlapping windows. Near a cut the network sees zeros that are not in the picture, so each layer's positions are
 * shared out among the windows: every position belongs to exactly one, which has all the pixels that it sees. Sums over positions then add
 * up to those of the whole picture.
 */
import { type Reach, positionsOf } from './reach';

/** A side of so many pixels in windows of one length, so that one compiled function serves them all. */
export interface Side {
  pixels: number;
  length: number;
  /** The first begins at 0 and the last ends with the picture. All are multiples of the strides, where the layers' positions lie. */
  starts: readonly number[];
}

/** Positions of a layer, from `begin` up to and without `end`. */
export interface Span {
  begin: number;
  end: number;
}

/**
 * Cuts a side into windows of about `tile` pixels, or longer where the layers see farther than that.
 *
 * @param reaches of the layers that are compared
 */
export function sideInWindows(pixels: number, tile: number, reaches: readonly Reach[]): Side {
  const stride = Math.max(...reaches.map((reach) => reach.stride));
  const overlap = Math.max(...reaches.map((reach) => reach.before + reach.after + reach.stride));
  const most = Math.max(tile, 2 * overlap);
  if (pixels <= most) return { pixels, length: pixels, starts: [0] };
  const count = Math.ceil((pixels - overlap) / (most - overlap));
  // The last window's start must be a multiple of the stride, too.
  for (let length = overlap + ((pixels - overlap) % stride); length < pixels; length += stride) {
    const steps = (pixels - length) / stride;
    const starts = Array.from(
      { length: count },
      (_, i) => stride * Math.round((i * steps) / Math.max(1, count - 1)),
    );
    const isWide = starts.every((start, i) => i === 0 || starts[i - 1] + length - start >= overlap);
    if (isWide && starts.at(-1) === pixels - length) return { pixels, length, starts };
  }
  return { pixels, length: pixels, starts: [0] };
}

/** The positions of a layer that count in a window, among those of the whole picture. */
export function spanOf(side: Side, window: number, reach: Reach): Span {
  return { begin: border(side, window, reach), end: border(side, window + 1, reach) };
}

/** The first position that belongs to this window and not to the one before: in the middle of those that both see in full. */
function border({ pixels, length, starts }: Side, window: number, reach: Reach): number {
  const { stride, before, after } = reach;
  if (window === 0) return 0;
  if (window === starts.length) return positionsOf(pixels, reach);
  const first = Math.ceil((starts[window] + before) / stride);
  const last = Math.floor((starts[window - 1] + length - 1 - after) / stride) + 1;
  return Math.floor((first + last) / 2);
}
