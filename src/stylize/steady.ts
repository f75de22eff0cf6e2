/**
 * Keeps what stands still in a film still in its painting. A network paints each frame for itself, and a little noise in a frame can move
 * its strokes. So where a pixel of the film has hardly changed since the frame before, its painting stays mostly what it was.
 */
import type { Picture } from '../picture/image';

/** How much is held by default: a flicker falls to a fifth. */
export const STEADY = 0.8;

/** The change of a pixel's brightness, in levels of 255, at which two thirds of the hold are lost: above noise, below most motion. */
const MOTION = 8;

/**
 * A function that takes the frames of one film in order, each with its painting, and returns the painting to show.
 *
 * @param hold how much of the painting before a pixel that stands still keeps: 0 for none, below 1
 */
export function steadyPaintings(hold: number): (frame: Picture, painting: Picture) => Picture {
  let before: { brightness: Float32Array; shown: Float32Array } | undefined;
  return ({ width, height, data }, painting) => {
    const brightness = smoothed(luminance(data), width, height);
    const shown = Float32Array.from(painting.data);
    if (before?.shown.length === shown.length) {
      for (let pixel = 0; pixel < brightness.length; pixel++) {
        const change = (brightness[pixel] - before.brightness[pixel]) / MOTION;
        const kept = hold * Math.exp(-change * change);
        for (let i = 3 * pixel; i < 3 * pixel + 3; i++) shown[i] += kept * (before.shown[i] - shown[i]);
      }
    }
    before = { brightness, shown };
    // Assigning to a Uint8ClampedArray rounds.
    return { ...painting, data: new Uint8Array(Uint8ClampedArray.from(shown).buffer) };
  };
}

/** Rec. 709. */
function luminance(data: Uint8Array): Float32Array {
  const y = new Float32Array(data.length / 3);
  for (let i = 0, pixel = 0; pixel < y.length; i += 3, pixel++) {
    y[pixel] = 0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2];
  }
  return y;
}

/** The mean of each pixel's 3 x 3 neighbours, so that a camera's noise is no motion. */
function smoothed(values: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(values.length);
  const means = new Float32Array(values.length);
  const within = (i: number, end: number) => Math.min(Math.max(i, 0), end - 1);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const row = y * width;
      rows[i] = values[row + within(x - 1, width)] + values[i] + values[row + within(x + 1, width)];
    }
  }
  for (let y = 0, i = 0; y < height; y++) {
    const [above, below] = [within(y - 1, height) * width, within(y + 1, height) * width];
    for (let x = 0; x < width; x++, i++) means[i] = (rows[above + x] + rows[i] + rows[below + x]) / 9;
  }
  return means;
}
