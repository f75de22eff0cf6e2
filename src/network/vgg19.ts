/** VGG19 without its top, as a tf.LayersModel with Keras's layer names: In [18] of the chapter; Simonyan and Zisserman 2014. */
import * as tf from '@tensorflow/tfjs';
import { closest } from '../closest';
import { UserError } from '../errors';

/** One layer after the input, as Keras orders and names them. */
export type LayerSpec = { name: string; kind: 'conv'; filters: number } | { name: string; kind: 'pool' };

/** Channels of each convolution, block by block. */
export type Widths = readonly (readonly number[])[];

export const VGG19_WIDTHS: Widths = [
  [64, 64],
  [128, 128],
  [256, 256, 256, 256],
  [512, 512, 512, 512],
  [512, 512, 512, 512],
];

/** The layers of a network of VGG19's form: block1_conv1, block1_conv2, block1_pool, ... block5_pool. */
export function vggLayers(widths: Widths = VGG19_WIDTHS): LayerSpec[] {
  return widths.flatMap((block, b): LayerSpec[] => [
    ...block.map((filters, i) => ({
      name: `block${b + 1}_conv${i + 1}`,
      kind: 'conv' as const,
      filters,
    })),
    { name: `block${b + 1}_pool`, kind: 'pool' },
  ]);
}

/** The names of the 16 convolutions, from the picture on. */
export function convolutionNames(): string[] {
  return vggLayers()
    .filter(({ kind }) => kind === 'conv')
    .map(({ name }) => name);
}

/**
 * The layers up to the deepest of those named.
 *
 * @throws UserError for a name that the network does not have; it lists those that it has, and says which is closest
 */
export function layersUpTo(names: readonly string[], widths?: Widths): LayerSpec[] {
  const layers = vggLayers(widths);
  const positions = names.map((name) => {
    const position = layers.findIndex((layer) => layer.name === name);
    if (position < 0) {
      throw unknownLayer(
        'VGG19',
        name,
        layers.map((layer) => layer.name),
      );
    }
    return position;
  });
  return layers.slice(0, Math.max(...positions) + 1);
}

function unknownLayer(network: string, name: string, known: string[]): UserError {
  const meant = closest(name, known);
  return new UserError(
    `There is no layer '${name}' in ${network}. The layers are ${known.join(', ')}` +
      (meant ? `; the closest is ${meant}.` : '.'),
  );
}

export interface Vgg19Options {
  /** The deepest layer that is built; default the whole network, block5_pool. */
  upTo?: string;
  /** The pooling between the blocks; the published network takes the maximum. */
  pooling?: 'max' | 'avg';
  /** Channels of each convolution; default VGG19's. */
  widths?: Widths;
}

/**
 * The network for pictures [batch, height, width, 3] (BGR minus ImageNet's means, as preprocess gives), all its weights zero until they
 * are loaded. `Object.fromEntries(model.layers.map((l) => [l.name, l.output]))` is the chapter's outputs_dict.
 *
 * @throws UserError for an unknown layer
 */
export function vgg19({ upTo = 'block5_pool', pooling = 'max', widths }: Vgg19Options = {}): tf.LayersModel {
  const input = tf.input({ shape: [null, null, 3], name: 'input_1' });
  const output = layersUpTo([upTo], widths).reduce((x, layer) => {
    if (layer.kind === 'conv') {
      const { name, filters } = layer;
      const conv = tf.layers.conv2d({
        name,
        filters,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: 'zeros',
      });
      return conv.apply(x) as tf.SymbolicTensor;
    }
    const window = { name: layer.name, poolSize: 2, strides: 2 } as const;
    const pool = pooling === 'max' ? tf.layers.maxPooling2d(window) : tf.layers.averagePooling2d(window);
    return pool.apply(x) as tf.SymbolicTensor;
  }, input);
  return tf.model({ name: 'vgg19', inputs: input, outputs: output });
}

/**
 * A function from a picture [1, height, width, 3] to its activations at the named layers, each [1, h, w, channels]. Only the layers up
 * to the deepest are computed. It is made of tfjs ops, so that it can be differentiated and compiled.
 *
 * @throws UserError for a layer that the model does not have; it lists those that it has
 */
export function features(
  model: tf.LayersModel,
  layerNames: readonly string[],
): (x: tf.Tensor4D) => Record<string, tf.Tensor4D> {
  const outputsDict = Object.fromEntries(model.layers.map((layer) => [layer.name, layer.output]));
  const asked = [...new Set(layerNames)];
  const outputs = asked.map((name) => {
    const output = outputsDict[name];
    if (!output) throw unknownLayer('the model', name, Object.keys(outputsDict));
    return output as tf.SymbolicTensor;
  });
  const extractor = tf.model({ inputs: model.inputs, outputs });
  return (x) => {
    const result = extractor.apply(x) as tf.Tensor4D | tf.Tensor4D[];
    const activations = Array.isArray(result) ? result : [result];
    return Object.fromEntries(asked.map((name, i) => [name, activations[i]]));
  };
}
