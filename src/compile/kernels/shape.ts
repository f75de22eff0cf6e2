/** Operations that move elements and change none: reshape, transpose, slice, pad, concatenate, tile, gather. */
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph';
import { type View, arranged, dtypeOf, plain, present, reshape, transpose, viewOf } from '../view';
import { broadcastView, scalarOf, scalarView } from './elementwise';
import { traceKernel } from './traceKernel';

/** `list`, given per logical axis, in the order of the physical axes. */
function physicalOrder(view: View, list: readonly number[]): number[] {
  const ordered: number[] = new Array<number>(list.length);
  view.axes.forEach((physical, logical) => (ordered[physical] = list[logical]));
  return ordered;
}

/** The part of a tensor from `begin`, of `shape`, with a step along each axis. */
export function slice(
  graph: Graph,
  x: View,
  begin: readonly number[],
  shape: readonly number[],
  strides: readonly number[] = shape.map(() => 1),
): View {
  const moved: number[] = [];
  x.shape.forEach((n, i) => {
    const repeated = x.value.dims[x.axes[i]] === 1;
    const whole = begin[i] === 0 && strides[i] === 1 && shape[i] === n;
    if (!repeated && !whole) moved.push(i);
  });
  if (moved.length === 0) return { ...x, shape };
  const pick = (list: readonly number[]) => graph.int64(moved.map((i) => list[i]));
  const ends = shape.map((n, i) => {
    const [first, step] = [begin[i], strides[i]];
    const end = first + n * step;
    // Before the first element ONNX counts from the back, so a reversed slice ends beyond that.
    return end < 0 ? -x.shape[i] - 1 : end;
  });
  const sizes = x.shape.map((_, i) => (moved.includes(i) ? shape[i] : x.value.dims[x.axes[i]]));
  const axes = graph.int64(moved.map((i) => x.axes[i]));
  const dims = physicalOrder(x, sizes);
  const value = graph.add('Slice', [x.value, pick(begin), pick(ends), axes, pick(strides)], dims);
  return { value, shape, axes: x.axes };
}

/** A tensor with elements added around it. ONNX's modes: constant, reflect (REFLECT in tfjs), edge. */
export function pad(
  graph: Graph,
  x: View,
  paddings: readonly (readonly [number, number])[],
  mode: 'constant' | 'reflect',
  constantValue = 0,
): View {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const source = present(graph, x).value;
  const before = physicalOrder(
    x,
    paddings.map(([n]) => n),
  );
  const after = physicalOrder(
    x,
    paddings.map(([, n]) => n),
  );
  const shape = paddings.map(([first, last], i) => first + x.shape[i] + last);
  const inputs = [source, graph.int64([...before, ...after])];
  if (mode === 'constant') inputs.push(scalarView(graph, constantValue, x).value);
  return { value: graph.add('Pad', inputs, physicalOrder(x, shape), { mode }), shape, axes: x.axes };
}

function concat(graph: Graph, views: View[], axis: number): View {
  const [first] = views as [View, ...View[]];
  const values = views.map((view) => arranged(graph, present(graph, view), first.axes));
  const shape = first.shape.map((n, i) =>
    i === axis ? views.reduce((sum, view) => sum + view.shape[i], 0) : n,
  );
  const value = graph.add('Concat', values, physicalOrder(first, shape), {
    axis: first.axes[axis],
  });
  return { value, shape, axes: first.axes };
}

/** The parts of `sizes` along `axis`, one after another. */
function split(graph: Graph, x: View, axis: number, sizes: readonly number[]): View[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += size;
    return slice(
      graph,
      x,
      begin,
      x.shape.map((n, i) => (i === axis ? size : n)),
    );
  });
}

function withAxis(shape: readonly number[], axis: number): number[] {
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
}

function withoutAxis(shape: readonly number[], axis: number): number[] {
  return shape.filter((_, i) => i !== axis);
}

export function registerShape(): void {
  traceKernel<tf.ReshapeAttrs>(tf.Reshape, ({ graph, input, attrs }) => {
    const x = input('x');
    return reshape(
      graph,
      x,
      tf.util.inferFromImplicitShape(attrs.shape, tf.util.sizeFromShape([...x.shape])),
    );
  });
  traceKernel<tf.ExpandDimsAttrs>(tf.ExpandDims, ({ graph, input, attrs }) => {
    const x = input('input');
    const axis = attrs.dim < 0 ? attrs.dim + x.shape.length + 1 : attrs.dim;
    return reshape(graph, x, withAxis(x.shape, axis));
  });
  traceKernel<tf.TransposeAttrs>(tf.Transpose, ({ input, attrs }) => transpose(input('x'), attrs.perm));
  traceKernel<tf.SliceAttrs>(tf.Slice, ({ graph, input, attrs }) => {
    const x = input('x');
    const [begin, size] = tf.slice_util.parseSliceParams(
      { shape: [...x.shape] } as tf.Tensor,
      attrs.begin,
      attrs.size,
    );
    return slice(graph, x, begin, size);
  });
  traceKernel<tf.StridedSliceAttrs>(tf.StridedSlice, ({ graph, input, attrs }) => {
    const x = input('x');
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const plan = tf.slice_util.sliceInfo(
      [...x.shape],
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const shape = tf.slice_util.computeOutShape(plan.begin, plan.end, plan.strides);
    return reshape(graph, slice(graph, x, plan.begin, shape, plan.strides), plan.finalShape);
  });
  traceKernel<tf.ReverseAttrs>(tf.Reverse, ({ graph, input, attrs }) => {
    const x = input('x');
    const reversed = tf.util.parseAxisParam(attrs.dims, [...x.shape]);
    const begin = x.shape.map((n, i) => (reversed.includes(i) ? n - 1 : 0));
    const strides = x.shape.map((_, i) => (reversed.includes(i) ? -1 : 1));
    return slice(graph, x, begin, x.shape, strides);
  });
  traceKernel<tf.PadV2Attrs>(tf.PadV2, ({ graph, input, attrs }) =>
    pad(graph, input('x'), attrs.paddings, 'constant', attrs.constantValue),
  );
  traceKernel<tf.MirrorPadAttrs>(tf.MirrorPad, ({ graph, input, attrs }) => {
    if (attrs.mode !== 'reflect') {
      throw new Error(`compile cannot trace mirrorPad in the mode '${attrs.mode}'. Use 'reflect'.`);
    }
    return pad(graph, input('x'), attrs.paddings, 'reflect');
  });
  traceKernel<tf.ConcatAttrs>(tf.Concat, ({ graph, list, attrs }) => {
    const views = list();
    const rank = views[0].shape.length;
    return concat(graph, views, attrs.axis < 0 ? attrs.axis + rank : attrs.axis);
  });
  traceKernel<tf.PackAttrs>(tf.Pack, ({ graph, list, attrs }) => {
    const views = list();
    const rank = views[0].shape.length;
    const axis = attrs.axis < 0 ? attrs.axis + rank + 1 : attrs.axis;
    return concat(
      graph,
      views.map((view) => reshape(graph, view, withAxis(view.shape, axis))),
      axis,
    );
  });
  traceKernel<tf.UnpackAttrs>(tf.Unpack, ({ graph, input, attrs }) => {
    const x = input('value');
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const ones = new Array<number>(x.shape[axis]).fill(1);
    return split(graph, x, axis, ones).map((part) => reshape(graph, part, withoutAxis(x.shape, axis)));
  });
  traceKernel<tf.SplitVAttrs>(tf.SplitV, ({ graph, input, attrs }) => {
    const x = input('x');
    const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]) as [number];
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      attrs.numOrSizeSplits,
      axis,
    );
    return split(graph, x, axis, sizes);
  });
  traceKernel<tf.TileAttrs>(tf.Tile, ({ graph, input, attrs }) => {
    const x = input('x');
    const shape = x.shape.map((n, i) => n * attrs.reps[i]);
    if (x.shape.every((n, i) => n === 1 || attrs.reps[i] === 1)) return broadcastView(graph, x, shape);
    return viewOf(graph.add('Tile', [plain(graph, x), graph.int64(attrs.reps)], shape));
  });
  traceKernel<tf.GatherV2Attrs>(tf.GatherV2, ({ graph, input, attrs }) => {
    const [x, indices] = [input('x'), input('indices')];
    if (attrs.batchDims !== 0) {
      throw new Error(`compile cannot trace gather with batchDims ${attrs.batchDims}. Use 0.`);
    }
    const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]) as [number];
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return viewOf(graph.add('Gather', [plain(graph, x), plain(graph, indices)], shape, { axis }, dtypeOf(x)));
  });
  traceKernel<tf.FillAttrs>(tf.Fill, ({ graph, attrs }) => {
    const { shape, value, dtype } = attrs;
    if (typeof value === 'string' || dtype === 'string' || dtype === 'complex64') {
      throw new Error(`compile cannot fill a tensor of ${dtype}. Use float32, int32 or bool.`);
    }
    return broadcastView(graph, scalarOf(graph, value, dtype), shape);
  });
}
