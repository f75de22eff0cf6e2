/**
 * A X + B X = (A + B) X, and X A + X B = X (A + B). The gradient of a Gram matrix arrives as two such products, each the size of a feature
 * map: this halves its work.
 */
import type { Computation, Graph, Node, Value } from '../graph';
import { rewrite, sameDims } from './rewrite';

/** Add of two Gemms that share a factor, and take it the same way round. */
export function sumsOfProducts(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, outputs: [sum] }) => {
    if (op !== 'Add') return undefined;
    const [left, right] = inputs.map((value) => value?.node);
    if (left?.op !== 'Gemm' || right?.op !== 'Gemm' || left === right) return undefined;
    // A product may be one row or column that the sum repeats.
    if (inputs.some((product) => !sameDims(product as Value, sum))) return undefined;
    const joined = join(graph, left, right, 1) ?? join(graph, left, right, 0);
    return joined && [joined];
  });
}

const TURNED = ['transA', 'transB'] as const;

/** One product for the sum of two, where `shared` is the place of a factor that they share. */
function join(graph: Graph, left: Node, right: Node, shared: 0 | 1): Value | undefined {
  const other = shared === 0 ? 1 : 0;
  const factor = left.inputs[shared] as Value;
  const alike = (i: 0 | 1) => left.attributes[TURNED[i]] === right.attributes[TURNED[i]];
  if (factor !== right.inputs[shared] || !alike(shared)) return undefined;
  const [a, b] = [left.inputs[other], right.inputs[other]] as [Value, Value];
  const turned = alike(other) ? b : graph.add('Transpose', [b], a.dims, { perm: [1, 0] });
  const sum = graph.add('Add', [a, turned], a.dims);
  const [{ dims }] = left.outputs as [Value];
  return graph.add('Gemm', shared === 0 ? [factor, sum] : [sum, factor], dims, left.attributes);
}
