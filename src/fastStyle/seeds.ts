/**
 * Faint noise under a picture, from which strokes grow. A network paints the same over all of a flat sky, or a regular hatching, because
 * nothing there tells one place from another; the noise does. Texture networks take it as an input for the same reason (Ulyanov, Lebedev,
 * Vedaldi and Lempitsky 2016, "Texture Networks").
 */
import type { Size } from '../picture/image';
import { Random } from '../train/random';

/** Pixels between the noise's independent values, octave by octave: as large as strokes are. */
const SPACINGS = [4, 8, 16];
/** The standard deviation of those values, in levels. Between them they are interpolated, which makes all octaves together about 5. */
const DEVIATION = 4;

/**
 * Noise of mean 0 in levels, one number for each pixel, row by row. The same seed and size give the same noise, so that the frames of a
 * film have the same strokes where they stand still.
 */
export function seedNoise(height: number, width: number, seed: number): Float32Array {
  const noise = new Float32Array(height * width);
  for (const spacing of SPACINGS) {
    const columns = Math.floor((width - 1) / spacing) + 2;
    const rows = Math.floor((height - 1) / spacing) + 2;
    const random = new Random(seed, 6, spacing);
    const lattice = Float32Array.from({ length: rows * columns }, () => DEVIATION * random.normal());
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / spacing) * columns;
      const down = (y % spacing) / spacing;
      for (let x = 0; x < width; x++) {
        const at = row + Math.floor(x / spacing);
        const right = (x % spacing) / spacing;
        const above = lattice[at] + right * (lattice[at + 1] - lattice[at]);
        const below = lattice[at + columns] + right * (lattice[at + columns + 1] - lattice[at + columns]);
        noise[y * width + x] += above + down * (below - above);
      }
    }
  }
  return noise;
}

/** A picture's levels [height, width, 3] with noise added, the same in all channels. */
export function seeded(levels: ArrayLike<number>, noise: Float32Array): Float32Array {
  const sum = new Float32Array(levels.length);
  for (let pixel = 0, i = 0; pixel < noise.length; pixel++) {
    for (const end = i + 3; i < end; i++) sum[i] = levels[i] + noise[pixel];
  }
  return sum;
}

/**
 * The noise that pictures get before they are painted. The frames of a film have one size, and the same noise, which is computed once.
 */
export function noiseOfPictures(): (size: Size) => Float32Array {
  let last: Size & { noise: Float32Array } = { width: 0, height: 0, noise: new Float32Array() };
  return ({ width, height }) => {
    const isKnown = last.width === width && last.height === height;
    if (!isKnown) last = { width, height, noise: seedNoise(height, width, 0) };
    return last.noise;
  };
}
