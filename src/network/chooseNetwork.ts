/** Which network a transfer or a lesson gets: VGG19 or vgg19-slim, and where its weights are. */
import { UserError } from '../errors';
import { SETTINGS, type Settings } from '../settings';
import type { DownloadOptions } from './download';
import { SLIM_WEIGHTS_FILE } from './vgg19SlimWeights';
import { downloadWeights, findWeights } from './weights';

export type NetworkName = Exclude<Settings['network'], 'auto'>;

export interface NetworkChoice {
  name: NetworkName;
  /** The path of its weights. */
  weights: string;
  /** Which network it is and why, in a sentence. */
  choice: string;
}

/**
 * Chooses, and downloads VGG19's weights where they are asked for and not on this machine yet.
 *
 * @param weights a file of the network's weights; with auto they are VGG19's
 * @throws UserError where the weights that were asked for cannot be had; it says what to do
 */
export async function chooseNetwork(
  network: Settings['network'],
  {
    weights,
    onDownload,
  }: { weights?: string; onDownload?: DownloadOptions['onProgress']; signal?: AbortSignal } = {},
): Promise<NetworkChoice> {
  const { read, expected } = SETTINGS.network.kind;
  if (!read(network)) {
    throw new UserError(`Expected the network to be ${expected}, but received '${String(network)}'.`);
  }
  if (network === 'vgg19-slim') {
    return {
      name: network,
      weights: weights ?? SLIM_WEIGHTS_FILE,
      choice: 'The network is vgg19-slim, as asked for.',
    };
  }
  const found = findWeights(weights)?.path;
  if (found) return vgg19(found, 'on this machine');
  try {
    return vgg19(await downloadWeights({ onProgress: onDownload }), 'downloaded');
  } catch (error) {
    if (network === 'vgg19' || !(error instanceof UserError)) throw error;
    return {
      name: 'vgg19-slim',
      weights: SLIM_WEIGHTS_FILE,
      choice: `The network is vgg19-slim, because VGG19's weights cannot be had: ${error.message}`,
    };
  }
}

function vgg19(weights: string, state: string): NetworkChoice {
  return { name: 'vgg19', weights, choice: `The network is VGG19, whose weights are ${state}.` };
}
