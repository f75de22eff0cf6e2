/** Reductions over axes: Sum, Mean, Max, Min, Prod; products of all before, and sums by segment. */
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph';
import { type View, dtypeOf, plain, reshape, viewOf } from '../view';
import { cast, elementwise, scalarView } from './elementwise';
import { pad, slice } from './shape';
import { traceKernel } from './traceKernel';

interface ReduceAttrs {
  axis: number | number[];
  keepDims: boolean;
}

function reduce(graph: Graph, op: string, x: View, { axis, keepDims }: ReduceAttrs): View {
  const axes = tf.util.parseAxisParam(axis, [...x.shape]);
  if (axes.length === 0) return x;
  const physical = axes.map((i) => x.axes[i]).sort((a, b) => a - b);
  const dims = x.value.dims.map((n, i) => (physical.includes(i) ? 1 : n));
  const value = graph.add(op, [x.value, graph.int64(physical)], dims, { keepdims: 1 });
  const shape = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const reduced = { value, shape, axes: x.axes };
  return keepDims
    ? reduced
    : reshape(
        graph,
        reduced,
        shape.filter((_, i) => !axes.includes(i)),
      );
}

/** How often each element of a repeated tensor counts in a sum over `axis`. */
function repetitions(x: View, axis: number | number[]): number {
  return tf.util
    .parseAxisParam(axis, [...x.shape])
    .reduce((count, i) => (x.value.dims[x.axes[i]] === 1 ? count * x.shape[i] : count), 1);
}

/** The sum over axes; of booleans, how many are true. */
export function sum(graph: Graph, x: View, attrs: ReduceAttrs): View {
  const numeric = dtypeOf(x) === 'bool' ? cast(graph, x, 'int32') : x;
  const total = reduce(graph, 'ReduceSum', numeric, attrs);
  const count = repetitions(x, attrs.axis);
  return count === 1 ? total : elementwise(graph, 'Mul', [total, scalarView(graph, count, total)]);
}

/**
 * The product of each element and all before it (after it, if reversed; without itself, if exclusive), by doubling: products of 2, 4, 8
 * neighbours, and so on.
 */
function cumprod(graph: Graph, x: View, { axis, exclusive, reverse }: tf.CumprodAttrs): View {
  const moved = (view: View, by: number) => {
    const paddings = x.shape.map((_, i): [number, number] =>
      i !== axis ? [0, 0] : reverse ? [0, by] : [by, 0],
    );
    const begin = x.shape.map((_, i) => (i === axis && reverse ? by : 0));
    return slice(graph, pad(graph, view, paddings, 'constant', 1), begin, x.shape);
  };
  let product = exclusive ? moved(x, 1) : x;
  for (let by = 1; by < x.shape[axis]; by *= 2) {
    product = elementwise(graph, 'Mul', [product, moved(product, by)]);
  }
  return product;
}

/** Sums of the rows of x [rows, ...] whose segment is the same: [segments, ...]. The gradient of gather. */
function segmentSums(graph: Graph, x: View, segments: View, count: number): View {
  const dims = [count, ...x.shape.slice(1)];
  const zeros = graph.add('Expand', [scalarView(graph, 0, x).value, graph.int64(dims)], dims);
  const rows = plain(graph, cast(graph, reshape(graph, segments, [...segments.shape, 1]), 'int64'));
  return viewOf(graph.add('ScatterND', [zeros, rows, plain(graph, x)], dims, { reduction: 'add' }));
}

export function registerReduce(): void {
  traceKernel<ReduceAttrs>(tf.Mean, ({ graph, input, attrs }) =>
    reduce(graph, 'ReduceMean', cast(graph, input('x'), 'float32'), attrs),
  );
  for (const [kernel, op] of [
    [tf.Max, 'ReduceMax'],
    [tf.Min, 'ReduceMin'],
  ] as const) {
    traceKernel<tf.MaxAttrs | tf.MinAttrs>(kernel, ({ graph, input, attrs }) => {
      // tf.min says axis where tf.max says reductionIndices.
      const axis = 'axis' in attrs ? attrs.axis : attrs.reductionIndices;
      return reduce(graph, op, input('x'), { axis, keepDims: attrs.keepDims });
    });
  }
  traceKernel<ReduceAttrs>(tf.Sum, ({ graph, input, attrs }) => sum(graph, input('x'), attrs));
  traceKernel<ReduceAttrs>(tf.Prod, ({ graph, input, attrs }) => {
    const x = input('x');
    const product = reduce(graph, 'ReduceProd', x, attrs);
    const count = repetitions(x, attrs.axis);
    return count === 1 ? product : elementwise(graph, 'Pow', [product, scalarView(graph, count, product)]);
  });
  traceKernel<tf.CumprodAttrs>(tf.Cumprod, ({ graph, input, attrs }) => cumprod(graph, input('x'), attrs));
  traceKernel<tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, ({ graph, input, attrs }) =>
    segmentSums(graph, input('x'), input('segmentIds'), attrs.numSegments),
  );
}
