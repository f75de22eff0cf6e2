/** A whole network, for a lesson: In [18] of the chapter. */
import type * as tf from '@tensorflow/tfjs';
import { downloadProgress } from '../commandLine/terminal';
import { type NetworkName, chooseNetwork } from '../network/chooseNetwork';
import { loadKerasWeights } from '../network/kerasWeights';
import { slimModel } from '../network/slimModel';
import { type Vgg19Options, features, vgg19 } from '../network/vgg19';
import { disposeSlim, loadSlimWeights } from '../network/vgg19SlimWeights';
import { featureExtractor } from '../losses/features';
import { md5OfFile } from '../network/download';
import type { OpenNetwork } from '../network/network';
import type { Settings } from '../settings';

export interface LoadedModel {
  name: NetworkName;
  /** Its layers bear Keras's names, and their outputs have VGG19's channels. */
  model: tf.LayersModel;
  /** Which network it is and why, in a sentence. */
  choice: string;
  /** The model as a transfer takes a network; the transfer leaves the model as it is. */
  open: OpenNetwork;
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
  const model =
    name === 'vgg19-slim' ? await loadSlimModel(weights, options) : await loadVgg19(weights, options);
  const md5 = await md5OfFile(weights);
  const open: OpenNetwork = ({ layers }) =>
    Promise.resolve({
      name,
      choice,
      weights: { path: weights, md5 },
      extractor: featureExtractor(features(model, layers)),
      dispose: () => undefined,
    });
  return { name, model, choice, open };
}

async function loadSlimModel(
  weights: string,
  options: Pick<Vgg19Options, 'pooling'>,
): Promise<tf.LayersModel> {
  const parameters = await loadSlimWeights(weights);
  const model = slimModel(parameters, options);
  disposeSlim(parameters);
  return model;
}

async function loadVgg19(weights: string, options: Pick<Vgg19Options, 'pooling'>): Promise<tf.LayersModel> {
  const model = vgg19(options);
  await loadKerasWeights(model, weights);
  return model;
}
