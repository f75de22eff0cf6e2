/**
 * A ReLU's mask, 1 where x > 0 and else 0, in one pass over the elements: a comparison and a selection are two. The ReLU's output is asked
 * where there is one, not its input, so that a convolution and its ReLU can be one node.
 */
import type { Computation, Value } from '../graph';
import { numberOf, rewrite, sameDims } from './rewrite';

/** The largest float32: times any normal number above 0 it is more than 1. */
const STEEP = 3.4028234663852886e38;

/** Where(Greater(x, 0), 1, 0) becomes HardSigmoid, min(1, max(0, STEEP x)). */
export function reluMasks(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, outputs: [result] }) => {
    if (op !== 'Where') return undefined;
    const [condition, one, zero] = inputs as [Value, Value, Value];
    const [x, bound] = condition.node?.op === 'Greater' ? (condition.node.inputs as [Value, Value]) : [];
    if (!x || !bound || x.dtype !== 'float32' || !sameDims(x, result)) return undefined;
    if (numberOf(bound) !== 0 || numberOf(one) !== 1 || numberOf(zero) !== 0) return undefined;
    const asked = graph.find('Relu', [x]) ?? x;
    const attributes = { alpha: { float: STEEP }, beta: { float: 0 } };
    return [graph.add('HardSigmoid', [asked], x.dims, attributes)];
  });
}
