/**
 * compile(): what K.gradients and K.function do in the chapter. A tfjs function is run once on a tracing backend, which records an ONNX
 * graph instead of computing; ONNX Runtime then runs the graph, many times faster than the same function op by op.
 */
import * as tf from '@tensorflow/tfjs';
import { Graph, type Value } from './graph';
import { registerConvolution } from './kernels/convolution';
import { registerElementwise } from './kernels/elementwise';
import { registerMatMul } from './kernels/matmul';
import { registerPooling } from './kernels/pooling';
import { registerReduce } from './kernels/reduce';
import { registerResize } from './kernels/resize';
import { registerShape } from './kernels/shape';
import { onnxModel, valueName } from './onnxModel';
import { type InputArray, type NDArray, type SessionOptions, openSession } from './session';
import { TRACE_BACKEND, TraceBackend } from './traceBackend';
import { type Tree, isTensor, mapTree } from './tree';
import { plain, viewOf } from './view';

export type { InputArray, NDArray, SessionOptions } from './session';

/** What fn returns, with an NDArray in place of every tensor. */
export type Computed<Result> = Result extends tf.Tensor
  ? NDArray
  : { [Key in keyof Result]: Computed<Result[Key]> };

export interface CompiledFunction<Result> {
  /** Runs the graph on one array for each input of the function. */
  (...inputs: InputArray[]): Promise<Computed<Result>>;
  /** Frees the native memory. The function cannot be called afterwards. */
  dispose(): Promise<void>;
}

/** A function of tensors. A method's parameters are checked both ways, so that one of Tensor4D alone is accepted too. */
type TensorFunction<Result> = { call(...inputs: tf.Tensor[]): Result }['call'];

type Shape = readonly number[];

tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0);
registerConvolution();
registerElementwise();
registerMatMul();
registerPooling();
registerReduce();
registerResize();
registerShape();

/**
 * Compiles a tfjs function of float32 tensors, tf.valueAndGrad and the like included.
 *
 * Tensors that `fn` uses but does not take as inputs (weights, targets) become constants of the graph, with the values that they have
 * now; they may be disposed afterwards. The function is traced once: its JavaScript, loops and conditions included, is not run again.
 *
 * @param fn takes tensors; returns a tensor, or arrays and records of them
 * @param args the shape of each input, and optionally, last, how to run the graph
 * @returns an async function of typed arrays or tensors, which resolves to what fn returns with { data, shape } for each tensor
 * @throws Error where fn uses an op that cannot be traced (named), or reads a value back
 *
 * Source: In [23] of the chapter, K.gradients and K.function.
 */
export async function compile<Result>(
  fn: TensorFunction<Result>,
  ...args: readonly [...Shape[], SessionOptions] | readonly Shape[]
): Promise<CompiledFunction<Result>> {
  const last = args.at(-1);
  const options = last && !isShape(last) ? last : {};
  const shapes = (args as readonly (Shape | SessionOptions)[]).filter(isShape);
  const { model, tree } = await trace(fn as TensorFunction<Tree<tf.Tensor>>, shapes);
  const session = await openSession(model, shapes, options);
  const run = async (...inputs: InputArray[]) => {
    const results = await session.run(inputs);
    return mapTree(tree, isName, (name) => results[name]) as Computed<Result>;
  };
  return Object.assign(run, { dispose: () => session.dispose() });
}

function isShape(arg: Shape | SessionOptions): arg is Shape {
  return Array.isArray(arg);
}

function isName(node: unknown): node is string {
  return typeof node === 'string';
}

/** Runs fn once on the tracing backend: the ONNX model, and fn's result with the names of the model's outputs as leaves. */
async function trace(
  fn: TensorFunction<Tree<tf.Tensor>>,
  shapes: readonly Shape[],
): Promise<{ model: Uint8Array; tree: Tree<string> }> {
  await tf.ready();
  const previous = tf.getBackend();
  await tf.setBackend(TRACE_BACKEND);
  try {
    const backend = tf.backend() as TraceBackend;
    const graph = new Graph();
    const outputs = new Set<Value>();
    const tree = backend.record(graph, () => {
      let names: Tree<string> = [];
      tf.tidy(() => {
        const inputs = shapes.map((shape) => {
          const { dataId, dtype } = backend.tensor(viewOf(graph.addInput(shape, 'float32')));
          return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, backend);
        });
        names = mapTree(fn(...inputs), isTensor, (tensor) => {
          const value = graph.output(plain(graph, backend.view(tensor)));
          outputs.add(value);
          return valueName(value);
        });
      });
      return names;
    });
    return { model: onnxModel(graph, [...outputs]), tree };
  } catch (error) {
    throw explained(error);
  } finally {
    await tf.setBackend(previous);
  }
}

/** tfjs's own message for an op that the tracing backend lacks, in words that help. */
function explained(error: unknown): unknown {
  const kernel =
    error instanceof Error && /Kernel '(\w+)' not registered for backend 'trace'/.exec(error.message);
  if (!kernel) return error;
  const known = tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName);
  return new Error(
    `compile: expected a function of ops that can be traced, but it uses ${kernel[1]}. ` +
      `Write it with others, or run it eagerly. Known are: ${known.sort().join(', ')}.`,
  );
}
