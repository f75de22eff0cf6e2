/** Element-wise operations: unary, binary with broadcasting, comparisons, selection and casts. */
import * as tf from '@tensorflow/tfjs';
import { type DType, type Graph, type Value, sizeOf } from '../graph';
import { TRACE_BACKEND, type TraceBackend } from '../traceBackend';
import { type View, arranged, dtypeOf, reshape, reshaped, viewOf } from '../view';
import { maximaOf } from './pooling';
import { traceKernel } from './traceKernel';

/** The number that a view repeats, where it is a constant that repeats a single number. */
function constantNumber({ value }: View): number | undefined {
  const source = value.node?.op === 'Reshape' ? (value.node.inputs[0] as Value) : value;
  return source.constant?.length === 1 ? Number(source.constant[0]) : undefined;
}

/** The same tensor repeated to a larger shape, without a node that repeats it. */
export function broadcastView(graph: Graph, view: View, shape: readonly number[]): View {
  const missing = shape.length - view.shape.length;
  const ranked = reshape(graph, view, [...new Array<number>(missing).fill(1), ...view.shape]);
  return { ...ranked, shape };
}

/** Operands of one element-wise node: physically aligned as the largest of them lies. */
function align(graph: Graph, views: View[]): { values: Value[]; view(value: Value): View } {
  const shape = views
    .map((view) => [...view.shape])
    .reduce((a, b) => tf.broadcast_util.assertAndGetBroadcastShape(a, b));
  const ranked = views.map((view) => {
    const missing = shape.length - view.shape.length;
    return reshape(graph, view, [...new Array<number>(missing).fill(1), ...view.shape]);
  });
  const elements = ranked.map(({ value }) => sizeOf(value.dims));
  const largest = ranked[elements.indexOf(Math.max(...elements))] as View;
  const values = ranked.map((view, i) =>
    elements[i] === 1 ? reshaped(graph, view.value, []) : arranged(graph, view, largest.axes),
  );
  return {
    values,
    view: (value) => ({
      value: value.dims.length === shape.length ? value : reshaped(graph, value, largest.value.dims),
      shape,
      axes: largest.axes,
    }),
  };
}

function broadcastDims(values: Value[]): number[] {
  return values
    .map(({ dims }) => [...dims])
    .reduce((a, b) => tf.broadcast_util.assertAndGetBroadcastShape(a, b));
}

/** An ONNX node over broadcast operands. */
export function elementwise(graph: Graph, op: string, views: View[], dtype?: DType): View {
  const { values, view } = align(graph, views);
  return view(graph.add(op, values, broadcastDims(values), {}, dtype));
}

export function scalarView(graph: Graph, x: number, like: View): View {
  return scalarOf(graph, x, dtypeOf(like));
}

export function scalarOf(graph: Graph, x: number, dtype: DType): View {
  if (dtype === 'float32') return viewOf(graph.scalar(x));
  return viewOf(graph.constant(dtype === 'bool' ? Uint8Array.of(x) : Int32Array.of(x), [], dtype));
}

const FOLDS: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** Arithmetic on constants, and with 0 or 1, needs no node: the gradients of sums and means are full of both. */
function arithmetic(graph: Graph, op: 'Add' | 'Sub' | 'Mul' | 'Div', a: View, b: View): View {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const [x, y] = dtypeOf(a) === 'float32' ? [constantNumber(a), constantNumber(b)] : [undefined, undefined];
  if (x !== undefined && y !== undefined) {
    const folded = scalarView(graph, Math.fround((FOLDS[op] as (a: number, b: number) => number)(x, y)), a);
    return broadcastView(graph, folded, shape);
  }
  const neutral = op === 'Add' || op === 'Sub' ? 0 : 1;
  if (y === neutral) return broadcastView(graph, a, shape);
  if (x === neutral && (op === 'Add' || op === 'Mul')) return broadcastView(graph, b, shape);
  if (op === 'Add') return sumOfProducts(graph, a, b) ?? elementwise(graph, op, [a, b]);
  if (op === 'Mul') return stepOfUnpooled(graph, a, b) ?? elementwise(graph, op, [a, b]);
  return elementwise(graph, op, [a, b]);
}

/**
 * A X + B X = (A + B) X. The gradient of a Gram matrix arrives as two such products, each the size of a feature map: this halves its
 * work.
 */
function sumOfProducts(graph: Graph, a: View, b: View): View | undefined {
  if (a.shape.join() !== b.shape.join() || a.shape.length !== 2) return undefined;
  const [left, right] = [a, b].map((view) => arranged(graph, view, [0, 1]).node);
  if (left?.op !== 'Gemm' || right?.op !== 'Gemm' || left === right) return undefined;
  // A product may be one row or column that is held as repeated.
  if ([left, right].some(({ outputs: [product] }) => product?.dims.join() !== a.shape.join()))
    return undefined;
  if (left.inputs[1] !== right.inputs[1] || left.attributes.transB !== right.attributes.transB)
    return undefined;
  const factor = ({ inputs, attributes }: typeof left): View => {
    const value = inputs[0] as Value;
    const axes = attributes.transA === 1 ? [1, 0] : [0, 1];
    return { value, shape: axes.map((axis) => value.dims[axis] as number), axes };
  };
  const sum = arranged(graph, elementwise(graph, 'Add', [factor(left), factor(right)]), [0, 1]);
  const dims = [a.shape[0] as number, a.shape[1] as number];
  const { transB } = left.attributes as { transB: number };
  const value = graph.add('Gemm', [sum, left.inputs[1]], dims, { transA: 0, transB });
  return { value, shape: dims, axes: [0, 1] };
}

function unary(graph: Graph, op: string, x: View, attributes = {}, dtype?: DType): View {
  return { ...x, value: graph.add(op, [x.value], x.value.dims, attributes, dtype) };
}

export function cast(graph: Graph, x: View, dtype: DType): View {
  return dtypeOf(x) === dtype ? x : unary(graph, 'Cast', x, { to: dtype }, dtype);
}

export function clip(graph: Graph, x: View, least: number, most: number): View {
  const bounds = [least, most].map((bound) => scalarView(graph, bound, x).value);
  return { ...x, value: graph.add('Clip', [x.value, ...bounds], x.value.dims) };
}

/** The largest float32: times any normal number above 0 it is more than 1. */
const STEEP = 3.4028234663852886e38;

/**
 * 1 where x > 0, else 0, in one pass: a comparison and a cast are two. After a ReLU its output is asked instead of its input, so that a
 * convolution and its ReLU stay one node.
 */
function step(graph: Graph, x: View): View {
  const relu = graph.find('Relu', [x.value]);
  return unary(graph, 'HardSigmoid', relu ? { ...x, value: relu } : x, {
    alpha: { float: STEEP },
    beta: { float: 0 },
  });
}

/**
 * step(x) * unpool(dy) = unpool(step(maxima of x) * dy), where x is what was pooled: a ReLU before a max pooling, backwards, on a quarter
 * of the elements.
 */
function stepOfUnpooled(graph: Graph, a: View, b: View): View | undefined {
  const [unpool, mask] = [a, b].map(({ value }) => value.node);
  const source = mask?.inputs[0];
  if (unpool?.op !== 'MaxUnpool' || mask?.op !== 'HardSigmoid' || source?.dims.join() !== a.value.dims.join())
    return undefined;
  const maxima = maximaOf(graph, unpool, source);
  if (!maxima || a.axes.join() !== b.axes.join()) return undefined;
  const [dy, ...where] = unpool.inputs;
  const open = graph.add('HardSigmoid', [maxima], maxima.dims, mask.attributes);
  const gradient = graph.add('Mul', [dy, open], maxima.dims);
  return { ...a, value: graph.add('MaxUnpool', [gradient, ...where], a.value.dims, unpool.attributes) };
}

/** Powers in steps of a quarter are products and square roots: many times faster than pow, and as exact. */
function power(graph: Graph, base: View, exponent: View): View {
  const p = constantNumber(exponent);
  if (p === undefined || p <= 0 || p > 4 || !Number.isInteger(4 * p) || exponent.shape.length > 0) {
    return elementwise(graph, 'Pow', [base, exponent]);
  }
  const factors: View[] = new Array<View>(Math.floor(p)).fill(base);
  const root = unary(graph, 'Sqrt', base);
  if (p % 1 >= 0.5) factors.push(root);
  if (p % 0.5 !== 0) factors.push(unary(graph, 'Sqrt', root));
  return factors.reduce((a, b) => elementwise(graph, 'Mul', [a, b]));
}

export function registerElementwise(): void {
  for (const [kernel, op] of [
    [tf.Add, 'Add'],
    [tf.Sub, 'Sub'],
    [tf.Multiply, 'Mul'],
    [tf.RealDiv, 'Div'],
  ] as const) {
    traceKernel(kernel, ({ graph, input }) => arithmetic(graph, op, input('a'), input('b')));
  }
  for (const [kernel, op] of [
    [tf.Maximum, 'Max'],
    [tf.Minimum, 'Min'],
  ] as const) {
    traceKernel(kernel, ({ graph, input }) => elementwise(graph, op, [input('a'), input('b')]));
  }
  for (const [kernel, op] of [
    [tf.Equal, 'Equal'],
    [tf.Greater, 'Greater'],
    [tf.GreaterEqual, 'GreaterOrEqual'],
    [tf.Less, 'Less'],
    [tf.LessEqual, 'LessOrEqual'],
    [tf.LogicalAnd, 'And'],
    [tf.LogicalOr, 'Or'],
  ] as const) {
    traceKernel(kernel, ({ graph, input }) => elementwise(graph, op, [input('a'), input('b')], 'bool'));
  }
  traceKernel(tf.NotEqual, ({ graph, input }) =>
    unary(graph, 'Not', elementwise(graph, 'Equal', [input('a'), input('b')], 'bool')),
  );
  traceKernel(tf.Pow, ({ graph, input }) => power(graph, input('a'), input('b')));
  traceKernel(tf.SquaredDifference, ({ graph, input }) => {
    const difference = arithmetic(graph, 'Sub', input('a'), input('b'));
    return arithmetic(graph, 'Mul', difference, difference);
  });
  traceKernel(tf.AddN, ({ graph, list }) => list().reduce((a, b) => arithmetic(graph, 'Add', a, b)));

  for (const [kernel, op] of [
    [tf.Abs, 'Abs'],
    [tf.Ceil, 'Ceil'],
    [tf.Cos, 'Cos'],
    [tf.Erf, 'Erf'],
    [tf.Exp, 'Exp'],
    [tf.Floor, 'Floor'],
    [tf.Log, 'Log'],
    [tf.LogicalNot, 'Not'],
    [tf.Neg, 'Neg'],
    [tf.Reciprocal, 'Reciprocal'],
    [tf.Relu, 'Relu'],
    [tf.Round, 'Round'],
    [tf.Sigmoid, 'Sigmoid'],
    [tf.Sign, 'Sign'],
    [tf.Sin, 'Sin'],
    [tf.Softplus, 'Softplus'],
    [tf.Sqrt, 'Sqrt'],
    [tf.Tanh, 'Tanh'],
  ] as const) {
    traceKernel(kernel, ({ graph, input }) => unary(graph, op, input('x')));
  }
  traceKernel(tf.Square, ({ graph, input }) => elementwise(graph, 'Mul', [input('x'), input('x')]));
  traceKernel(tf.Rsqrt, ({ graph, input }) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', input('x'))));
  traceKernel<tf.LeakyReluAttrs>(tf.LeakyRelu, ({ graph, input, attrs }) =>
    unary(graph, 'LeakyRelu', input('x'), { alpha: { float: attrs.alpha } }),
  );
  traceKernel(tf.Elu, ({ graph, input }) => unary(graph, 'Elu', input('x')));
  traceKernel(tf.EluGrad, ({ graph, input }) => {
    // Elu's slope is 1 above zero and y + 1 below it, where y is its output.
    const [dy, y] = [input('dy'), input('y')];
    const below = elementwise(graph, 'Mul', [dy, elementwise(graph, 'Add', [y, scalarView(graph, 1, y)])]);
    const above = elementwise(graph, 'GreaterOrEqual', [y, scalarView(graph, 0, y)], 'bool');
    return elementwise(graph, 'Where', [above, dy, below], dtypeOf(dy));
  });
  traceKernel(tf.Relu6, ({ graph, input }) => clip(graph, input('x'), 0, 6));
  traceKernel<tf.ClipByValueAttrs>(tf.ClipByValue, ({ graph, input, attrs }) =>
    clip(graph, input('x'), attrs.clipValueMin, attrs.clipValueMax),
  );
  traceKernel<tf.StepAttrs>(tf.Step, ({ graph, input, attrs }) => {
    const x = input('x');
    if (attrs.alpha === 0 && dtypeOf(x) === 'float32') return step(graph, x);
    const above = elementwise(graph, 'Greater', [x, scalarView(graph, 0, x)], 'bool');
    const levels = [scalarView(graph, 1, x), scalarView(graph, attrs.alpha, x)];
    return elementwise(graph, 'Where', [above, ...levels], dtypeOf(x));
  });
  traceKernel(tf.Select, ({ graph, input }) => {
    const [condition, t, e] = [input('condition'), input('t'), input('e')];
    return elementwise(graph, 'Where', [condition, t, e], dtypeOf(t));
  });
  traceKernel<tf.CastAttrs>(tf.Cast, ({ graph, input, attrs }) => {
    const { dtype } = attrs;
    if (dtype === 'complex64' || dtype === 'string') {
      throw new Error(`compile: expected a cast to float32, int32 or bool, but received ${dtype}.`);
    }
    return cast(graph, input('x'), dtype);
  });
  traceKernel(tf.ZerosLike, ({ graph, input }) => filled(graph, input('x'), 0));
  traceKernel(tf.OnesLike, ({ graph, input }) => filled(graph, input('x'), 1));

  // A copy of a constant is that constant: filters pass through Identity and must keep their values.
  tf.registerKernel({
    kernelName: tf.Identity,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, backend }) => {
      const x = inputs.x as tf.TensorInfo;
      (backend as TraceBackend).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  });
}

function filled(graph: Graph, like: View, x: number): View {
  return broadcastView(graph, scalarView(graph, x, like), like.shape);
}
