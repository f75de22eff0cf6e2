/** The chapter's variables: the picture's own values. */
import { IMAGENET_MEANS_BGR } from '../picture/preprocess';
import type { Size } from '../picture/image';
import type { Variables } from './variables';

/** The picture's values, kept displayable, so that what is optimised is what is saved. */
export function pixels(size: Size): Variables {
  const free = freePixels(size);
  return { ...free, bounds: displayable(free.length) };
}

/** The picture's values, without bounds, as in the chapter: values outside of 0 to 255 are cut off on saving. */
export function freePixels({ height, width }: Size): Variables {
  return {
    length: height * width * 3,
    picture: (z) => z.reshape([1, height, width, 3]),
    from: (x) => new Float64Array(x),
    bounds: null,
  };
}

/** Bounds for n values [height, width, 3] in VGG19's form: those that a screen can show, 0..255 minus each channel's mean. */
export function displayable(n: number): { lower: Float64Array; upper: Float64Array } {
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    lower[i] = -IMAGENET_MEANS_BGR[(i % 3) as 0 | 1 | 2];
    upper[i] = lower[i] + 255;
  }
  return { lower, upper };
}
