/** The weights file of vgg19-slim: safetensors with 8-bit numbers, in `models/`, so that the network is there without any download. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../errors';
import { PROJECT_FOLDER } from '../project';
import { type SafeTensor, type SafeTensors, readSafetensors, writeSafetensors } from './safetensors';
import { type SlimLayer, type SlimParameters, convLayers } from './vgg19Slim';

/** The file that comes with the package. */
export const SLIM_WEIGHTS_FILE = path.join(PROJECT_FOLDER, 'models', 'vgg19-slim.safetensors');

const PARTS = ['kernel', 'bias', 'head', 'headBias'] as const;
const MATRICES: readonly string[] = ['kernel', 'head'];

type Arrays = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/**
 * Kernels and heads as whole numbers from -127 to 127, with one float32 scale for each output channel (NAME/scale); biases as they are.
 *
 * @param parameters by layer/part
 */
export function quantised(parameters: Arrays): SafeTensors['tensors'] {
  const tensors: Record<string, SafeTensor> = {};
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    if (!MATRICES.includes(name.split('/')[1])) {
      tensors[name] = { shape, data };
      continue;
    }
    const channels = shape.at(-1) as number;
    const largest = new Float32Array(channels);
    data.forEach((x, i) => (largest[i % channels] = Math.max(largest[i % channels], Math.abs(x))));
    const scale = largest.map((x) => x / 127 || 1);
    tensors[name] = {
      shape,
      data: Int8Array.from(data, (x, i) => Math.round(x / scale[i % channels])),
    };
    tensors[`${name}/scale`] = { shape: [channels], data: scale };
  }
  return tensors;
}

/** The inverse of quantised, as exact as 8 bits are. */
export function dequantised(tensors: SafeTensors['tensors']): Arrays {
  const parameters: Record<string, Arrays[string]> = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (name.endsWith('/scale')) continue;
    const scale = tensors[`${name}/scale`]?.data;
    const float = Float32Array.from(data);
    parameters[name] = {
      shape,
      data: scale ? float.map((x, i) => x * scale[i % scale.length]) : float,
    };
  }
  return parameters;
}

/** Writes trained parameters, 8-bit. */
export async function saveSlimWeights(file: string, parameters: Arrays): Promise<void> {
  await writeSafetensors(file, { tensors: quantised(parameters), metadata: { network: 'vgg19-slim' } });
}

/**
 * The network's parameters from its weights file, as constant tensors. Dispose them with disposeSlim.
 *
 * @throws UserError where the file is missing, damaged, or not of this network
 */
export async function loadSlimWeights(file: string = SLIM_WEIGHTS_FILE): Promise<SlimParameters> {
  const { tensors } = await readSafetensors(file);
  const parameters = dequantised(tensors);
  let before = 3;
  const layers = convLayers().map(({ name, filters }) => {
    const parts = PARTS.map((part) => [part, parameters[`${name}/${part}`]] as const);
    const missing = parts.find(([, array]) => array === undefined);
    if (missing) throw otherNetwork(file, `it has no ${name}/${missing[0]}`);
    const channels = parameters[`${name}/bias`]?.shape[0];
    const expected = [[3, 3, before, channels], [channels], [channels, filters], [filters]];
    const came = parts.map(([, array]) => array?.shape.join(' x '));
    if (came.join() !== expected.map((shape) => shape.join(' x ')).join()) {
      throw otherNetwork(file, `${name} has the shapes ${came.join(', ')}`);
    }
    before = channels;
    const loaded = parts.map(([part, array]) => {
      const { data, shape } = array;
      return [part, tf.tensor(data, [...shape])];
    });
    return [name, Object.fromEntries(loaded) as SlimLayer] as const;
  });
  return Object.fromEntries(layers);
}

function otherNetwork(file: string, why: string): UserError {
  return new UserError(`${file} does not hold the weights of vgg19-slim: ${why}. Name another file.`);
}

/** Frees the network's tensors. */
export function disposeSlim(parameters: SlimParameters): void {
  for (const layer of Object.values(parameters)) tf.dispose(Object.values(layer) as tf.Tensor[]);
}
