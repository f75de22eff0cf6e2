/**
 * ReLU's mask of a feature map from the matrix that its Gram matrix takes, not from the map itself. ONNX Runtime keeps maps between direct
 * convolutions in blocks of channels. The matrix is a plain copy of such a map; a mask of the map would become a second one.
 */
import type { Computation, Value } from '../graph';
import { reshaped } from '../view';
import { rewrite } from './rewrite';

/** HardSigmoid of what a Reshape takes, too. */
export function plainMasks(computation: Computation): Computation {
  /** The first reshape of each value. */
  const reshapes = new Map<Value, Value>();
  return rewrite(computation, (graph, { op, inputs, outputs, attributes }) => {
    const [x] = inputs as [Value];
    if (op === 'Reshape' && !reshapes.has(x)) reshapes.set(x, outputs[0]);
    const matrix = reshapes.get(x);
    if (op !== 'HardSigmoid' || !matrix) return undefined;
    return [reshaped(graph, graph.add('HardSigmoid', [matrix], matrix.dims, attributes), x.dims)];
  });
}
