/**
 * vgg19-slim: VGG19's blocks and layer names at about a quarter of its width. Every convolution layer has a head, a matrix and a bias
 * that map its activations linearly to VGG19's own channels at that layer, so that losses keep their layers, scales and weights.
 */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../errors';
import { type BatchExtractor, type FeatureExtractor, eachPicture, firstOf, once } from '../losses/features';
import { guided } from '../losses/regions';
import { type LayerSpec, type Widths, layersUpTo, vggLayers } from './vgg19';

/**
 * Channels of each convolution. Multiples of 16, because ONNX Runtime's blocked convolutions compute that many in any case. Nearly all of
 * the chapter's loss lies at block4_conv1, so the blocks before it are wide, except the first, which has many pixels. To make up for that,
 * the blocks after it are narrow.
 */
export const SLIM_WIDTHS: Widths = [
  [16, 16],
  [48, 80],
  [96, 96, 96, 112],
  [224, 128, 96, 96],
  [192, 192, 64, 64],
];

/** The parameters of one convolution layer and of its head. */
export interface SlimLayer {
  /** [3, 3, channels before, channels] */
  kernel: tf.Tensor4D;
  /** [channels] */
  bias: tf.Tensor1D;
  /** [channels, VGG19's channels] */
  head: tf.Tensor2D;
  /** [VGG19's channels] */
  headBias: tf.Tensor1D;
}

/** By layer name: block1_conv1 to block5_conv4, or as deep as they go. */
export type SlimParameters = Readonly<Record<string, SlimLayer>>;

export type ConvSpec = Extract<LayerSpec, { kind: 'conv' }>;

/** The convolution layers of a network of VGG19's form, from the picture on. */
export function convLayers(widths?: Widths): ConvSpec[] {
  return vggLayers(widths).filter((layer) => layer.kind === 'conv');
}

/**
 * The network's own activations, after ReLU, before the heads.
 *
 * @param x pictures [batch, height, width, 3] (BGR minus ImageNet's means)
 * @param layers names; nothing deeper than the deepest is computed
 * @returns by name [batch, h, w, channels]
 * @throws UserError for a name that VGG19 does not have
 */
export function slimActivations(
  parameters: SlimParameters,
  x: tf.Tensor4D,
  layers: readonly string[],
): Record<string, tf.Tensor4D> {
  const activations: Record<string, tf.Tensor4D> = {};
  run(parameters, x, layersUpTo(layers), (name, activation) => (activations[name] = activation));
  return Object.fromEntries(layers.map((name) => [name, activations[name]]));
}

/** The input of the named layer: the activations [batch, h, w, channels] of the layer before it, pooled or not, or the picture. */
export function slimInput(parameters: SlimParameters, x: tf.Tensor4D, layer: string): tf.Tensor4D {
  return run(parameters, x, layersUpTo([layer]).slice(0, -1));
}

function run(
  parameters: SlimParameters,
  x: tf.Tensor4D,
  layers: readonly LayerSpec[],
  onActivation?: (name: string, activation: tf.Tensor4D) => void,
): tf.Tensor4D {
  return layers.reduce((input, { name, kind }) => {
    if (kind === 'pool') return tf.maxPool(input, 2, 2, 'valid');
    const { kernel, bias } = parameters[name];
    const activation = tf.relu<tf.Tensor4D>(tf.add(tf.conv2d(input, kernel, 1, 'same'), bias));
    onActivation?.(name, activation);
    return activation;
  }, x);
}

/**
 * VGG19's activations, as the layer's head estimates them.
 *
 * @param activations the network's own [1, h, w, channels]
 * @returns [1, h, w, VGG19's channels]
 */
export function throughHead(activations: tf.Tensor4D, { head, headBias }: SlimLayer): tf.Tensor4D {
  const [, height, width] = activations.shape;
  const mapped = tf.add(tf.matMul(head, featureRows(activations), true, false), headBias.reshape([-1, 1]));
  return mapped.reshape([1, -1, height, width]).transpose([0, 2, 3, 1]);
}

/**
 * The Gram matrix of the head's output, from the Gram matrix of the network's own activations. With the constant 1 as one more
 * channel f1 the head is one matrix A1, and the Gram matrix of A1'f1 is A1'(f1 f1')A1. This is exact, and it applies the head to a matrix
 * instead of a whole feature map.
 *
 * @param activations the network's own [1, h, w, channels]
 * @param guide how much each position counts, [h, w], from 0 to 1; default: all of them
 * @returns [VGG19's channels, VGG19's channels]
 */
export function gramThroughHead(
  activations: tf.Tensor4D,
  { head, headBias }: SlimLayer,
  guide?: tf.Tensor2D,
): tf.Tensor2D {
  const [, height, width] = activations.shape;
  const features = featureRows(guide ? guided(activations, guide) : activations);
  // The products of the constant channel with the others, and with itself. They come before the large product, so that the two terms of its
  // gradient meet and are computed as one.
  const sums = guide
    ? tf.matMul(features, tf.sqrt(guide).reshape<tf.Tensor2D>([height * width, 1]))
    : tf.sum(features, 1, true);
  const gram = tf.matMul(features, features, false, true);
  const pixels = guide ? tf.sum(guide).reshape([1, 1]) : tf.fill([1, 1], height * width);
  const withConstant = tf.concat([tf.concat([gram, sums], 1), tf.concat([sums.transpose(), pixels], 1)], 0);
  const affine = tf.concat([head, headBias.reshape([1, -1])], 0);
  return tf.matMul(tf.matMul(affine, withConstant as tf.Tensor2D, true, false), affine);
}

/**
 * The network in the form that losses use: from a picture [1, height, width, 3] to estimates of VGG19's activations at the named layers,
 * and to their Gram matrices without computing those activations.
 *
 * @throws UserError for a layer that VGG19 does not have, and for a pooling layer, because only convolution layers have heads
 */
export function slimFeatures(parameters: SlimParameters, layers: readonly string[]): FeatureExtractor {
  return firstOf(slimBatchFeatures(parameters, layers));
}

/** The same for several pictures at once. */
export function slimBatchFeatures(parameters: SlimParameters, layers: readonly string[]): BatchExtractor {
  const pool = layersUpTo(layers).find(({ name, kind }) => kind === 'pool' && layers.includes(name));
  if (pool) {
    throw new UserError(
      `vgg19-slim gives convolution layers only, not ${pool.name}. ` +
        'Choose a layer such as block4_conv2, or the network vgg19.',
    );
  }
  return (x) =>
    eachPicture(x.shape[0], slimActivations(parameters, x, layers), (own) => {
      const at = (name: string) => [own(name), parameters[name]] as const;
      const whole = once((name) => gramThroughHead(...at(name)));
      return {
        activations: once((name) => throughHead(...at(name)).squeeze<tf.Tensor3D>([0])),
        gramMatrix: (name, guide) => (guide ? gramThroughHead(...at(name), guide) : whole(name)),
      };
    });
}

/** Each channel as one row [channels, h w]. */
function featureRows(activations: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activations.shape;
  return activations.transpose([0, 3, 1, 2]).reshape([channels, height * width]);
}
