/** vgg19-slim as a tf.LayersModel, for whoever wants to look at its layers. */
import * as tf from '@tensorflow/tfjs';
import { type LayerSpec, type Vgg19Options, vggLayers } from './vgg19';
import type { SlimParameters } from './vgg19Slim';

/**
 * The network with its heads. The layers that bear VGG19's names (block1_conv1 ... block5_conv4) are the heads, so that their outputs
 * are what VGG19's would be, and `features` and outputsDict serve both networks; the narrow layers between end in `_slim`.
 *
 * @param parameters from loadSlimWeights; the model keeps copies
 * @returns a model of pictures [batch, height, width, 3] (BGR minus ImageNet's means)
 */
export function slimModel(
  parameters: SlimParameters,
  { pooling = 'max' }: Pick<Vgg19Options, 'pooling'> = {},
): tf.LayersModel {
  const input = tf.input({ shape: [null, null, 3], name: 'input_1' });
  const heads: tf.SymbolicTensor[] = [];
  let x = input;
  for (const layer of vggLayers()) {
    if (layer.kind === 'pool') {
      const window = { name: `${layer.name}_slim`, poolSize: 2, strides: 2 } as const;
      x = (pooling === 'max' ? tf.layers.maxPooling2d(window) : tf.layers.averagePooling2d(window)).apply(
        x,
      ) as tf.SymbolicTensor;
    } else {
      const { bias } = parameters[layer.name];
      x = convolution(`${layer.name}_slim`, bias.size, 3, 'relu').apply(x) as tf.SymbolicTensor;
      heads.push(convolution(layer.name, layer.filters, 1, 'linear').apply(x) as tf.SymbolicTensor);
    }
  }
  const model = tf.model({ name: 'vgg19-slim', inputs: input, outputs: heads });
  for (const { name } of vggLayers().filter(isConvolution)) {
    const { kernel, bias, head, headBias } = parameters[name];
    model.getLayer(`${name}_slim`).setWeights([kernel, bias]);
    const [from, to] = head.shape;
    const kernel1x1 = tf.reshape(head, [1, 1, from, to]);
    model.getLayer(name).setWeights([kernel1x1, headBias]);
    kernel1x1.dispose();
  }
  return model;
}

function isConvolution(layer: LayerSpec): boolean {
  return layer.kind === 'conv';
}

function convolution(name: string, filters: number, kernelSize: number, activation: 'relu' | 'linear') {
  return tf.layers.conv2d({
    name,
    filters,
    kernelSize,
    padding: 'same',
    activation,
    kernelInitializer: 'zeros',
  });
}
