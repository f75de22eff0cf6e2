/**
 * The gradient of a filter as one product instead of one for each of the filter's places: their factors, the shifted inputs, are put upon
 * another. A GPU spends more on a further product than on the copy.
 */
import type { Computation, Node, Value } from '../graph';
import { reshaped } from '../view';
import { rewrite } from './rewrite';

/** Concat of sums over the batch of products that share their right factor, as conv2DBackpropFilter records them. */
export function filterGradients(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, attributes, outputs }) => {
    if (op !== 'Concat' || attributes.axis !== 0) return undefined;
    const products = inputs.map((value) => productOf(value as Value));
    const [first] = products;
    if (!first || products.length < 2) return undefined;
    const right = first.inputs[1] as Value;
    const lefts = products.flatMap((product) =>
      product?.inputs[1] === right ? [product.inputs[0] as Value] : [],
    );
    if (lefts.length < products.length) return undefined;
    const [batch, rows, positions] = lefts[0]?.dims as [number, number, number];
    const columns = right.dims[2];
    const all = rows * lefts.length;
    const left = graph.add('Concat', lefts, [batch, all, positions], { axis: 1 });
    const product = graph.add('MatMul', [left, right], [batch, all, columns]);
    const sum = graph.add('ReduceSum', [product, graph.int64([0])], [1, all, columns], { keepdims: 1 });
    return [reshaped(graph, sum, outputs[0].dims)];
  });
}

/** The product that is summed over the batch, where that is what a value is. */
function productOf({ node }: Value): Node | undefined {
  if (node?.op !== 'ReduceSum' || node.attributes.keepdims !== 1) return undefined;
  const [source, axes] = node.inputs as [Value, Value];
  const isOverBatch = String(axes.constant) === '0';
  return isOverBatch && source.node?.op === 'MatMul' ? source.node : undefined;
}
