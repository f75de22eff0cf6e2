/** A network as a transfer needs it: its activations at the layers that the losses use, no deeper, with its weights in place. */
import type { Features } from '../losses';
import { UserError } from '../errors';
import { md5OfFile } from './download';
import type { Size } from '../picture/image';
import { loadKerasWeights } from './kerasWeights';
import { features, layersUpTo, vgg19 } from './vgg19';
import { slimFeatures } from './vgg19Slim';
import { SLIM_WEIGHTS_FILE, disposeSlim, loadSlimWeights } from './vgg19SlimWeights';
import { downloadWeights, findWeights } from './weights';

export interface Network {
  name: string;
  weights: { path: string; md5: string };
  features: Features;
  /** Frees the weights. A compiled function keeps its own. */
  dispose(): void;
}

/** What a network is asked for. */
export interface NetworkRequest {
  layers: readonly string[];
  /** The size of the pictures that it will see. */
  size: Size;
  /** Where its weights are; default wherever they are found, else the download. */
  weights?: string;
  onDownload?: (progress: { received: number; total?: number }) => void;
}

export type OpenNetwork = (request: NetworkRequest) => Promise<Network>;

/**
 * VGG19 with its ImageNet weights: found on this machine, else downloaded.
 *
 * @throws UserError for an unknown layer, a picture too small for the deepest layer, and weights that cannot be had or used
 */
export const openVgg19: OpenNetwork = async ({ layers, size, weights, onDownload }) => {
  const deepest = deepestLayer(layers, size);
  const path = findWeights(weights)?.path ?? (await downloadWeights({ onProgress: onDownload }));
  const model = vgg19({ upTo: deepest });
  await loadKerasWeights(model, path);
  return {
    name: 'vgg19',
    weights: { path, md5: await md5OfFile(path) },
    features: features(model, layers),
    dispose: () => void model.dispose(),
  };
};

/**
 * vgg19-slim with the weights that come with the package, or another file of its kind.
 *
 * @throws UserError for an unknown layer, a picture too small for the deepest layer, and weights that cannot be used
 */
export const openVgg19Slim: OpenNetwork = async ({ layers, size, weights = SLIM_WEIGHTS_FILE }) => {
  deepestLayer(layers, size);
  const parameters = await loadSlimWeights(weights);
  return {
    name: 'vgg19-slim',
    weights: { path: weights, md5: await md5OfFile(weights) },
    features: slimFeatures(parameters, layers),
    dispose: () => disposeSlim(parameters),
  };
};

/** @throws UserError for an unknown layer, and a picture of which nothing is left there */
function deepestLayer(layers: readonly string[], { width, height }: Size): string {
  const needed = layersUpTo(layers);
  const deepest = needed.at(-1)?.name as string;
  const leastSide = 2 ** needed.filter(({ kind }) => kind === 'pool').length;
  if (Math.min(width, height) < leastSide) {
    throw new UserError(
      `Expected at least ${leastSide} x ${leastSide} pixels for the layer ${deepest}, ` +
        `but the result has ${width} x ${height}; raise the height, or choose layers nearer to the picture.`,
    );
  }
  return deepest;
}
