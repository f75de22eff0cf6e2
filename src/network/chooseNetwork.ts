/** Which network a transfer or a lesson gets: VGG19 or vgg19-slim, and where its weights are. */
import { UserError } from '../errors';
import { SETTINGS, type Settings } from '../settings';
import type { DownloadOptions } from './download';
import { SLIM_WEIGHTS_FILE } from './vgg19SlimWeights';
import { assertWeightsFile, downloadWeights, findWeights } from './weights';

export type NetworkName = Exclude<Settings['network'], 'auto'>;

export interface NetworkChoice {
  name: NetworkName;
  /** The path of its weights. */
  weights: string;
  /** Which network it is and why, in a sentence. */
  choice: string;
}

export interface ChoiceOptions {
  /** A file of the network's weights; with auto they are VGG19's. */
  weights?: string;
  onDownload?: DownloadOptions['onProgress'];
  /** Stops a download. */
  signal?: AbortSignal;
}

/**
 * Chooses a network, and downloads VGG19's weights if they are wanted and not on this machine yet.
 *
 * @throws UserError where the weights that were asked for cannot be found or downloaded; it says what to do. The signal's reason,
 * unchanged, when the signal is aborted: an aborted download never leads to the other network
 */
export async function chooseNetwork(
  network: Settings['network'],
  { weights, onDownload, signal }: ChoiceOptions = {},
): Promise<NetworkChoice> {
  const { kind } = SETTINGS.network;
  if (!kind.read(network)) {
    throw new UserError(`There is no network '${String(network)}'. Choose ${kind.expected}.`);
  }
  if (network === 'vgg19-slim') {
    if (weights !== undefined) assertWeightsFile(weights);
    return {
      name: network,
      weights: weights ?? SLIM_WEIGHTS_FILE,
      choice: 'The network is vgg19-slim, as asked for.',
    };
  }
  const found = findWeights(weights)?.path;
  if (found) return vgg19(found, 'on this machine');
  try {
    return vgg19(await downloadWeights({ onProgress: onDownload, signal }), 'downloaded');
  } catch (error) {
    if (signal?.aborted || network === 'vgg19' || !(error instanceof UserError)) throw error;
    return {
      name: 'vgg19-slim',
      weights: SLIM_WEIGHTS_FILE,
      choice: `The network is vgg19-slim, because VGG19's weights are not here. ${error.message}`,
    };
  }
}

function vgg19(weights: string, state: string): NetworkChoice {
  return { name: 'vgg19', weights, choice: `The network is VGG19, whose weights are ${state}.` };
}
