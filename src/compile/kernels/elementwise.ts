/** Element-wise operations: unary, binary with broadcasting, comparisons, selection and casts. */
import * as tf from '@tensorflow/tfjs';
import { type DType, type Graph, type Value, sizeOf } from '../graph';
import { TRACE_BACKEND, type TraceBackend } from '../traceBackend';
import { type View, arranged, dtypeOf, reshape, reshaped, viewOf } from '../view';
import { traceKernel } from './traceKernel';

/** The same tensor repeated to a larger shape, without a node that repeats it. */
export function broadcastView(graph: Graph, view: View, shape: readonly number[]): View {
  const missing = shape.length - view.shape.length;
  const ranked = reshape(graph, view, [...new Array<number>(missing).fill(1), ...view.shape]);
  return { ...ranked, shape };
}

/** Operands of one element-wise node: physically aligned as the largest of them lies. */
function align(graph: Graph, views: View[]): { values: Value[]; view: (value: Value) => View } {
  const shape = views
    .map((view) => [...view.shape])
    .reduce((a, b) => tf.broadcast_util.assertAndGetBroadcastShape(a, b));
  const ranked = views.map((view) => {
    const missing = shape.length - view.shape.length;
    return reshape(graph, view, [...new Array<number>(missing).fill(1), ...view.shape]);
  });
  const elements = ranked.map(({ value }) => sizeOf(value.dims));
  const largest = ranked[elements.indexOf(Math.max(...elements))];
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

export function registerElementwise(): void {
  for (const [kernel, op] of [
    [tf.Add, 'Add'],
    [tf.Sub, 'Sub'],
    [tf.Multiply, 'Mul'],
    [tf.RealDiv, 'Div'],
    [tf.Maximum, 'Max'],
    [tf.Minimum, 'Min'],
    [tf.Pow, 'Pow'],
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
  traceKernel(tf.SquaredDifference, ({ graph, input }) => {
    const difference = elementwise(graph, 'Sub', [input('a'), input('b')]);
    return elementwise(graph, 'Mul', [difference, difference]);
  });
  traceKernel(tf.AddN, ({ graph, list }) => list().reduce((a, b) => elementwise(graph, 'Add', [a, b])));

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
      throw new Error(`compile cannot cast to ${dtype}. Cast to float32, int32 or bool.`);
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
