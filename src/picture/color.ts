/**
 * Whose colours the result has: the style picture's, or the content picture's, by its distribution of colours or pixel by pixel.
 *
 * Source: Gatys, Ecker, Bethge, Hertzmann and Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer", and its code,
 * ColourControl.ipynb in leongatys/NeuralImageSynthesis. Both compute with sRGB's own values, not with linear light, and so does this.
 */
import type { Picture } from './image';

/** style: as the style picture has it; content: the style picture is recoloured first; luminance: the content picture's chroma is kept. */
export type ColorChoice = 'style' | 'content' | 'luminance';

/** Shares of red, green and blue in luminance (the Y of YIQ, ITU-R BT.601). */
const LUMINANCE = [0.299, 0.587, 0.114] as const;
/** Added to each channel's variance, for values from 0 to 1, so that a grey picture has an inverse too. */
const EPSILON = 1e-5;

/** A picture's distribution of colours, for values from 0 to 1. */
interface ColorStatistics {
  mean: number[];
  /** In rows, with EPSILON added to each variance. */
  covariance: number[][];
}

/**
 * The picture with its colours moved so that their mean and covariance are those of another picture. Of all linear maps that do this, it
 * is the one that moves the colours least (the source's mode 'sym': Monge-Kantorovich).
 *
 * @param reference of any size
 * @returns a picture of the first one's size, with values beyond 0 to 255 cut off
 */
export async function matchColors(picture: Picture, reference: Picture): Promise<Picture> {
  const own = colorStatistics(picture);
  const wanted = colorStatistics(reference);
  const { colorMap } = await import('./colorMap.js');
  const [r, g, b] = colorMap(own.covariance, wanted.covariance);
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const red = picture.data[i] / 255 - own.mean[0];
    const green = picture.data[i + 1] / 255 - own.mean[1];
    const blue = picture.data[i + 2] / 255 - own.mean[2];
    data[i] = 255 * (r[0] * red + r[1] * green + r[2] * blue + wanted.mean[0]);
    data[i + 1] = 255 * (g[0] * red + g[1] * green + g[2] * blue + wanted.mean[1]);
    data[i + 2] = 255 * (b[0] * red + b[1] * green + b[2] * blue + wanted.mean[2]);
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

/** The picture in grey: each pixel's luminance, three times. */
export function luminancePicture(picture: Picture): Picture {
  return greyPicture(picture, luminances(picture.data));
}

/**
 * The picture in grey, with the mean and standard deviation of another picture's luminance.
 *
 * @param reference of any size
 */
export function matchLuminance(picture: Picture, reference: Picture): Picture {
  const levels = luminances(picture.data);
  const own = spread(levels);
  const wanted = spread(luminances(reference.data));
  const scale = own.deviation === 0 ? 0 : wanted.deviation / own.deviation;
  return greyPicture(
    picture,
    levels.map((level) => (level - own.mean) * scale + wanted.mean),
  );
}

/**
 * The colours of one picture in the light of another: each pixel gets the luminance of `light` and the chroma (the I and Q of YIQ) of
 * `chroma`. Where both together cannot be shown, the chroma fades and the luminance stays.
 *
 * @param light red, green and blue from 0 to 255, row by row; values beyond are cut off
 * @param chroma the same for a picture of the same size
 * @returns values from 0 to 255, not rounded
 */
export function combineLuminance(light: ArrayLike<number>, chroma: ArrayLike<number>): Float64Array {
  const rgb = new Float64Array(light.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const luminance = Math.min(Math.max(luminanceAt(light, i), 0), 255);
    const own = luminanceAt(chroma, i);
    let share = 1;
    for (let channel = 0; channel < 3; channel++) {
      const difference = chroma[i + channel] - own;
      const room = difference > 0 ? 255 - luminance : luminance;
      if (share * Math.abs(difference) > room) share = room / Math.abs(difference);
    }
    for (let channel = 0; channel < 3; channel++) {
      rgb[i + channel] = luminance + share * (chroma[i + channel] - own);
    }
  }
  return rgb;
}

function luminanceAt(rgb: ArrayLike<number>, i: number): number {
  return LUMINANCE[0] * rgb[i] + LUMINANCE[1] * rgb[i + 1] + LUMINANCE[2] * rgb[i + 2];
}

function luminances(rgb: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rgb.length / 3 }, (_, pixel) => luminanceAt(rgb, 3 * pixel));
}

function greyPicture({ width, height }: Picture, levels: Float64Array): Picture {
  const data = new Uint8ClampedArray(levels.length * 3);
  levels.forEach((level, pixel) => data.fill(level, 3 * pixel, 3 * pixel + 3));
  return { width, height, data: new Uint8Array(data.buffer) };
}

function spread(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

function colorStatistics({ data }: Picture): ColorStatistics {
  const pixels = data.length / 3;
  const mean = [0, 0, 0];
  for (let i = 0; i < data.length; i++) mean[i % 3] += data[i] / 255 / pixels;
  const sums = mean.map(() => [0, 0, 0]);
  for (let i = 0; i < data.length; i += 3) {
    for (let row = 0; row < 3; row++) {
      const difference = data[i + row] / 255 - mean[row];
      for (let column = 0; column <= row; column++) {
        sums[row][column] += difference * (data[i + column] / 255 - mean[column]);
      }
    }
  }
  const covariance = sums.map((row, i) =>
    row.map((_, j) => sums[Math.max(i, j)][Math.min(i, j)] / pixels + (i === j ? EPSILON : 0)),
  );
  return { mean, covariance };
}
