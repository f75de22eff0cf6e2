import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { UserError } from '../src/errors';
import type { FeatureExtractor } from '../src/losses/features';
import { gramMatrix } from '../src/losses/lossFunctions';
import { contentTerm, styleTerm } from '../src/losses/terms';
import { targetsOf, transferLoss } from '../src/losses/transferLoss';
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
      return Object.fromEntries(LAYERS.map((name) => [name, found.activations(name).shape]));
    });
    assert.deepEqual(activations, {
      block1_conv1: [37, 35, 64],
      block2_conv1: [18, 17, 128],
      block3_conv4: [9, 8, 256],
      block5_conv2: [2, 2, 512],
    });
  });

  it("gives the heads' Gram matrices exactly, biases included, without the heads' activations", () => {
    const features = slimFeatures(slim.network, LAYERS)(x);
    for (const layer of LAYERS) {
      const direct = gramMatrix(features.activations(layer)).dataSync<'float32'>();
      const largest = direct.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      features
        .gramMatrix(layer)
        .dataSync()
        .forEach((value, i) => {
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
      const features = slimFeatures(slim.network, ['block2_conv1'])(picture as tf.Tensor4D);
      return tf.sum<tf.Scalar>(tf.square(features.gramMatrix('block2_conv1')));
    });
    const eager = tf.tidy(() => gradient(x).dataSync());
    const compiled = await compile(gradient, x.shape, { threads: 1 });
    const { data } = await compiled(x);
    const largest = Math.max(...eager.map(Math.abs));
    eager.forEach((value, i) => assert.ok(Math.abs(value - data[i]) < 1e-4 * largest, `element ${i}`));
    await compiled.dispose();
  });

  it("serves the chapter's loss, by its Gram matrices as by its activations", () => {
    const terms = [
      contentTerm({ weight: 2, layers: { block4_conv2: 1 } }),
      styleTerm({ weight: 1, layers: { block2_conv1: 3, block5_conv1: 1 } }),
    ];
    const short = slimFeatures(slim.network, ['block2_conv1', 'block5_conv1', 'block4_conv2']);
    const long: FeatureExtractor = (picture) => {
      const { activations } = short(picture);
      return { activations, gramMatrix: (layer) => gramMatrix(activations(layer)) };
    };
    const losses = [short, long].map((extractor) =>
      tf.tidy(() => {
        const [content, style] = [tinyPicture(37, 35, 5), tinyPicture(37, 35, 6)];
        const targets = {
          ...targetsOf(terms, 'content', extractor)(content),
          ...targetsOf(terms, 0, extractor)(style),
        };
        return Object.values(transferLoss(terms, extractor, targets)(x)).map((term) => term.dataSync()[0]);
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
    assert.throws(
      () => slimFeatures(slim.network, ['block1_conv1', 'block4_pool']),
      /convolution layers only, not block4_pool\. /,
    );
  });
});
