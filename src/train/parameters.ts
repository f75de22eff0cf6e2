/** A network's parameters as named arrays: what the optimiser changes, a checkpoint keeps and a compiled function takes as inputs. */
import * as tf from '@tensorflow/tfjs';
import type { SlimLayer, SlimParameters } from '../network/vgg19Slim';

export interface Parameter {
  shape: readonly number[];
  data: Float32Array;
}

/** By name: layer/part, such as block1_conv1/kernel, with SlimLayer's parts. */
export type Parameters = Record<string, Parameter>;

export function parameter(shape: readonly number[], data: ArrayLike<number>): Parameter {
  return { shape, data: Float32Array.from(data) };
}

/** Tensors that are listed in the order of `names` (layer/part), as the network takes them. */
export function slimParameters(names: readonly string[], tensors: readonly tf.Tensor[]): SlimParameters {
  const layers: Record<string, Record<string, tf.Tensor>> = {};
  names.forEach((name, i) => {
    const [layer, part] = name.split('/') as [string, string];
    (layers[layer] ??= {})[part] = tensors[i];
  });
  return layers as unknown as Record<string, SlimLayer>;
}

/** The parameters as constant tensors, for a function that closes over them. */
export function slimTensors(parameters: Parameters): { network: SlimParameters; dispose: () => void } {
  const tensors = Object.values(parameters).map(({ data, shape }) => tf.tensor(data, [...shape]));
  return {
    network: slimParameters(Object.keys(parameters), tensors),
    dispose: () => void tf.dispose(tensors),
  };
}
