/** A whole network, for a lesson: In [18] of the chapter. */
import type * as tf from '@tensorflow/tfjs';
import { downloadProgress } from '../commandLine/terminal';
import { type NetworkName, chooseNetwork } from '../network/chooseNetwork';
import { loadKerasWeights } from '../network/kerasWeights';
import { slimModel } from '../network/slimModel';
import { type Vgg19Options, vgg19 } from '../network/vgg19';
import { disposeSlim, loadSlimWeights } from '../network/vgg19SlimWeights';
import type { Settings } from '../settings';

export interface LoadedModel {
  name: NetworkName;
  /** Its layers bear Keras's names, and their outputs have VGG19's channels. */
  model: tf.LayersModel;
  /** Which network it is and why, in a sentence. */
  choice: string;
}

export interface LoadModelOptions extends Pick<Vgg19Options, 'pooling'> {
  /** Stops a download. */
  signal?: AbortSignal;
}

/**
 * Loads a network with its weights. 'auto' takes VGG19 where its weights are on this machine or can be downloaded, else vgg19-slim, which
 * comes with the package.
 *
 * @throws UserError where the weights cannot be found or downloaded; it says what to do. The signal's reason when that is aborted
 */
export async function loadModel(
  network: Settings['network'] = 'auto',
  { signal, ...options }: LoadModelOptions = {},
): Promise<LoadedModel> {
  const { name, weights, choice } = await chooseNetwork(network, {
    onDownload: downloadProgress(process.stdout),
    signal,
  });
  if (name === 'vgg19-slim') {
    const parameters = await loadSlimWeights(weights);
    const model = slimModel(parameters, options);
    disposeSlim(parameters);
    return { name, model, choice };
  }
  const model = vgg19(options);
  await loadKerasWeights(model, weights);
  return { name, model, choice };
}
