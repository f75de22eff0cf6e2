/**
 * A ReLU before a max pooling, backwards, on the maxima alone: mask(x) * unpool(dy) = unpool(mask(maxima of x) * dy). With windows of
 * 2 x 2 that is a quarter of the elements.
 */
import type { Computation, Graph, Node, Value } from '../graph';
import { rewrite } from './rewrite';

/** Mul of a MaxUnpool and the HardSigmoid of what was pooled. */
export function pooledMasks(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs }) => {
    if (op !== 'Mul') return undefined;
    const [a, b] = inputs.map((value) => value?.node);
    const gradient = onMaxima(graph, a, b) ?? onMaxima(graph, b, a);
    return gradient && [gradient];
  });
}

function onMaxima(graph: Graph, unpool?: Node, mask?: Node): Value | undefined {
  if (unpool?.op !== 'MaxUnpool' || mask?.op !== 'HardSigmoid') return undefined;
  const [dy, indices, shape] = unpool.inputs as [Value, Value, Value];
  const pool = indices.node;
  if (pool?.op !== 'MaxPool' || pool.inputs[0] !== mask.inputs[0]) return undefined;
  const open = graph.add('HardSigmoid', [pool.outputs[0]], dy.dims, mask.attributes);
  const gradient = graph.add('Mul', [dy, open], dy.dims);
  const [{ dims }] = unpool.outputs as [Value];
  return graph.add('MaxUnpool', [gradient, indices, shape], dims, unpool.attributes);
}
