import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { UserError } from '../src/errors';
import {
  type Features,
  type LossWeights,
  contentTargets,
  gramMatrix,
  styleTargets,
  transferLoss,
} from '../src/losses';
import { VGG19_WIDTHS } from '../src/network/vgg19';
import { SLIM_WIDTHS, convLayers, slimActivations, slimFeatures, slimInput } from '../src/network/vgg19Slim';
import { slimTensors } from '../src/train/parameters';
import { tinySlim } from './helpers/tinySlim';
import { tinyPicture } from './helpers/tinyVgg19';

const LAYERS = ['block1_conv1', 'block2_conv1', 'block3_conv4', 'block5_conv2'];

describe('vgg19-slim', () => {
  let slim: ReturnType<typeof slimTensors>;
  let x: tf.Tensor4D;
  before(async () => {
    await tf.setBackend('cpu');
    slim = slimTensors(tinySlim());
    x = tinyPicture(37, 35, 3);
  });
  after(() => {
    slim.dispose();
    x.dispose();
  });

  it('has the blocks and layers of VGG19, narrower', () => {
    const names = convLayers(SLIM_WIDTHS).map(({ name }) => name);
    assert.deepEqual(
      names,
      convLayers(VGG19_WIDTHS).map(({ name }) => name),
    );
    assert.equal(names.length, 16);
    convLayers(SLIM_WIDTHS).forEach(({ filters }, i) => {
      assert.ok(filters < convLayers()[i]?.filters);
    });
  });

  it('gives activations of the shapes of VGG19, for sizes that 16 does not divide', () => {
    const activations = tf.tidy(() => {
      const found = slimFeatures(slim.network, LAYERS)(x);
      return Object.fromEntries(Object.entries(found).map(([name, { shape }]) => [name, shape]));
    });
    assert.deepEqual(activations, {
      block1_conv1: [1, 37, 35, 64],
      block2_conv1: [1, 18, 17, 128],
      block3_conv4: [1, 9, 8, 256],
      block5_conv2: [1, 2, 2, 512],
    });
  });

  it("gives the heads' Gram matrices exactly, biases included, without the heads' activations", () => {
    const features = slimFeatures(slim.network, LAYERS)(x);
    const grams = slimFeatures(slim.network, LAYERS).withGramMatrices(x).gramMatrices;
    for (const layer of LAYERS) {
      const direct = gramMatrix(tf.squeeze(features[layer], [0])).dataSync<'float32'>();
      const largest = direct.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      grams[layer].dataSync().forEach((value, i) => {
        const expected = direct[i];
        assert.ok(Math.abs(value - expected) < 1e-5 * largest, `${layer} ${i}: ${expected}, came ${value}`);
      });
    }
  });

  it('gives each layer the activations of the one before it', () => {
    const [input, before] = tf.tidy(() => {
      const { block2_conv2 } = slimActivations(slim.network, x, ['block2_conv2']);
      const pooled = tf.maxPool(block2_conv2, 2, 2, 'valid');
      return [slimInput(slim.network, x, 'block3_conv1').dataSync(), pooled.dataSync()];
    });
    assert.deepEqual(input, before);
    assert.equal(slimInput(slim.network, x, 'block1_conv1'), x);
  });

  it('has the gradient of a Gram matrix, compiled as eager', async () => {
    const gradient = tf.grad((picture: tf.Tensor) => {
      const network = slimFeatures(slim.network, ['block2_conv1']);
      const { gramMatrices } = network.withGramMatrices(picture as tf.Tensor4D);
      return tf.sum<tf.Scalar>(tf.square(gramMatrices.block2_conv1));
    });
    const eager = tf.tidy(() => gradient(x).dataSync());
    const compiled = await compile(gradient, x.shape, { threads: 1 });
    const { data } = await compiled(x);
    const largest = Math.max(...eager.map(Math.abs));
    eager.forEach((value, i) => assert.ok(Math.abs(value - data[i]) < 1e-4 * largest, `element ${i}`));
    await compiled.dispose();
  });

  it("serves the chapter's loss, by its Gram matrices as by its activations", () => {
    const weights: LossWeights = {
      content: { block4_conv2: 2 },
      style: { block2_conv1: 3, block5_conv1: 1 },
      totalVariation: 1,
    };
    const short = slimFeatures(slim.network, ['block2_conv1', 'block5_conv1', 'block4_conv2']);
    const long: Features = (picture) => short(picture);
    const losses = [short, long].map((features) =>
      tf.tidy(() => {
        const [content, style] = [tinyPicture(37, 35, 5), tinyPicture(37, 35, 6)];
        const targets = {
          content: contentTargets(features, weights)(content),
          style: styleTargets(features, weights)(style),
        };
        const parts = transferLoss(features, targets, weights)(x);
        return [parts.content, parts.style].map((part) => part.dataSync()[0]);
      }),
    ) as [number[], number[]];
    losses[0].forEach((loss, i) => {
      const expected = losses[1][i];
      assert.ok(expected > 0 && Math.abs(loss - expected) < 1e-4 * expected, `${loss} and ${expected}`);
    });
  });

  it('refuses a layer that VGG19 does not have', () => {
    assert.throws(() => slimFeatures(slim.network, ['block6_conv1']), UserError);
  });

  it('refuses a layer that pools', () => {
    assert.throws(() => slimFeatures(slim.network, ['block1_conv1', 'block4_pool']), /received block4_pool/);
  });
});
