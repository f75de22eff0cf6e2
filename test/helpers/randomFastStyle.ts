/** A fast style network of random numbers with two styles, and pictures for it. */
import * as tf from '@tensorflow/tfjs';
import { compile } from '../../src/compile';
import { ARCHITECTURES, type ArchitectureName, styleLength } from '../../src/fastStyle/architecture';
import { initialParameters } from '../../src/fastStyle/initial';
import type { FastStyleModel } from '../../src/fastStyle/modelFile';
import { stylise } from '../../src/fastStyle/network';
import type { Picture, Size } from '../../src/picture/image';
import { Random } from '../../src/train/random';

export function randomModel(architecture: ArchitectureName): FastStyleModel {
  const random = new Random(5, 1);
  const vector = () =>
    Float32Array.from(
      { length: styleLength(ARCHITECTURES[architecture]) },
      () => 0.7 + 0.5 * random.normal(),
    );
  return {
    architecture,
    parameters: initialParameters(ARCHITECTURES[architecture], 1),
    styles: { one: vector(), two: vector() },
    metadata: { licence: 'CC0', training: 'none' },
  };
}

/** Noise over waves. */
export function randomPicture(height: number, width: number): Picture {
  const random = new Random(height, width);
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const wave = 100 + 60 * Math.sin(i / 40) + 30 * Math.sin(i / (7 * width));
    return wave + 20 * random.normal();
  });
  return { width, height, data };
}

/** A picture's levels as floats, pixel by pixel. */
export function levels({ data }: { data: ArrayLike<number> }): Float32Array<ArrayBuffer> {
  return Float32Array.from(data);
}

/** Pixels [height, width, 3] as planes [3, height, width]. */
export function planes(pixels: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const size = pixels.length / 3;
  return Float32Array.from(pixels, (_, i) => pixels[(i % size) * 3 + Math.floor(i / size)]);
}

/** What `stylise` makes of a picture, traced: clipped, as planes. */
export async function stylised(
  { architecture, parameters }: FastStyleModel,
  style: Float32Array,
  picture: Size & { data: ArrayLike<number> },
): Promise<Float32Array> {
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
  );
  const vector = tf.tensor2d(style, [1, style.length]);
  const run = (x: tf.Tensor4D) =>
    tf.clipByValue(stylise(ARCHITECTURES[architecture], tensors, vector, x), 0, 255);
  const compiled = await compile(run, [1, picture.height, picture.width, 3]);
  const { data } = await compiled(levels(picture));
  await compiled.dispose();
  tf.dispose([tensors, vector]);
  return planes(data);
}
