import * as tf from '@tensorflow/tfjs';
import { compile } from '../../src/compile';
import { loadKerasWeights } from '../../src/network/kerasWeights';
import { features, vgg19, vggLayers } from '../../src/network/vgg19';
import { assertSummary, picture, summaries } from '../fixtures/vgg19/reference';
import { realWeights } from './shared';

describe('VGG19 with its real weights', () => {
  const layers = vggLayers().map(({ name }) => name);
  const reference = summaries('activations.json');

  it('computes what PyTorch computes, layer by layer, eagerly and compiled', async function () {
    const weights = realWeights(this);
    await tf.setBackend('cpu');
    const model = vgg19();
    await loadKerasWeights(model, weights);
    const x = picture(64, 48);
    const eager = features(model, layers)(x);
    for (const layer of layers) assertSummary(layer, eager[layer], reference[layer]);

    const compiled = await compile(features(model, layers), x.shape);
    const results = await compiled(x);
    for (const layer of layers) {
      const { data, shape } = results[layer];
      assertSummary(`${layer}, compiled`, tf.tensor(data, [...shape]), reference[layer]);
    }
    await compiled.dispose();
  });
});
