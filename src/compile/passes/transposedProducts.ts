/** (A B)' = B' A': cheaper than turning a product round, which may be the size of a feature map. */
import type { Computation, Value } from '../graph';
import { rewrite } from './rewrite';

/** Transpose of a Gemm. */
export function transposedProducts(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, outputs }) => {
    const gemm = inputs[0]?.node;
    if (op !== 'Transpose' || gemm?.op !== 'Gemm') return undefined;
    const { transA, transB } = gemm.attributes as Record<'transA' | 'transB', number>;
    const [{ dims }] = outputs as [Value];
    const attributes = { transA: 1 - transB, transB: 1 - transA };
    return [graph.add('Gemm', [gemm.inputs[1], gemm.inputs[0]], dims, attributes)];
  });
}
