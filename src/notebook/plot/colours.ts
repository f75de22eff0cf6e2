/** Numbers as pictures: a colour map for matrices, grey for feature maps. */
import type { NDArray } from '../../compile';
import { UserError } from '../../errors';
import type { Picture } from '../../picture/image';

/** What can be drawn: a tf.Tensor's arraySync-able values with their shape, or what a compiled function gives. */
export interface Matrix {
  shape: readonly number[];
  data: ArrayLike<number>;
}

/** A tensor of tfjs, as much of it as is needed here. */
export interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
}

/** The values of a tensor or array, those of dimensions of size 1 left out. */
export function matrixOf(values: TensorLike | NDArray | Matrix, dimensions: number): Matrix {
  const shape = values.shape.filter((size, axis) => size !== 1 || axis >= values.shape.length - dimensions);
  if (shape.length !== dimensions) {
    throw new UserError(
      `Values of the shape [${values.shape.join(', ')}] cannot be drawn here. Pass values with ${dimensions} dimensions.`,
    );
  }
  return { shape, data: 'dataSync' in values ? values.dataSync() : values.data };
}

/** Points of matplotlib's viridis (CC0, van der Walt and Smith), evenly spaced, between which colours are interpolated. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

/** The colour of a value from 0 to 1, dark to bright. */
export function viridis(value: number): [red: number, green: number, blue: number] {
  const position = Math.min(Math.max(value, 0), 1) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(position), VIRIDIS.length - 2);
  const [from, to] = [VIRIDIS[low], VIRIDIS[low + 1]] as const;
  const mix = (i: 0 | 1 | 2) =>
    Math.round((from?.[i] ?? 0) + ((to?.[i] ?? 0) - (from?.[i] ?? 0)) * (position - low));
  return [mix(0), mix(1), mix(2)];
}

/** A matrix [height, width] as a picture, each value placed on 0..1 by `place`. */
export function colourPicture({ shape, data }: Matrix, place: (value: number) => number): Picture {
  const [height, width] = shape as [number, number];
  const rgb = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) rgb.set(viridis(place(data[i])), i * 3);
  return { height, width, data: rgb };
}
