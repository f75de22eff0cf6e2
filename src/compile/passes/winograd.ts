/**
 * Convolutions of 3 x 3 with stride 1 by Winograd's algorithm F(4x4, 3x3), with a quarter of the multiplications, wherever that is faster.
 * The gradient for the input is such a convolution too.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
 */
import { type Computation, type Node, type Value } from '../graph';
import { constantFilter } from './constantFilter';
import { rewrite } from './rewrite';
import { type ConvolutionShape, winogradWins } from './winogradCost';
import { TAPS } from './winogradMatrices';
import { type Convolution, convolve } from './winogradTiles';

/** Conv with a constant filter, of one picture, and the bias and ReLU that come after it, where the algorithm wins. */
export function winograd(computation: Computation): Computation {
  return winogradWhere(computation, winogradWins);
}

/** The same where `wins` says so. */
export function winogradWhere(
  computation: Computation,
  wins: (shape: ConvolutionShape) => boolean,
): Computation {
  /** What became of convolutions, with the bias that they have so far. */
  const convolutions = new Map<Value, { convolution: Convolution; bias: Value | undefined }>();
  return rewrite(computation, (graph, node) => {
    const linear = (convolution: Convolution, bias: Value | undefined) => {
      const result = convolve(graph, convolution, bias, false);
      convolutions.set(result, { convolution, bias });
      return [result];
    };
    const [first, second, bias] = node.inputs as [Value, Value, Value | undefined];
    if (node.op === 'Conv') {
      const convolution = convolutionOf(node, wins);
      return convolution && linear(convolution, bias);
    }
    const known = convolutions.get(first);
    if (node.op === 'Relu' && known) return [convolve(graph, known.convolution, known.bias, true)];
    if (node.op !== 'Add') return undefined;
    const [sum, term] = known ? [known, second] : [convolutions.get(second), first];
    return sum && !sum.bias && isBias(term, node) ? linear(sum.convolution, term) : undefined;
  });
}

/** The convolution that a node is, where Winograd's algorithm can take it and wins. */
function convolutionOf(
  { inputs, outputs, attributes }: Node,
  wins: (shape: ConvolutionShape) => boolean,
): Convolution | undefined {
  const [x, taps] = inputs as [Value, Value];
  const dims = outputs[0].dims as Convolution['dims'];
  const [batch, channelsOut, height, width] = dims;
  const { kernel_shape, strides, dilations, pads } = attributes as Record<string, number[]>;
  const source = constantFilter(taps);
  if (!source || batch !== 1 || String(kernel_shape) !== '3,3') return undefined;
  if ([...strides, ...dilations].some((n) => n !== 1)) return undefined;
  // Beyond the filter's reach there may be bands of nothing but padding.
  if (pads.some((n) => n >= TAPS)) return undefined;
  if (!wins({ channelsIn: x.dims[1], channelsOut, height, width })) return undefined;
  return { ...source, x, dims, pads: pads as [number, number] };
}

/** Whether a term of a sum is constant, and one number for each channel. */
function isBias({ dims, constant, node }: Value, { outputs: [sum] }: Node): boolean {
  const known = constant ?? (node?.op === 'Reshape' ? node.inputs[0]?.constant : undefined);
  return known !== undefined && String(dims) === String([1, sum?.dims[1], 1, 1]);
}
