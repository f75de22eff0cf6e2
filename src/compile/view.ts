/**
 * How a tfjs tensor lies in the graph: a view of a physical value, so that transposing, squeezing and broadcasting cost nothing
 * until an operation needs the elements in a certain order.
 *
 * tfjs is NHWC and ONNX is NCHW. A convolution's output is held as [N, C, H, W] with a view that says which physical axis is N, H, W and
 * C; element-wise operations pass the view on, and the Gram matrix's permute_dimensions(x, (2, 0, 1)) merely undoes it. Without views, a
 * loss and its gradient would spend their time turning pictures round.
 */
import { type DType, type Graph, type Value, sizeOf } from './graph';

export interface View {
  readonly value: Value;
  /** The tensor's shape as tfjs sees it. */
  readonly shape: readonly number[];
  /**
   * axes[i] is the physical axis that holds logical axis i. The physical dimension is shape[i], or 1 where the tensor repeats
   * itself along that axis.
   */
  readonly axes: readonly number[];
}

/** The axes of a tensor [N, H, W, C] that lies as [N, C, H, W]. */
export const NCHW: readonly number[] = [0, 2, 3, 1];

export function viewOf(value: Value): View {
  return { value, shape: value.dims, axes: value.dims.map((_, i) => i) };
}

/** A tensor [N, H, W, C] whose value lies as [N, C, H, W]. */
export function viewOfNCHW(value: Value): View {
  return { value, shape: NCHW.map((axis) => value.dims[axis]), axes: NCHW };
}

export function dtypeOf(view: View): DType {
  return view.value.dtype;
}

/** tfjs's transpose: no node is recorded. */
export function transpose(view: View, perm: readonly number[]): View {
  return {
    value: view.value,
    shape: perm.map((i) => view.shape[i]),
    axes: perm.map((i) => view.axes[i]),
  };
}

/** The value with its physical axes in the order that `axes` asks for; repeated axes stay of size 1. */
export function arranged(graph: Graph, view: View, axes: readonly number[]): Value {
  const perm = new Array<number>(axes.length);
  axes.forEach((physical, logical) => (perm[physical] = view.axes[logical]));
  return permuted(graph, view.value, perm);
}

/** The value as `shape` says, row-major, with every element present. */
export function plain(graph: Graph, view: View): Value {
  const value = arranged(
    graph,
    view,
    view.shape.map((_, i) => i),
  );
  return expanded(graph, value, view.shape);
}

/** The value of a tensor [N, H, W, C] as [N, C, H, W], with every element present. */
export function asNCHW(graph: Graph, view: View): Value {
  const [n, h, w, c] = view.shape as [number, number, number, number];
  return expanded(graph, arranged(graph, view, NCHW), [n, c, h, w]);
}

/** The same view with every element present: nothing is held as repeated. */
export function present(graph: Graph, view: View): View {
  const dims: number[] = new Array<number>(view.shape.length);
  view.axes.forEach((physical, logical) => (dims[physical] = view.shape[logical]));
  return { ...view, value: expanded(graph, view.value, dims) };
}

function expanded(graph: Graph, value: Value, dims: readonly number[]): Value {
  if (value.dims.join() === dims.join()) return value;
  return graph.add('Expand', [value, graph.int64(dims)], dims);
}

/** The value with other dimensions for the same elements in the same order. */
export function reshaped(graph: Graph, value: Value, dims: readonly number[]): Value {
  if (value.dims.join() === dims.join()) return value;
  const source = value.node?.op === 'Reshape' ? (value.node.inputs[0] as Value) : value;
  if (source.dims.join() === dims.join()) return source;
  return graph.add('Reshape', [source, graph.int64(dims)], dims);
}

function permuted(graph: Graph, value: Value, perm: readonly number[]): Value {
  if (perm.every((axis, i) => axis === i)) return value;
  const dims = perm.map((axis) => value.dims[axis]);
  const moving = perm.filter((axis) => value.dims[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1])) {
    return reshaped(graph, value, dims);
  }
  return graph.add('Transpose', [value], dims, { perm: [...perm] });
}

/**
 * tfjs's reshape. Axes that stay whole, are merged with their physical neighbours or are split stay a view; only a reshape across
 * axes that lie apart turns the value round first.
 */
export function reshape(graph: Graph, view: View, shape: readonly number[]): View {
  if (view.shape.join() === shape.join()) return view;
  const groups = sizeOf(shape) === 0 ? undefined : matchAxes(view, shape);
  if (!groups) return viewOf(reshaped(graph, plain(graph, view), shape));

  const dims: number[] = [];
  const axes = new Array<number>(shape.length);
  shape.forEach((n, i) => {
    if (n === 1) axes[i] = dims.push(1) - 1;
  });
  for (const { repeated, to } of [...groups].sort((a, b) => a.start - b.start)) {
    for (const i of to) axes[i] = dims.push(repeated ? 1 : shape[i]) - 1;
  }
  return { value: reshaped(graph, view.value, dims), shape, axes };
}

interface AxisGroup {
  /** The physical position of the first axis. */
  start: number;
  repeated: boolean;
  to: number[];
}

/** Which old axes become which new ones; undefined where a group's elements do not lie together. Axes of size 1 are left out. */
function matchAxes(view: View, shape: readonly number[]): AxisGroup[] | undefined {
  const physicalRank = new Map(
    view.axes
      .filter((_, i) => view.shape[i] !== 1)
      .sort((a, b) => a - b)
      .map((axis, rank) => [axis, rank]),
  );
  const from = view.shape.map((n, i) => ({ n, i })).filter(({ n }) => n !== 1);
  const to = shape.map((n, i) => ({ n, i })).filter(({ n }) => n !== 1);
  const groups: AxisGroup[] = [];
  for (let i = 0, j = 0; i < from.length || j < to.length;) {
    const old: number[] = [];
    const fresh: number[] = [];
    let product = 1;
    let wanted = 1;
    do {
      if (product <= wanted) {
        const axis = from[i++];
        if (!axis) return undefined;
        old.push(axis.i);
        product *= axis.n;
      } else {
        const axis = to[j++];
        if (!axis) return undefined;
        fresh.push(axis.i);
        wanted *= axis.n;
      }
    } while (product !== wanted);
    const ranks = old.map((axis) => physicalRank.get(view.axes[axis]) as number);
    const repeated = old.map((axis) => view.value.dims[view.axes[axis]] === 1);
    if (ranks.some((rank, k) => k > 0 && rank !== ranks[k - 1] + 1)) return undefined;
    if (repeated.some((r) => r !== repeated[0])) return undefined;
    groups.push({ start: ranks[0], repeated: repeated[0], to: fresh });
  }
  return groups;
}
