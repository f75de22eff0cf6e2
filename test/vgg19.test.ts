import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../src/errors';
import { loadKerasWeights } from '../src/kerasWeights';
import { features, vgg19, vggLayers } from '../src/vgg19';
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
    const message = /received 'block6_conv1'; there are block1_conv1, .*block5_pool/;
    assert.throws(() => vgg19({ upTo: 'block6_conv1' }), message);
    const model = vgg19({ upTo: 'block1_pool' });
    assert.throws(() => features(model, ['block6_conv1']), UserError);
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
