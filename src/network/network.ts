/** A network with its weights, for a transfer: it is built as deep as the layers that the losses use, and no deeper. */
import { UserError } from '../errors';
import { type BatchExtractor, type FeatureExtractor, batchExtractor, firstOf } from '../losses/features';
import type { Size } from '../picture/image';
import type { Settings } from '../settings';
import { type NetworkName, chooseNetwork } from './chooseNetwork';
import { type DownloadOptions, md5OfFile } from './download';
import { loadKerasWeights } from './kerasWeights';
import { features, layersUpTo, vgg19 } from './vgg19';
import { slimBatchFeatures } from './vgg19Slim';
import { disposeSlim, loadSlimWeights } from './vgg19SlimWeights';

export interface Network {
  name: NetworkName;
  /** Which network it is and why, in a sentence. */
  choice: string;
  weights: { path: string; md5: string };
  extractor: FeatureExtractor;
  /** Frees the weights. A compiled function keeps its own. */
  dispose(): void;
}

/** What is asked of a network. */
export interface NetworkRequest {
  network: Settings['network'];
  layers: readonly string[];
  /** The size of the pictures that it will see; with a function, the smallest of those at a layer. */
  size: Size | ((layer: string) => Size);
  /** The path of its weights; default: wherever they are found, else VGG19's download. */
  weights?: string;
  onDownload?: DownloadOptions['onProgress'];
  /** Ends a download; what has arrived is kept for the next one. */
  signal?: AbortSignal;
}

export type OpenNetwork = (request: NetworkRequest) => Promise<Network>;

/** The same network for several pictures at once. */
export type BatchNetwork = Omit<Network, 'extractor'> & { extractor: BatchExtractor };

/**
 * VGG19 with its ImageNet weights, or vgg19-slim.
 *
 * @throws UserError for an unknown layer, a picture too small for the deepest layer, and weights that cannot be found, downloaded or used
 */
export const openNetwork: OpenNetwork = async (request) => {
  const network = await openBatchNetwork(request);
  return { ...network, extractor: firstOf(network.extractor) };
};

/** The network for several pictures at once. Errors as openNetwork's. */
export async function openBatchNetwork({
  network,
  layers,
  size,
  weights,
  onDownload,
  signal,
}: NetworkRequest): Promise<BatchNetwork> {
  const deepest = deepestLayer(layers, size);
  const chosen = await chooseNetwork(network, { weights, onDownload, signal });
  const { name, choice, weights: path } = chosen;
  const about = { name, choice, weights: { path, md5: await md5OfFile(path) } };
  if (name === 'vgg19-slim') {
    const parameters = await loadSlimWeights(path);
    return {
      ...about,
      extractor: slimBatchFeatures(parameters, layers),
      dispose: () => disposeSlim(parameters),
    };
  }
  const model = vgg19({ upTo: deepest });
  await loadKerasWeights(model, path);
  return {
    ...about,
    extractor: batchExtractor(features(model, layers)),
    dispose: () => void model.dispose(),
  };
}

/** @throws UserError for an unknown layer, and a picture too small for one of the layers */
function deepestLayer(layers: readonly string[], size: NetworkRequest['size']): string {
  const needed = layersUpTo(layers);
  for (const layer of layers) {
    const pools = layersUpTo([layer]).filter(({ kind }) => kind === 'pool').length;
    const leastSide = 2 ** pools;
    const { width, height } = typeof size === 'function' ? size(layer) : size;
    if (Math.min(width, height) < leastSide) {
      throw new UserError(
        `The layer ${layer} needs at least ${leastSide} x ${leastSide} pixels, but it would see ${width} x ${height}. ` +
          'Raise the height, take a larger picture, or choose layers nearer to the picture.',
      );
    }
  }
  return needed.at(-1)?.name as string;
}
