/** Where VGG19's weights come from, and how they get into the model: In [18] of the chapter, weights='imagenet'. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { UserError } from '../errors';
import { type DownloadOptions, download } from './download';

/** Keras's own file, without the top. */
export const WEIGHTS_FILE = 'vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5';
export const WEIGHTS_MD5 = '253f8cb515780f3b799900260a226db6';
const WEIGHTS_HOST = 'https://storage.googleapis.com/tensorflow/keras-applications/vgg19';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The project's own folder for downloads: WHEATFIELD_CACHE, or a folder in the system's place for caches. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.WHEATFIELD_CACHE) return env.WHEATFIELD_CACHE;
  if (env.XDG_CACHE_HOME) return path.join(env.XDG_CACHE_HOME, 'wheatfield');
  if (process.platform === 'win32' && env.LOCALAPPDATA) {
    return path.join(env.LOCALAPPDATA, 'wheatfield', 'cache');
  }
  const caches = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
  return path.join(homedir(), ...caches, 'wheatfield');
}

export interface FoundWeights {
  path: string;
  origin: 'path' | 'environment' | 'cache' | 'keras';
}

/**
 * Looks for the weights on this machine: an explicit path, the environment variable WHEATFIELD_WEIGHTS, the project's cache, Keras's own
 * cache (KERAS_HOME or ~/.keras). Undefined where there are none.
 *
 * @throws UserError where a path was given in either way, and no file is there
 */
export function findWeights(
  explicit: string | undefined,
  env: Environment = process.env,
): FoundWeights | undefined {
  for (const [given, origin, name] of [
    [explicit, 'path', 'the path given'],
    [env.WHEATFIELD_WEIGHTS, 'environment', 'the environment variable WHEATFIELD_WEIGHTS'],
  ] as const) {
    if (!given) continue;
    assertWeightsFile(given, name);
    return { path: given, origin };
  }
  const cached = path.join(cacheFolder(env), WEIGHTS_FILE);
  if (existsSync(cached)) return { path: cached, origin: 'cache' };
  const keras = path.join(env.KERAS_HOME || path.join(homedir(), '.keras'), 'models', WEIGHTS_FILE);
  if (existsSync(keras)) return { path: keras, origin: 'keras' };
  return undefined;
}

/**
 * @param name what the path comes from, for the message
 * @throws UserError where no file is there
 */
export function assertWeightsFile(file: string, name = 'the path given'): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) return;
  const problem = found ? 'is a folder or a device, not a file' : 'does not exist';
  throw new UserError(`The weights file ${file} ${problem}. Change ${name}.`);
}

/** Where the download comes from: Keras's storage host, or the address in WHEATFIELD_MIRROR. */
export function weightsUrl(env: Environment = process.env): string {
  return `${(env.WHEATFIELD_MIRROR || WEIGHTS_HOST).replace(/\/+$/, '')}/${WEIGHTS_FILE}`;
}

/**
 * Downloads the weights into the project's cache and returns their path.
 *
 * @throws UserError where they cannot be downloaded; it says where to put the file by hand. The signal's reason when that is aborted
 */
export async function downloadWeights(
  options: Partial<DownloadOptions> = {},
  env: Environment = process.env,
): Promise<string> {
  const file = path.join(cacheFolder(env), WEIGHTS_FILE);
  try {
    await download(weightsUrl(env), file, { md5: WEIGHTS_MD5, ...options });
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof UserError)) throw error;
    throw new UserError(
      `${error.message} Fetch that file by other means and put it at ${file}, or name it with --weights or in ` +
        'WHEATFIELD_WEIGHTS.',
      { cause: error },
    );
  }
  return file;
}
