/** Runs a tfjs function once, on the backend that records instead of computing. */
import * as tf from '@tensorflow/tfjs';
import { Graph, type Value } from './graph';
import { registerConvolution } from './kernels/convolution';
import { registerElementwise } from './kernels/elementwise';
import { registerMatMul } from './kernels/matmul';
import { registerPooling } from './kernels/pooling';
import { registerReduce } from './kernels/reduce';
import { registerResize } from './kernels/resize';
import { registerShape } from './kernels/shape';
import { TRACE_BACKEND, TraceBackend } from './traceBackend';
import { type Tree, isTensor, mapTree } from './tree';
import { plain, viewOf } from './view';

/** A function of tensors. A method's parameters are checked both ways, so that one of Tensor4D alone is accepted too. */
export type TensorFunction<Result> = { call(...inputs: tf.Tensor[]): Result }['call'];

export type Shape = readonly number[];

export interface Trace {
  graph: Graph;
  /** What the function returned, with a value of the graph in place of every tensor. */
  result: Tree<Value>;
}

tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0);
registerConvolution();
registerElementwise();
registerMatMul();
registerPooling();
registerReduce();
registerResize();
registerShape();

/**
 * Records `fn` of float32 inputs of the given shapes.
 *
 * @throws Error where fn uses an op that cannot be traced (named), or reads a value back
 */
export async function trace(fn: TensorFunction<Tree<tf.Tensor>>, shapes: readonly Shape[]): Promise<Trace> {
  await tf.ready();
  const previous = tf.getBackend();
  // From here to the end nothing is awaited, so that no other code meets the tracing backend. Backends that are set up
  // synchronously, as this one is, are in place when setBackend returns.
  void tf.setBackend(TRACE_BACKEND);
  try {
    const backend = tf.backend() as TraceBackend;
    const graph = new Graph();
    const result = backend.record(graph, () => recordCall(backend, graph, fn, shapes));
    return { graph, result };
  } catch (error) {
    throw explained(error);
  } finally {
    void tf.setBackend(previous);
  }
}

function recordCall(
  backend: TraceBackend,
  graph: Graph,
  fn: TensorFunction<Tree<tf.Tensor>>,
  shapes: readonly Shape[],
): Tree<Value> {
  tf.engine().startScope();
  try {
    const inputs = shapes.map((shape) => {
      const { dataId, dtype } = backend.tensor(viewOf(graph.addInput(shape, 'float32')));
      return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, backend);
    });
    return mapTree(fn(...inputs), isTensor, (tensor) => graph.output(plain(graph, backend.view(tensor))));
  } finally {
    tf.engine().endScope();
  }
}

/** tfjs's own message for an op that the tracing backend lacks, in words that help. */
function explained(error: unknown): unknown {
  const kernel =
    error instanceof Error && /Kernel '(\w+)' not registered for backend 'trace'/.exec(error.message);
  if (!kernel) return error;
  const known = tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName);
  return new Error(
    `compile cannot trace ${kernel[1]}. Write the function with other ops, or run it without compile. ` +
      `compile knows these: ${known.sort().join(', ')}.`,
  );
}
