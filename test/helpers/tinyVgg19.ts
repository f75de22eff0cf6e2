import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { featureExtractor } from '../../src/losses/features';
import type { OpenNetwork } from '../../src/network/network';
import { type Widths, features, vgg19 } from '../../src/network/vgg19';
import { saveImage } from '../../src/picture/save';
import { deprocess } from '../../src/picture/preprocess';

/** VGG19's form at a fraction of its width, so that tests need neither its weights nor seconds. */
export const TINY_WIDTHS = [
  [4, 4],
  [6, 6],
  [8, 8, 8, 8],
  [8, 8, 8, 8],
  [8, 8, 8, 8],
] as const;

export function tinyVgg19(seed = 1): tf.LayersModel {
  return seededVgg19(TINY_WIDTHS, seed);
}

/** VGG19's form with normal numbers for weights, scaled so that activations neither die nor grow from layer to layer. */
export function seededVgg19(widths: Widths, seed: number): tf.LayersModel {
  const model = vgg19({ widths });
  for (const [i, layer] of model.layers.entries()) {
    if (layer.getClassName() !== 'Conv2D') continue;
    const [kernel, bias] = layer.getWeights() as [tf.Tensor, tf.Tensor];
    const spread = Math.sqrt(2 / (9 * (kernel.shape[2] as number)));
    tf.tidy(() =>
      layer.setWeights([
        tf.randomNormal(kernel.shape, 0, spread, 'float32', seed * 1000 + i),
        tf.randomNormal(bias.shape, 0, 0.1, 'float32', seed * 1000 + 500 + i),
      ]),
    );
  }
  return model;
}

/** A smooth picture with some noise, in preprocess's form [1, height, width, 3]. */
export function tinyPicture(height: number, width: number, seed: number): tf.Tensor4D {
  return tf.tidy(() => {
    const rows = tf.range(0, height).reshape([1, height, 1, 1]);
    const columns = tf.range(0, width).reshape([1, 1, width, 1]);
    const phases = tf.tensor([0, 1, 2].map((channel) => channel + seed)).reshape([1, 1, 1, 3]);
    const waves = rows.mul(0.3).add(phases).sin().mul(columns.mul(0.2).add(phases).cos());
    return waves.mul(80).add<tf.Tensor4D>(tf.randomNormal([1, height, width, 3], 0, 10, 'float32', seed));
  });
}

/** The tiny network where a transfer expects VGG19. */
export const openTinyVgg19: OpenNetwork = ({ layers }) => {
  const model = tinyVgg19();
  return Promise.resolve({
    name: 'vgg19',
    choice: 'The network is a tiny VGG19.',
    weights: { path: 'seeded', md5: '0' },
    extractor: featureExtractor(features(model, layers)),
    dispose: () => void model.dispose(),
  });
};

/** Two pictures as PNG files of 40 x 32 pixels in a folder. */
export async function tinyPictures(folder: string): Promise<{ content: string; style: string }> {
  const files = { content: path.join(folder, 'content.png'), style: path.join(folder, 'style.png') };
  for (const [seed, file] of [files.content, files.style].entries()) {
    await saveImage(deprocess(tinyPicture(32, 40, seed + 1)), file);
  }
  return files;
}
