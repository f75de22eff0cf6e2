/** The network as a whole, for a lesson: In [18] of the chapter. */
import type * as tf from '@tensorflow/tfjs';
import { loadKerasWeights } from './kerasWeights';
import { downloadProgress } from './terminal';
import { type Vgg19Options, vgg19 } from './vgg19';
import { downloadWeights, findWeights } from './weights';

export interface LoadedModel {
  name: 'vgg19';
  /** Its layers bear Keras's names, and their outputs have VGG19's channels. */
  model: tf.LayersModel;
  /** Which network it is, in a sentence. */
  choice: string;
}

/**
 * Loads the network of the lessons with its weights: VGG19's are looked for on this machine, then downloaded.
 *
 * @throws UserError where the weights cannot be had; it says what to do
 */
export async function loadModel(options: Pick<Vgg19Options, 'pooling'> = {}): Promise<LoadedModel> {
  const path =
    findWeights(undefined)?.path ?? (await downloadWeights({ onProgress: downloadProgress(process.stdout) }));
  const model = vgg19(options);
  await loadKerasWeights(model, path);
  return {
    name: 'vgg19',
    model,
    choice: 'The network is VGG19, with the weights that it learned on ImageNet.',
  };
}
