import path from 'node:path';
import { type LayerSpec, vggLayers } from '../../src/network/vgg19';

/**
 * Writes a weights file of VGG19's full size, in Keras's layout, whose numbers are random: what the lessons do with it means nothing, but
 * everything runs. The numbers are scaled so that activations neither die nor grow from layer to layer.
 */
export async function writeStandInWeights(folder: string): Promise<string> {
  const h5 = await import('h5wasm/node');
  await h5.ready;
  const file = path.join(folder, 'stand-in.h5');
  const opened = new h5.File(file, 'w');
  const layers = vggLayers();
  opened.create_attribute('layer_names', ['input_1', ...layers.map(({ name }) => name)]);
  let channels = 3;
  let seed = 1;
  // Numerical Recipes' generator: uniform in -1..1, whose variance is 1/3.
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) | 0) / 2 ** 31;
  for (const layer of layers.filter(isConvolution)) {
    const { name, filters } = layer;
    const group = opened.create_group(name);
    const size = 9 * channels * filters;
    const spread = Math.sqrt((3 * 2) / (9 * channels));
    const kernel = Float32Array.from({ length: size }, () => random() * spread);
    group.create_dataset({ name: `${name}_W_1:0`, data: kernel, shape: [3, 3, channels, filters] });
    group.create_dataset({ name: `${name}_b_1:0`, data: new Float32Array(filters), shape: [filters] });
    group.create_attribute('weight_names', [`${name}_W_1:0`, `${name}_b_1:0`]);
    channels = filters;
  }
  opened.close();
  return file;
}

function isConvolution(layer: LayerSpec): layer is Extract<LayerSpec, { kind: 'conv' }> {
  return layer.kind === 'conv';
}
