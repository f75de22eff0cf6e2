import * as tf from '@tensorflow/tfjs';
import { VGG19_WIDTHS, type Widths } from '../../src/network/vgg19';
import { convLayers } from '../../src/network/vgg19Slim';
import { type Parameters, parameter } from '../../src/train/parameters';
import { TINY_SLIM_WIDTHS } from './tinyTraining';

/** Random parameters of a network of vgg19-slim's form whose heads give `channels`. */
export function tinySlim(widths: Widths = TINY_SLIM_WIDTHS, channels: Widths = VGG19_WIDTHS): Parameters {
  const parameters: Parameters = {};
  let seed = 1;
  const normal = (shape: number[], spread: number) =>
    parameter(
      shape,
      tf.tidy(() => tf.randomNormal(shape, 0, spread, 'float32', seed++).dataSync<'float32'>()),
    );
  let before = 3;
  const targets = convLayers(channels);
  for (const [i, { name, filters }] of convLayers(widths).entries()) {
    const to = targets[i]?.filters;
    parameters[`${name}/kernel`] = normal([3, 3, before, filters], Math.sqrt(2 / (9 * before)));
    parameters[`${name}/bias`] = normal([filters], 0.1);
    parameters[`${name}/head`] = normal([filters, to], 1);
    parameters[`${name}/headBias`] = normal([to], 1);
    before = filters;
  }
  return parameters;
}
