/** A whole network, for a lesson: In [18] of the chapter. */
import { existsSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../errors';
import { loadKerasWeights } from '../network/kerasWeights';
import { slimModel } from '../network/slimModel';
import { downloadProgress } from '../commandLine/terminal';
import { type Vgg19Options, vgg19 } from '../network/vgg19';
import { SLIM_WEIGHTS_FILE, disposeSlim, loadSlimWeights } from '../network/vgg19SlimWeights';
import { downloadWeights, findWeights } from '../network/weights';

export interface LoadedModel {
  name: 'vgg19' | 'vgg19-slim';
  /** Its layers bear Keras's names, and their outputs have VGG19's channels. */
  model: tf.LayersModel;
  /** Which network it is and why, in a sentence. */
  choice: string;
}

/**
 * Loads a network with its weights. 'auto' takes VGG19 where its weights are on this machine or can be downloaded, else vgg19-slim, which
 * comes with the package.
 *
 * @throws UserError where the weights cannot be had; it says what to do
 */
export async function loadModel(
  network: 'auto' | LoadedModel['name'] = 'auto',
  options: Pick<Vgg19Options, 'pooling'> = {},
): Promise<LoadedModel> {
  if (network === 'vgg19-slim') return await slim('The network is vgg19-slim, as asked for.', options);
  if (network !== 'auto' && network !== 'vgg19') {
    throw new UserError(`Expected the network auto, vgg19 or vgg19-slim, but received '${String(network)}'.`);
  }
  let weights = findWeights(undefined)?.path;
  try {
    weights ??= await downloadWeights({ onProgress: downloadProgress(process.stdout) });
  } catch (error) {
    if (network === 'vgg19' || !existsSync(SLIM_WEIGHTS_FILE)) throw error;
    const why = (error as Error).message;
    return await slim(`The network is vgg19-slim, because VGG19's weights cannot be had: ${why}`, options);
  }
  const model = vgg19(options);
  await loadKerasWeights(model, weights);
  return {
    name: 'vgg19',
    model,
    choice: 'The network is VGG19, with the weights that it learned on ImageNet.',
  };
}

async function slim(choice: string, options: Pick<Vgg19Options, 'pooling'>): Promise<LoadedModel> {
  const parameters = await loadSlimWeights();
  const model = slimModel(parameters, options);
  disposeSlim(parameters);
  return { name: 'vgg19-slim', model, choice };
}
