/**
 * Convolutions of 3 x 3 with stride 1 by Winograd's algorithm F(4x4, 3x3), with a quarter of the multiplications, wherever that is faster.
 * The gradient for the input is such a convolution too, and takes the same transformed filters.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
 */
import { type Computation, type Graph, type Node, type Value, sizeOf } from '../graph';
import { rewrite } from './rewrite';
import { winogradWins } from './winogradCost';
import { FORWARD, TURNED } from './winogradMatrices';
import {
  type Products,
  backwardProducts,
  forwardProducts,
  picture,
  tileFactors,
  transformedFilters,
} from './winogradTiles';

/** A convolution that became products, with the bias that it has so far. */
interface Convolved {
  products: Products;
  bias: Value | undefined;
}

/** Conv with a constant filter, of one picture, and the bias and ReLU that come after it. */
export function winograd(computation: Computation): Computation {
  const convolved = new Map<Value | undefined, Convolved>();
  const made = (graph: Graph, { products, bias }: Convolved) => {
    const value = picture(graph, products, bias, false);
    convolved.set(value, { products, bias });
    return [value];
  };
  return rewrite(computation, (graph, node) => {
    if (node.op === 'Conv') {
      const products = productsOf(graph, node);
      return products && made(graph, { products, bias: node.inputs[2] });
    }
    if (node.op === 'Add') {
      const [a, b] = node.inputs as [Value, Value];
      for (const [x, bias] of [
        [a, b],
        [b, a],
      ] as const) {
        const known = convolved.get(x);
        if (known && !known.bias && isBias(bias, x)) return made(graph, { ...known, bias });
      }
    }
    const known = node.op === 'Relu' && convolved.get(node.inputs[0]);
    return known ? [picture(graph, known.products, known.bias, true)] : undefined;
  });
}

function productsOf(graph: Graph, { inputs, outputs, attributes }: Node): Products | undefined {
  const [x, filter] = inputs as [Value, Value];
  const [{ dims }] = outputs as [Value];
  const [batch, channelsOut, height, width] = dims as [number, number, number, number];
  const { kernel_shape, strides, dilations, pads } = attributes as Record<string, number[]>;
  const source = sourceOf(filter);
  if (!source || batch !== 1 || String(kernel_shape) !== '3,3') return undefined;
  if ([...(strides as number[]), ...(dilations as number[])].some((n) => n !== 1)) return undefined;
  if (!winogradWins({ channelsIn: x.dims[1] as number, channelsOut, height, width })) return undefined;

  const { constant, isTurned } = source;
  const transforms = isTurned ? TURNED : FORWARD;
  const filters = transformedFilters(graph, constant);
  const before = pads as [number, number];
  const factors = tileFactors(graph, x, transforms, [batch, channelsOut, height, width], before);
  const value = isTurned
    ? backwardProducts(graph, filters, factors)
    : forwardProducts(graph, filters, factors);
  return { value, channelsLast: !isTurned, transforms, dims };
}

/** The constant [3, 3, in, out] that a filter [out, in, 3, 3] comes from, or [in, out, 3, 3] turned by 180 degrees. */
function sourceOf({ node }: Value): { constant: Value; isTurned: boolean } | undefined {
  if (node?.op !== 'Transpose') return undefined;
  const [from] = node.inputs as [Value];
  const perm = String(node.attributes.perm);
  if (perm === '3,2,0,1' && from.constant) return { constant: from, isTurned: false };
  const [whole, begin, , axes, steps] = (from.node?.op === 'Slice' ? from.node.inputs : []) as Value[];
  const turns = String(begin?.constant) === '2,2' && String(steps?.constant) === '-1,-1';
  const isTurned = turns && String(axes?.constant) === '0,1' && sizeOf(from.dims) === sizeOf(whole?.dims ?? []);
  return perm === '2,3,0,1' && whole?.constant && isTurned ? { constant: whole, isTurned } : undefined;
}

/** Whether it is constant, and one number for each channel of x. */
function isBias({ dims, constant, node }: Value, x: Value): boolean {
  const known = constant ?? (node?.op === 'Reshape' ? node.inputs[0]?.constant : undefined);
  return known !== undefined && String(dims) === String([1, x.dims[1], 1, 1]);
}
