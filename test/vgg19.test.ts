import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../src/errors';
import { loadKerasWeights } from '../src/network/kerasWeights';
import { features, vgg19, vggLayers } from '../src/network/vgg19';
import { TINY_WEIGHTS, TINY_WIDTHS, assertSummary, picture, summaries } from './fixtures/vgg19/reference';

describe('vgg19', () => {
  before(() => tf.setBackend('cpu'));

  it("has Keras's layers, names and parameters", () => {
    const model = vgg19();
    assert.equal(model.layers.length, 22);
    assert.equal(model.countParams(), 20_024_384, "as Keras's model.summary() prints without the top");
    const outputsDict = Object.fromEntries(model.layers.map((layer) => [layer.name, layer.output]));
    const output = outputsDict.block5_conv2 as tf.SymbolicTensor;
    assert.deepEqual(output.shape, [null, null, null, 512]);
    assert.deepEqual(Object.keys(outputsDict), ['input_1', ...vggLayers().map(({ name }) => name)]);
    model.dispose();
  });

  it('prints a summary', () => {
    const lines: string[] = [];
    const model = vgg19({ upTo: 'block1_pool' });
    model.summary(undefined, undefined, (line: string) => lines.push(line));
    assert.match(lines.join('\n'), /block1_conv2 \(Conv2D\) .*\[null,null,null,64\]\s+36928/);
    model.dispose();
  });

  it('is built no deeper than asked', () => {
    const model = vgg19({ upTo: 'block4_conv1' });
    assert.equal(model.layers.at(-1)?.name, 'block4_conv1');
    model.dispose();
  });

  it('says which layers there are where one does not exist', () => {
    const refused = (layer: string, message: RegExp) =>
      assert.throws(
        () => vgg19({ upTo: layer }),
        (error: Error) => error instanceof UserError && message.test(error.message),
      );
    refused('conv', /^There is no layer 'conv' in VGG19\. The layers are block1_conv1, .*block5_pool\.$/);
    refused('block5_conv22', /block5_pool; the closest is block5_conv2\.$/);
    refused('Block3conv1', /; the closest is block3_conv1\.$/);
    const model = vgg19({ upTo: 'block1_pool' });
    assert.throws(() => features(model, ['block2_conv1']), UserError);
    model.dispose();
  });

  it('gives a layer once that is named twice, and computes no deeper than the deepest', async () => {
    const model = vgg19({ widths: TINY_WIDTHS });
    const names = ['block2_conv1', 'block1_conv1', 'block2_conv1'];
    const { result, kernels } = await tf.profile(() => features(model, names)(picture(8, 8)));
    assert.deepEqual(
      Object.entries(result as Record<string, tf.Tensor>).map(([name, { shape }]) => [name, shape]),
      [
        ['block2_conv1', [1, 4, 4, 3]],
        ['block1_conv1', [1, 8, 8, 2]],
      ],
    );
    assert.equal(kernels.filter(({ name }) => name === 'FusedConv2D').length, 3);
    model.dispose();
  });

  it('computes what PyTorch computes from the same weights, layer by layer', async () => {
    const reference = summaries('tiny.json');
    const model = vgg19({ widths: TINY_WIDTHS });
    await loadKerasWeights(model, TINY_WEIGHTS);
    const layers = vggLayers().map(({ name }) => name);
    const activations = features(model, layers)(picture(37, 35));
    for (const layer of layers) assertSummary(layer, activations[layer], reference[layer]);
  });

  it('takes averages between the blocks where asked to', async () => {
    const model = vgg19({ widths: TINY_WIDTHS, pooling: 'avg' });
    await loadKerasWeights(model, TINY_WEIGHTS);
    const { block5_pool } = features(model, ['block5_pool'])(picture(37, 35));
    assertSummary('averaged', block5_pool, summaries('tiny.json')['block5_pool, averaged']);
  });
});
