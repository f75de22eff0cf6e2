/** Runs an ONNX model in ONNX Runtime's CPU provider. */
import { availableParallelism } from 'node:os';
import type * as tf from '@tensorflow/tfjs';
import type * as ort from 'onnxruntime-node';
import { isTensor } from './tree';

/** An array with its shape, row-major. */
export interface NDArray {
  data: Float32Array | Int32Array | Uint8Array;
  shape: readonly number[];
}

/** What a compiled function takes for each input: a tensor, or its elements in row-major order. */
export type InputArray = tf.Tensor | Float32Array | Float64Array | readonly number[];

export interface SessionOptions {
  /** Threads that compute one node together. Default: as many as there are processors. */
  threads?: number;
  /** Writes ONNX Runtime's profile of each node to files whose names start so. */
  profilePrefix?: string;
}

export interface Session {
  /** One array for each input; resolves to the outputs by name. */
  run(inputs: readonly InputArray[]): Promise<Record<string, NDArray>>;
  dispose(): Promise<void>;
}

/**
 * Loads a model whose inputs are float32 arrays of the given shapes.
 *
 * @throws Error where ONNX Runtime's native library cannot be loaded on this platform
 */
export async function openSession(
  model: Uint8Array,
  shapes: readonly (readonly number[])[],
  { threads = availableParallelism(), profilePrefix }: SessionOptions,
): Promise<Session> {
  const runtime = await import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    enableMemPattern: false,
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  });
  const run = async (inputs: readonly InputArray[]) => {
    if (inputs.length !== shapes.length) {
      throw new Error(`compiled function: expected ${shapes.length} inputs, but received ${inputs.length}.`);
    }
    const feeds: Record<string, ort.Tensor> = {};
    for (const [i, shape] of shapes.entries()) {
      const data = await float32(inputs[i] as InputArray, shape, i);
      feeds[session.inputNames[i] as string] = new runtime.Tensor('float32', data, shape);
    }
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [
        name,
        { data: data as NDArray['data'], shape: dims },
      ]),
    );
  };
  return { run, dispose: () => session.release() };
}

async function float32(input: InputArray, shape: readonly number[], index: number): Promise<Float32Array> {
  const data = isTensor(input) ? await input.data<'float32'>() : input;
  const size = shape.reduce((product, n) => product * n, 1);
  if (data.length !== size || (isTensor(input) && input.shape.join() !== shape.join())) {
    const came = isTensor(input) ? `shape [${input.shape.join(', ')}]` : `${data.length} elements`;
    throw new Error(
      `compiled function: expected input ${index} to have shape [${shape.join(', ')}], but received ${came}. ` +
        'A compiled function has fixed shapes; compile it again for others.',
    );
  }
  return data instanceof Float32Array ? data : new Float32Array(data);
}
