import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../src/errors';
import { featureExtractor } from '../src/losses/features';
import { slimModel } from '../src/network/slimModel';
import { VGG19_WIDTHS, features } from '../src/network/vgg19';
import { convLayers, slimFeatures } from '../src/network/vgg19Slim';
import { loadModel } from '../src/notebook/model';
import { slimTensors } from '../src/train/parameters';
import { tinySlim } from './helpers/tinySlim';
import { tinyPicture } from './helpers/tinyVgg19';

describe('slimModel', () => {
  const layers = ['block1_conv1', 'block2_conv2', 'block5_conv2'];

  it("gives at VGG19's layers what the losses' own way through the network gives", async () => {
    await tf.setBackend('cpu');
    const { network, dispose } = slimTensors(tinySlim());
    const model = slimModel(network);
    const x = tinyPicture(37, 35, 3);
    const expected = slimFeatures(network, layers)(x);
    const actual = featureExtractor(features(model, layers))(x);
    for (const layer of layers) {
      assert.deepEqual(actual.activations(layer).shape, expected.activations(layer).shape);
      const [a, e] = [actual, expected].map((each) => each.activations(layer).dataSync<'float32'>()) as [
        Float32Array,
        Float32Array,
      ];
      const scale = Math.max(...e.map(Math.abs));
      a.forEach((value, i) => assert.ok(Math.abs(value - e[i]) < 1e-5 * scale, `${layer}[${i}]`));
    }
    dispose();
  });

  it("has a layer of each of VGG19's names, with its channels, after its own are disposed too", () => {
    const { network, dispose } = slimTensors(tinySlim());
    const model = slimModel(network, { pooling: 'avg' });
    dispose();
    for (const { name, filters } of convLayers(VGG19_WIDTHS)) {
      assert.equal(model.getLayer(name).outputShape.at(-1), filters);
    }
    const x = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
    assert.deepEqual(features(model, ['block5_conv4'])(x)['block5_conv4']?.shape, [1, 2, 2, 512]);
  });
});

describe('loadModel', () => {
  it('refuses a network that there is not', async () => {
    await assert.rejects(loadModel('vgg16' as never), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^There is no network 'vgg16'\. Choose auto or vgg19 or vgg19-slim\.$/);
      return true;
    });
  });
});
