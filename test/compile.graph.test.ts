import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { deepestLast, executionOrder } from '../src/compile/executionOrder';
import { type Node, type Value, opCounts, sizeOf } from '../src/compile/graph';
import { graphMemory } from '../src/compile/memory';
import { optimise } from '../src/compile/passes';
import { trace } from '../src/compile/trace';
import { leaves } from '../src/compile/tree';

function isValue(node: unknown): node is Value {
  return typeof node === 'object' && node !== null && 'dtype' in node;
}

/** The nodes that a traced function leaves after pruning, before any pass. */
async function nodesOf(fn: (...inputs: tf.Tensor[]) => tf.Tensor, ...shapes: number[][]): Promise<Node[]> {
  const { graph, result } = await trace(fn, shapes);
  return graph.reachable(leaves(result, isValue));
}

function ops(nodes: Node[]): string[] {
  return nodes.map(({ op }) => op);
}

describe('what compile records', () => {
  const [height, width, channels] = [8, 6, 4];
  let filter: tf.Tensor4D;
  let bias: tf.Tensor1D;
  before(async () => {
    await tf.setBackend('cpu');
    filter = tf.randomNormal([3, 3, 3, channels], 0, 1, 'float32', 1);
    bias = tf.randomNormal([channels], 0, 1, 'float32', 2);
  });
  const conv = (x: tf.Tensor) =>
    tf.fused.conv2d({ x: x as tf.Tensor4D, filter, bias, strides: 1, pad: 'same', activation: 'relu' });
  const gramMatrix = (x: tf.Tensor) => {
    const features = x
      .squeeze([0])
      .transpose([2, 0, 1])
      .reshape([channels, height * width]);
    return tf.matMul(features, features.transpose());
  };
  const loss = (x: tf.Tensor) => gramMatrix(conv(x)).square().sum<tf.Scalar>();

  it('leaves out the gradient for the filter, which nobody asked for', async () => {
    const nodes = await nodesOf(tf.grad(loss), [1, height, width, 3]);
    assert.equal(ops(nodes).filter((op) => op === 'Conv').length, 2);
    assert.ok(!ops(nodes).includes('MatMul'));
  });

  it('turns no feature map round, forward or backward, once the passes are over', async () => {
    const { graph, result } = await trace(tf.grad(loss), [[1, height, width, 3]]);
    const optimised = optimise({ graph, outputs: leaves(result, isValue) }, 'cpu');
    const nodes = optimised.graph.reachable(optimised.outputs);
    const turned = nodes.filter(
      ({ op, inputs, outputs }) =>
        op === 'Transpose' &&
        !inputs[0]?.constant &&
        inputs[0]?.node?.op !== 'Slice' &&
        sizeOf(outputs[0].dims) >= height * width * channels,
    );
    assert.deepEqual(turned, []);
  });

  it('records the same operation on the same values once', async () => {
    const nodes = await nodesOf((x) => tf.exp(x).add(tf.exp(x)).mul(tf.exp(x)), [3]);
    assert.deepEqual(ops(nodes), ['Exp', 'Add', 'Mul']);
  });

  it('records nothing for transposes, squeezes and broadcasts that cancel or wait', async () => {
    const nodes = await nodesOf((x) => x.transpose().expandDims(0).squeeze([0]).transpose().exp(), [3, 4]);
    assert.deepEqual(ops(nodes), ['Exp']);
  });

  it('counts the memory that is alive at once', async () => {
    const { graph, result } = await trace((x) => x.exp().sin().cos().sum(), [[1000]]);
    const { constants, peak } = graphMemory({ graph, outputs: leaves(result, isValue) });
    // An element-wise node's input and output, of 4000 bytes each; the small constants are an axis and a shape.
    assert.equal(peak, 8000);
    assert.ok(constants < 100);
  });

  it('counts a reshaped value once', async () => {
    const { graph, result } = await trace(
      (x) =>
        x
          .exp()
          .reshape([10, 100])
          .transpose()
          .matMul(tf.ones([10, 1])),
      [[1000]],
    );
    assert.ok(graphMemory({ graph, outputs: leaves(result, isValue) }).peak <= 8000 + 400);
  });

  it('puts what is quickly made before what comes of a long chain, so that ONNX Runtime makes it later', async () => {
    const { graph, result } = await trace((x) => x.exp().sin().cos().abs().mul(x.exp().neg()), [[3]]);
    const computation = { graph, outputs: leaves(result, isValue) };
    assert.deepEqual(ops(graph.nodes), ['Exp', 'Sin', 'Cos', 'Abs', 'Neg', 'Mul']);
    const ordered = deepestLast(computation);
    assert.deepEqual(ops(ordered.graph.nodes), ['Exp', 'Sin', 'Neg', 'Cos', 'Abs', 'Mul']);
    assert.deepEqual(opCounts(ordered), opCounts(computation));
    assert.deepEqual(ops(executionOrder(computation)), ['Exp', 'Sin', 'Cos', 'Abs', 'Neg', 'Mul']);
  });
});
