/** Convolutions: forward, and the gradients for their input and their filter. Tensors are NHWC in tfjs, and lie as NCHW here. */
import * as tf from '@tensorflow/tfjs';
import type { Graph, Value } from '../graph';
import { type View, asNCHW, plain, transpose, viewOf, viewOfNCHW } from '../view';
import { activate } from './activation';
import { elementwise } from './elementwise';
import { pad, slice } from './shape';
import { traceKernel } from './traceKernel';
import { windowGeometry } from './window';

type Conv2DInfo = tf.backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: Pick<tf.Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dilations' | 'dimRoundingMode'>,
): Conv2DInfo {
  if (attrs.dataFormat !== 'NHWC') {
    throw new Error(`compile cannot trace a convolution in ${attrs.dataFormat}. Use the dataFormat NHWC.`);
  }
  return tf.backend_util.computeConv2DInfo(
    [...xShape] as Shape4D,
    [...filterShape] as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

function geometry(info: Conv2DInfo) {
  return { ...windowGeometry(info), dilations: [info.dilationHeight, info.dilationWidth] };
}

/** A filter [height, width, in, out] as ONNX's [out, in, height, width]. */
function asOIHW(graph: Graph, filter: View): Value {
  return plain(graph, transpose(filter, [3, 2, 0, 1]));
}

function conv2D(graph: Graph, x: View, filter: View, info: Conv2DInfo, bias?: View): View {
  const inputs = [asNCHW(graph, x), asOIHW(graph, filter)];
  const ofChannels = bias?.shape.join() === String(info.outChannels);
  if (bias && ofChannels) inputs.push(plain(graph, bias));
  const dims = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  const y = viewOfNCHW(graph.add('Conv', inputs, dims, geometry(info)));
  return bias && !ofChannels ? elementwise(graph, 'Add', [y, bias]) : y;
}

/**
 * The gradient for a convolution's input. With stride 1 that is again a convolution, with the filter turned by 180 degrees and its
 * channels swapped, so that it takes ONNX Runtime's fastest path; other strides need a transposed convolution.
 */
function conv2DBackpropInput(graph: Graph, dy: View, filter: View, info: Conv2DInfo): View {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  const dims = [info.batchSize, inChannels, inHeight, inWidth];
  const { kernel_shape, strides, dilations, pads } = geometry(info);
  const spanH = (info.filterHeight - 1) * info.dilationHeight;
  const spanW = (info.filterWidth - 1) * info.dilationWidth;
  if (info.strideHeight === 1 && info.strideWidth === 1) {
    const [top, left] = [spanH - padInfo.top, spanW - padInfo.left];
    const [bottom, right] = [inHeight - outHeight + spanH - top, inWidth - outWidth + spanW - left];
    // A forward padding beyond the filter's reach gives outputs that no input has a part in: those are cut off.
    const within = (size: number, before: number, after: number) =>
      size + Math.min(0, before) + Math.min(0, after);
    const cropped = slice(
      graph,
      dy,
      [0, Math.max(0, -top), Math.max(0, -left), 0],
      [info.batchSize, within(outHeight, top, bottom), within(outWidth, left, right), info.outChannels],
    );
    const begin = [info.filterHeight - 1, info.filterWidth - 1, 0, 0];
    const turned = slice(graph, filter, begin, filter.shape, [-1, -1, 1, 1]);
    const inputs = [asNCHW(graph, cropped), plain(graph, transpose(turned, [2, 3, 0, 1]))];
    const around = [top, left, bottom, right].map((n) => Math.max(0, n));
    return viewOfNCHW(graph.add('Conv', inputs, dims, { kernel_shape, strides, dilations, pads: around }));
  }
  // Rows that no stride reaches lie at the bottom and right.
  const output_padding = [
    inHeight - ((outHeight - 1) * info.strideHeight + spanH + 1 - padInfo.top - padInfo.bottom),
    inWidth - ((outWidth - 1) * info.strideWidth + spanW + 1 - padInfo.left - padInfo.right),
  ];
  return viewOfNCHW(
    graph.add('ConvTranspose', [asNCHW(graph, dy), asOIHW(graph, filter)], dims, {
      kernel_shape,
      strides,
      dilations,
      pads,
      output_padding,
    }),
  );
}

/**
 * The gradient for a convolution's filter: one matrix product for each of the filter's positions, of the input shifted there and the
 * output's gradient, summed over the batch.
 */
function conv2DBackpropFilter(graph: Graph, x: View, dy: View, info: Conv2DInfo): View {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, padInfo } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const around = [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ] as const;
  // Laid out once, not for each of the filter's positions.
  const padded = viewOfNCHW(asNCHW(graph, pad(graph, x, around, 'constant')));
  const pixels = outHeight * outWidth;
  const right = graph.add(
    'Reshape',
    [plain(graph, dy), graph.int64([batchSize, pixels, outChannels])],
    [batchSize, pixels, outChannels],
  );
  const products: Value[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const begin = [0, row * dilationHeight, column * dilationWidth, 0];
      const shape = [batchSize, outHeight, outWidth, inChannels];
      const shifted = slice(graph, padded, begin, shape, [1, strideHeight, strideWidth, 1]);
      const left = graph.add(
        'Reshape',
        [asNCHW(graph, shifted), graph.int64([batchSize, inChannels, pixels])],
        [batchSize, inChannels, pixels],
      );
      const product = graph.add('MatMul', [left, right], [batchSize, inChannels, outChannels]);
      products.push(
        graph.add('ReduceSum', [product, graph.int64([0])], [1, inChannels, outChannels], { keepdims: 1 }),
      );
    }
  }
  const dims = [filterHeight, filterWidth, inChannels, outChannels];
  const stacked = graph.add('Concat', products, [filterHeight * filterWidth, inChannels, outChannels], {
    axis: 0,
  });
  return viewOf(graph.add('Reshape', [stacked, graph.int64(dims)], dims));
}

export function registerConvolution(): void {
  traceKernel<tf.Conv2DAttrs>(tf.Conv2D, ({ graph, input, attrs }) => {
    const [x, filter] = [input('x'), input('filter')];
    return conv2D(graph, x, filter, convInfo(x.shape, filter.shape, attrs));
  });
  traceKernel<tf.FusedConv2DAttrs>(tf.FusedConv2D, ({ graph, input, optional, attrs }) => {
    const [x, filter] = [input('x'), input('filter')];
    const y = conv2D(graph, x, filter, convInfo(x.shape, filter.shape, attrs), optional('bias'));
    return activate(graph, y, attrs, optional('preluActivationWeights'));
  });
  traceKernel<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, ({ graph, input, attrs }) => {
    const [dy, filter] = [input('dy'), input('filter')];
    const info = convInfo(attrs.inputShape, filter.shape, { ...attrs, dilations: 1 });
    return conv2DBackpropInput(graph, dy, filter, info);
  });
  traceKernel<tf.Conv2DBackpropFilterAttrs>(tf.Conv2DBackpropFilter, ({ graph, input, attrs }) => {
    const [x, dy] = [input('x'), input('dy')];
    const info = convInfo(x.shape, attrs.filterShape, { ...attrs, dilations: 1 });
    return conv2DBackpropFilter(graph, x, dy, info);
  });
}
