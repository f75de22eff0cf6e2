/** Runs an ONNX model in ONNX Runtime, in a thread of its own, so that nothing else in the process has to wait. */
import { availableParallelism } from 'node:os';
import type * as tf from '@tensorflow/tfjs';
import type { DeviceName } from './passes';
import { sessionThread } from './sessionThread';
import type { Request } from './sessionWorker';
import { isTensor } from './tree';
import { explained } from './webgpu';

/** An array with its shape, row-major. */
export interface NDArray {
  data: Float32Array | Int32Array | Uint8Array;
  shape: readonly number[];
}

/** What a compiled function takes for each input: a tensor, or its elements in row-major order. */
export type InputArray = tf.Tensor | Float32Array | Float64Array | readonly number[];

export interface SessionOptions {
  /** What computes: the processor, or a GPU through ONNX Runtime's WebGPU provider. Default cpu. */
  device?: DeviceName;
  /** Threads that compute one node together. Default: as many as there are processors. */
  threads?: number;
  /**
   * Whether convolutions may be computed by Winograd's algorithm where that is faster. It rounds otherwise, by some 1e-5 of a layer's
   * greatest value, and takes memory for transformed filters. Default true.
   */
  winograd?: boolean;
  /**
   * Whether the memory of a run is kept for the next. Without, the processor takes a sixth more time, and several functions that work one
   * after the other need no more memory than the largest. Default true.
   */
  keepsMemory?: boolean;
  /** Writes ONNX Runtime's profile of each node to files whose names start so. */
  profilePrefix?: string;
}

export interface Session {
  /** One array for each input, copied at once; resolves to the outputs by name. */
  run(inputs: readonly InputArray[]): Promise<Record<string, NDArray>>;
  /** Frees the native memory, after the runs that have begun. */
  dispose(): Promise<void>;
}

let sessions = 0;

/** A value that is computed once: the model that computes it, of no inputs, and its name there and among the inputs of the session's. */
export interface Preparation {
  name: string;
  model: Uint8Array;
}

/** An input's elements, in memory of their own, which moves to the thread. */
export interface OwnedArray {
  data: Float32Array<ArrayBuffer>;
  shape: readonly number[];
}

/** A model whose inputs may have any shape that it allows. */
export interface ModelSession {
  /** One array for each input; resolves to the outputs by name. */
  run: (inputs: readonly OwnedArray[] | Promise<readonly OwnedArray[]>) => Promise<Record<string, NDArray>>;
  /** Frees the native memory, after the runs that have begun. */
  dispose: () => Promise<void>;
}

/**
 * Loads a model whose inputs are float32 arrays. Calls of all sessions are answered one after the other.
 *
 * @param model its memory moves to the thread where that spares a copy, and cannot be read afterwards
 * @param preparations the model's other inputs, one at a time, so that only one is in memory as a model
 * @throws Error where ONNX Runtime's native library cannot be loaded on this platform, refuses the model, or finds no GPU for it
 */
export async function openModel(
  model: Uint8Array,
  preparations: Iterable<Preparation>,
  { device = 'cpu', threads = availableParallelism(), keepsMemory = true, profilePrefix }: SessionOptions,
): Promise<ModelSession> {
  const thread = sessionThread();
  const session = sessions++;
  let runs: Promise<unknown> = Promise.resolve();
  let disposal: Promise<void> | undefined;

  const ask = async (request: Request, transfer: readonly ArrayBuffer[]) => {
    const reply = await thread.ask(request, transfer);
    if ('error' in reply) throw new Error(explained(reply.error));
    return reply.outputs;
  };
  const start = async (inputs: readonly OwnedArray[] | Promise<readonly OwnedArray[]>) => {
    if (disposal) throw new Error('This compiled function was disposed of. Compile it again to call it.');
    const owned = await inputs;
    const memory = owned.map(({ data }) => data.buffer);
    return ask({ ask: 'run', session, inputs: owned }, memory);
  };
  const close = async () => {
    await runs;
    // A thread that died has freed everything.
    await thread.ask({ ask: 'close', session }, []).catch(() => undefined);
  };

  const open = async () => {
    for (const { name, model: small } of preparations) {
      const bytes = ownMemory(small);
      await ask({ ask: 'prepare', session, name, model: bytes, threads }, [bytes.buffer]);
    }
    const bytes = ownMemory(model);
    await ask({ ask: 'open', session, model: bytes, device, threads, keepsMemory, profilePrefix }, [
      bytes.buffer,
    ]);
  };
  await open().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    run: (inputs) => {
      const running = start(inputs);
      // Without the results, which nobody needs to keep.
      runs = Promise.allSettled([runs, running]).then(() => undefined);
      return running;
    },
    dispose: () => (disposal ??= close()),
  };
}

/** As openModel, for a model whose inputs have these shapes. */
export async function openSession(
  model: Uint8Array,
  preparations: Iterable<Preparation>,
  shapes: readonly (readonly number[])[],
  options: SessionOptions,
): Promise<Session> {
  const { run, dispose } = await openModel(model, preparations, options);
  const copied = async (inputs: readonly InputArray[]) => {
    if (inputs.length !== shapes.length) {
      throw new Error(
        `The number of inputs is ${inputs.length}, but this compiled function takes ${shapes.length}. Pass one array or tensor for each.`,
      );
    }
    return Promise.all(shapes.map(async (shape, i) => ({ data: await float32(inputs[i], shape, i), shape })));
  };
  return { run: (inputs) => run(copied(inputs)), dispose };
}

/** A small model lies in a pool that Node.js shares out, and which must stay. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}

/** A copy of an input's elements, in memory of its own. */
async function float32(
  input: InputArray,
  shape: readonly number[],
  index: number,
): Promise<Float32Array<ArrayBuffer>> {
  const data = isTensor(input) ? await input.data<'float32'>() : input;
  const size = shape.reduce((product, n) => product * n, 1);
  if (data.length !== size || (isTensor(input) && input.shape.join() !== shape.join())) {
    const came = isTensor(input) ? `shape [${input.shape.join(', ')}]` : `${data.length} elements`;
    throw new Error(
      `Input ${index} of this compiled function has the shape [${shape.join(', ')}], but it got ${came}. ` +
        'Compile the function again for other shapes.',
    );
  }
  return new Float32Array(data);
}
