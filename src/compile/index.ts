/**
 * compile(): what K.gradients and K.function do in the chapter. A tfjs function is run once on a tracing backend, which records an ONNX
 * graph instead of computing; ONNX Runtime then runs the graph, many times faster than the same function op by op.
 */
import type * as tf from '@tensorflow/tfjs';
import { type Computation, type Value, opCounts } from './graph';
import { type GraphMemory, graphMemory } from './memory';
import { inputNames, outputNames } from './names';
import type { Target } from './passes';
import type { InputArray, NDArray, Session, SessionOptions } from './session';
import type { Shape, TensorFunction } from './trace';
import { type Tree, leaves, mapTree } from './tree';

export type { GraphMemory } from './memory';
export type { DeviceName } from './passes';
export type { Shape, TensorFunction } from './trace';
export type { InputArray, NDArray, SessionOptions } from './session';

/** What fn returns, with an NDArray in place of every tensor. */
export type Computed<Result> = Result extends tf.Tensor
  ? NDArray
  : { [Key in keyof Result]: Computed<Result[Key]> };

/** What fn returns, with a shape in place of every tensor. */
export type Outline<Result> = Result extends tf.Tensor
  ? Shape
  : { [Key in keyof Result]: Outline<Result[Key]> };

export interface CompiledFunction<Result> {
  /**
   * Runs the graph, in a thread of its own, on one array for each input of the function.
   *
   * @throws Error where an input does not fit, the function was disposed of, ONNX Runtime fails or its thread dies
   */
  (...inputs: InputArray[]): Promise<Computed<Result>>;
  /** How often each ONNX op occurs in the graph. */
  readonly ops: Readonly<Record<string, number>>;
  /** The memory that the graph needs, estimated when it was traced. */
  readonly memory: GraphMemory;
  /**
   * The graph as an ONNX model, weights and all, that any ONNX runtime can run, with its convolutions as such: inputs `input`, or `input_0`, `input_1` and so on; outputs
   * named for what fn returns, `value` and `grad` for tf.valueAndGrad. The bytes are made anew at each call.
   *
   * @throws Error once the function is disposed
   */
  toOnnx: () => Uint8Array;
  /** Frees the native memory, once the calls that have begun are through. The function cannot be called afterwards. */
  dispose: () => Promise<void>;
}

/** What tf.grad and tf.valueAndGrad return for a function whose result is a tf.Scalar. */
export type GradientFunction<Result> = (input: tf.Tensor, dy?: tf.Scalar) => Result;

/**
 * Compiles a tfjs function of float32 tensors, tf.valueAndGrad and the like included.
 *
 * Tensors that `fn` uses but does not take as inputs (weights, targets) become constants of the graph, with the values that they have
 * now; they may be disposed afterwards. The function is traced once: its JavaScript, loops and conditions included, is not run again.
 *
 * @param fn takes tensors; returns a tensor, or arrays and records of them
 * @param args the shape of each input, and optionally, last, how to run the graph
 * @returns an async function of typed arrays or tensors, which resolves to what fn returns with { data, shape } for each tensor
 * @throws Error where fn uses an op that cannot be traced, or that the device lacks (named), or reads a value back
 *
 * Source: In [23] of the chapter, K.gradients and K.function.
 */
export async function compile<Result>(
  fn: TensorFunction<Result> | GradientFunction<Result>,
  ...args: readonly [...Shape[], SessionOptions] | readonly Shape[]
): Promise<CompiledFunction<Result>> {
  const [shapes, options] = shapesAndOptions(args);
  const { device = 'cpu' } = options;
  const { trace, optimise, assertProvided, onnxModel, openComputation } = await loadCompiler();
  const { graph, result } = await trace(fn as TensorFunction<Tree<tf.Tensor>>, shapes);
  const recorded: Computation = { graph, outputs: leaves(result, isValue) };
  if (recorded.outputs.length === 0) {
    throw new Error(
      'The function returned no tensors, so there is nothing to compile. Return tensors, and do not make it async.',
    );
  }
  const optimised = optimise(recorded, targetOf(options));
  if (device === 'webgpu') assertProvided(optimised);
  const inputs = inputNames(shapes.length);
  const outputs = outputNames(result, isValue, inputs);
  const names = { inputs, outputs: leaves(outputs, isName) };

  const session = await openComputation(optimised, names, shapes, options);
  const run = async (...arrays: InputArray[]) => {
    const results = await session.run(arrays);
    return mapTree(outputs, isName, (name) => results[name]) as Computed<Result>;
  };
  const model = exportable(recorded, (computation) => onnxModel(optimise(computation, device), names));
  forgotten.register(run, session);
  return Object.assign(run, {
    ops: opCounts(optimised),
    memory: graphMemory(optimised),
    toOnnx: model.toOnnx,
    dispose: () => {
      model.dispose();
      return session.dispose();
    },
  });
}

/** The compiler's many files and the ONNX library, which take time to load: not before something is compiled. */
async function loadCompiler() {
  const [{ trace }, { optimise }, { assertProvided }, { onnxModel }, { openComputation }] = await Promise.all(
    [
      import('./trace.js'),
      import('./passes/index.js'),
      import('./webgpu.js'),
      import('./onnxModel.js'),
      import('./openComputation.js'),
    ],
  );
  return { trace, optimise, assertProvided, onnxModel, openComputation };
}

/** Frees the native memory of functions that nobody holds any more, such as those of a notebook's cell that was run again. */
const forgotten = new FinalizationRegistry<Session>((session) => void session.dispose());

/** What a function's graph is optimised for. */
function targetOf({ device = 'cpu', winograd = true }: SessionOptions): Target {
  return device === 'cpu' && winograd ? 'cpu-winograd' : device;
}

/**
 * The model of a function for as long as it is not disposed. What is held is the graph as it was recorded, whose constants are the arrays
 * of the tensors themselves: nothing more while those are alive, and as much as they were when they no longer are.
 */
function exportable(computation: Computation, write: (computation: Computation) => Uint8Array) {
  let held: Computation | undefined = computation;
  return {
    toOnnx: () => {
      if (!held)
        throw new Error(
          'The model is gone, because this compiled function was disposed of. Call toOnnx() before dispose().',
        );
      return write(held);
    },
    dispose: () => {
      held = undefined;
    },
  };
}

/**
 * What compile would make of a function, without making it: the memory that its graph needs, and the shapes of its results.
 *
 * The arguments are those of compile; of the options, device and winograd alone matter.
 * @throws Error as compile does
 */
export async function outline<Result>(
  fn: TensorFunction<Result>,
  ...args: readonly [...Shape[], Pick<SessionOptions, 'device' | 'winograd'>] | readonly Shape[]
): Promise<{ memory: GraphMemory; shapes: Outline<Result> }> {
  const [shapes, options] = shapesAndOptions(args);
  const { trace, optimise } = await loadCompiler();
  const { graph, result } = await trace(fn as TensorFunction<Tree<tf.Tensor>>, shapes);
  const memory = graphMemory(optimise({ graph, outputs: leaves(result, isValue) }, targetOf(options)));
  return { memory, shapes: mapTree<Value, Shape>(result, isValue, ({ dims }) => dims) as Outline<Result> };
}

function shapesAndOptions(args: readonly (Shape | SessionOptions)[]): [Shape[], SessionOptions] {
  const last = args.at(-1);
  return [args.filter(isShape), last && !isShape(last) ? last : {}];
}

function isShape(arg: Shape | SessionOptions): arg is Shape {
  return Array.isArray(arg);
}

function isName(node: unknown): node is string {
  return typeof node === 'string';
}

function isValue(node: unknown): node is Value {
  return typeof node === 'object' && node !== null && 'dims' in node && 'dtype' in node;
}
