/** Pooling and its gradients. */
import * as tf from '@tensorflow/tfjs';
import { type Graph, type Value, sizeOf } from '../graph';
import { type View, asNCHW, viewOfNCHW } from '../view';
import { traceKernel } from './traceKernel';
import { windowGeometry } from './window';

type Conv2DInfo = tf.backend_util.Conv2DInfo;

function poolInfo(
  xShape: readonly number[],
  attrs: tf.MaxPoolAttrs | tf.AvgPoolAttrs | tf.MaxPoolGradAttrs,
): Conv2DInfo {
  const info = tf.backend_util.computePool2DInfo(
    [...xShape] as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const { top, left, bottom, right } = info.padInfo;
  if (Math.max(top, bottom) >= info.filterHeight || Math.max(left, right) >= info.filterWidth) {
    throw new Error(
      `With the padding [${[top, bottom, left, right].join(', ')}], a pool of ${info.filterHeight} x ${info.filterWidth} has windows ` +
        "without any input. Use less padding than the window's sides.",
    );
  }
  return info;
}

function outDims(info: Conv2DInfo): number[] {
  return [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
}

/** Whether every input belongs to one window at most. */
function apart(info: Conv2DInfo): boolean {
  return info.strideHeight >= info.filterHeight && info.strideWidth >= info.filterWidth;
}

/** The maxima [N, C, height, width] of windows, and the flat index of each: the first maximum in scan order, as in TensorFlow. */
function maxPool(graph: Graph, x: View, info: Conv2DInfo): { maxima: Value; indices: Value } {
  const dims = outDims(info);
  const outputs = [
    { dims, dtype: 'float32' },
    { dims, dtype: 'int64' },
  ] as const;
  const { outputs: results } = graph.addNode('MaxPool', [asNCHW(graph, x)], outputs, {
    ...windowGeometry(info),
  });
  const [maxima, indices] = results as [Value, Value];
  return { maxima, indices };
}

function maxPoolGrad(graph: Graph, dy: View, x: View, info: Conv2DInfo): View {
  const { indices } = maxPool(graph, x, info);
  const dims = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const gradient = asNCHW(graph, dy);
  if (apart(info)) {
    const inputs = [gradient, indices, graph.int64(dims)];
    return viewOfNCHW(graph.add('MaxUnpool', inputs, dims, { ...windowGeometry(info) }));
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
    return viewOfNCHW(maxPool(graph, x, poolInfo(x.shape, attrs)).maxima);
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
