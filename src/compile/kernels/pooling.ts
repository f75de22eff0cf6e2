/** Pooling and its gradients. */
import * as tf from '@tensorflow/tfjs';
import { type Graph, type Node, type Value, sizeOf } from '../graph';
import { type View, asNCHW, reshaped, viewOfNCHW } from '../view';
import { traceKernel } from './traceKernel';
import { type Window, windowGeometry } from './window';

type Conv2DInfo = tf.backend_util.Conv2DInfo;

function poolInfo(
  xShape: readonly number[],
  attrs: tf.MaxPoolAttrs | tf.AvgPoolAttrs | tf.MaxPoolGradAttrs,
): Conv2DInfo {
  return tf.backend_util.computePool2DInfo(
    [...xShape] as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

function outDims(info: Conv2DInfo): number[] {
  return [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
}

/** Whether every input belongs to one window at most. */
function apart(info: Conv2DInfo): boolean {
  return info.strideHeight >= info.filterHeight && info.strideWidth >= info.filterWidth;
}

/** Whether the windows are 2 x 2 and cover the picture exactly, as VGG's do where the sides are even. */
function halves(
  { dims: [, , inHeight, inWidth] }: Value,
  [, , height, width]: readonly number[],
  window: Window,
) {
  const twos = [...window.kernel_shape, ...window.strides].every((n) => n === 2);
  return twos && inHeight === 2 * (height as number) && inWidth === 2 * (width as number);
}

/**
 * The maxima, and the flat index of each: the first maximum in scan order, as in TensorFlow.
 *
 * @param source [N, C, H, W]
 * @param dims of the result
 */
function maxPool(
  graph: Graph,
  source: Value,
  dims: readonly number[],
  window: Window,
): { maxima: Value; indices: Value } {
  if (halves(source, dims, window)) {
    const maxima = graph.add('MaxPool', [source], dims, { ...window });
    return { maxima, indices: indicesOfHalves(graph, source, maxima, window) };
  }
  const outputs = [
    { dims, dtype: 'float32' },
    { dims, dtype: 'int64' },
  ] as const;
  const node = graph.addNode('MaxPool', [source], outputs, { ...window });
  return { maxima: node.outputs[0] as Value, indices: node.outputs[1] as Value };
}

/**
 * ONNX Runtime finds indices element by element, and its blocked layouts do without. For 2 x 2 windows they follow from other maxima, which
 * those are fast at: a window's maximum lies beyond its first element, its first row or its first column where it is more than theirs.
 */
function indicesOfHalves(graph: Graph, source: Value, maxima: Value, window: Window): Value {
  const [images, channels, height, width] = source.dims as [number, number, number, number];
  const { dims } = maxima;
  const beyond = (kernel_shape: number[]) => {
    const part = graph.add('MaxPool', [source], dims, { ...window, kernel_shape });
    const isLess = graph.add('Less', [part, maxima], dims, {}, 'bool');
    return graph.add('Cast', [isLess], dims, { to: 'float32' }, 'float32');
  };
  const plus = (a: Value, b: Value) => graph.add('Add', [a, b], dims);
  const times = (a: Value, b: Value) => graph.add('Mul', [a, b], dims);
  const [element, row, column] = [beyond([1, 1]), beyond([1, 2]), beyond([2, 1])];
  // 0, 1, the width, or that and 1.
  const afterRow = times(row, plus(column, graph.scalar(width - 1)));
  const offset = times(element, plus(afterRow, graph.scalar(1)));
  const multiples = (count: number, step: number, shape: number[]) =>
    reshaped(graph, graph.int64(Array.from({ length: count }, (_, i) => i * step)), shape);
  const rows = multiples(height / 2, 2 * width, [1, 1, height / 2, 1]);
  const columns = multiples(width / 2, 2, [1, 1, 1, width / 2]);
  const corners = graph.add('Add', [rows, columns], [1, 1, height / 2, width / 2]);
  // Exact in float32 up to 16 million pixels: an index within one channel.
  const within = plus(offset, graph.add('Cast', [corners], corners.dims, { to: 'float32' }, 'float32'));
  const channel = multiples(images * channels, height * width, [images, channels, 1, 1]);
  return graph.add('Add', [graph.add('Cast', [within], dims, { to: 'int64' }, 'int64'), channel], dims);
}

function maxPoolGrad(graph: Graph, dy: View, x: View, info: Conv2DInfo): View {
  const window = windowGeometry(info);
  const { indices } = maxPool(graph, asNCHW(graph, x), outDims(info), window);
  const dims = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const gradient = asNCHW(graph, dy);
  if (apart(info)) {
    return viewOfNCHW(graph.add('MaxUnpool', [gradient, indices, graph.int64(dims)], dims, { ...window }));
  }
  const [size, count] = [sizeOf(dims), sizeOf(indices.dims)];
  const zeros = graph.add('Expand', [graph.scalar(0), graph.int64([size])], [size]);
  const flat = (value: Value) => graph.add('Reshape', [value, graph.int64([count])], [count]);
  const scattered = graph.add('ScatterElements', [zeros, flat(indices), flat(gradient)], [size], {
    axis: 0,
    reduction: 'add',
  });
  return viewOfNCHW(graph.add('Reshape', [scattered, graph.int64(dims)], dims));
}

/** The maxima of `source` [N, C, H, W], where it is their places that the gradient of a pooling was brought back to. */
export function maximaOf(graph: Graph, { op, inputs, attributes }: Node, source: Value): Value | undefined {
  const [dy, indices] = inputs;
  if (op !== 'MaxUnpool' || !dy) return undefined;
  // The same nodes again, if they are.
  const pooled = maxPool(graph, source, dy.dims, attributes as unknown as Window);
  return pooled.indices === indices ? pooled.maxima : undefined;
}

function avgPool(graph: Graph, x: View, info: Conv2DInfo): View {
  return viewOfNCHW(
    graph.add('AveragePool', [asNCHW(graph, x)], outDims(info), {
      ...windowGeometry(info),
      count_include_pad: 0,
    }),
  );
}

/** How many inputs each window [1, 1, height, width] averages: fewer at a padded edge. */
function windowCounts(info: Conv2DInfo): Float32Array {
  const within = (start: number, size: number, length: number) =>
    Math.min(start + size, length) - Math.max(start, 0);
  const counts = new Float32Array(info.outHeight * info.outWidth);
  for (let row = 0; row < info.outHeight; row++) {
    const rows = within(row * info.strideHeight - info.padInfo.top, info.filterHeight, info.inHeight);
    for (let column = 0; column < info.outWidth; column++) {
      const left = column * info.strideWidth - info.padInfo.left;
      counts[row * info.outWidth + column] = rows * within(left, info.filterWidth, info.inWidth);
    }
  }
  return counts;
}

/**
 * Each window's gradient is spread evenly over the inputs that it averaged. (At a padded edge tfjs's own CPU kernel divides by the
 * whole window's size, which is not the derivative of its forward pass.)
 */
function avgPoolGrad(graph: Graph, dy: View, info: Conv2DInfo): View {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = info;
  const counts = graph.constant(windowCounts(info), [1, 1, outHeight, outWidth], 'float32');
  const share = graph.add('Div', [asNCHW(graph, dy), counts], outDims(info));
  const dims = [batchSize, inChannels, inHeight, inWidth];
  // Each channel on its own, as one picture of a larger batch.
  const images = batchSize * inChannels;
  const spread = graph.constant(
    new Float32Array(filterHeight * filterWidth).fill(1),
    [1, 1, filterHeight, filterWidth],
    'float32',
  );
  const folded = graph.add(
    'Reshape',
    [share, graph.int64([images, 1, outHeight, outWidth])],
    [images, 1, outHeight, outWidth],
  );
  const { top, left, bottom, right } = info.padInfo;
  const output_padding = [
    inHeight - ((outHeight - 1) * info.strideHeight + filterHeight - top - bottom),
    inWidth - ((outWidth - 1) * info.strideWidth + filterWidth - left - right),
  ];
  const unfolded = graph.add('ConvTranspose', [folded, spread], [images, 1, inHeight, inWidth], {
    ...windowGeometry(info),
    output_padding,
  });
  return viewOfNCHW(graph.add('Reshape', [unfolded, graph.int64(dims)], dims));
}

export function registerPooling(): void {
  traceKernel<tf.MaxPoolAttrs>(tf.MaxPool, ({ graph, input, attrs }) => {
    const x = input('x');
    const info = poolInfo(x.shape, attrs);
    return viewOfNCHW(maxPool(graph, asNCHW(graph, x), outDims(info), windowGeometry(info)).maxima);
  });
  traceKernel<tf.MaxPoolGradAttrs>(tf.MaxPoolGrad, ({ graph, input, attrs }) => {
    const x = input('input');
    return maxPoolGrad(graph, input('dy'), x, poolInfo(x.shape, attrs));
  });
  traceKernel<tf.AvgPoolAttrs>(tf.AvgPool, ({ graph, input, attrs }) => {
    const x = input('x');
    return avgPool(graph, x, poolInfo(x.shape, attrs));
  });
  traceKernel<tf.AvgPoolGradAttrs>(tf.AvgPoolGrad, ({ graph, input, attrs }) => {
    const info = poolInfo(input('input').shape, { ...attrs, dimRoundingMode: undefined });
    return avgPoolGrad(graph, input('dy'), info);
  });
}
