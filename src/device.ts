/** Which device computes: the processor, or a GPU that computes the same and is faster. */
import * as tf from '@tensorflow/tfjs';
import { type DeviceName, compile } from './compile';
import { UserError } from './errors';
import type { Settings } from './settings';

export interface Device {
  name: DeviceName;
  /** Why it was chosen, in a sentence, unless it was asked for by name. */
  why?: string;
}

/** How a GPU did beside the processor: how many times as fast, and the greatest error as a part of the greatest value. */
export interface Trial {
  speed: number;
  error: number;
}

/**
 * A convolution of so many channels on pictures of these sides, the small one first. It costs a GPU little but its fixed time; adapters that
 * only imitate one (SwiftShader, llvmpipe) are hundreds of times slower than the processor even there, and are not asked for more. ONNX
 * Runtime does not say which adapter it has taken, so that its speed is all that tells.
 */
const CHANNELS = 64;
const SMALL = { side: 32, leastSpeed: 1 / 50 };
const LARGE = { side: 192, leastSpeed: 1 };
/** float32 sums in another order come to some 1e-6. */
const GREATEST_ERROR = 1e-4;

/**
 * The device that was asked for; with auto, a GPU where one is found, computes right and is faster.
 *
 * @param tryGpu times the GPU beside the processor, on pictures of that side
 * @throws UserError where a GPU was asked for and cannot be used
 */
export async function chooseDevice(wanted: Settings['device'], tryGpu = gpuTrial): Promise<Device> {
  if (wanted === 'cpu') return { name: 'cpu' };
  if (wanted === 'webgpu') {
    await assertUsable(tryGpu);
    return { name: 'webgpu' };
  }
  const cpu = (reason: string): Device => ({ name: 'cpu', why: `The processor computes: ${reason}.` });
  let trial: Trial = { speed: 0, error: 0 };
  for (const { side, leastSpeed } of [SMALL, LARGE]) {
    try {
      trial = await tryGpu(side);
    } catch (error) {
      return cpu(`a GPU could not be used (${reasonOf(error)})`);
    }
    if (!isRight(trial)) return cpu('the GPU gives other values, so its driver has a fault');
    if (trial.speed < leastSpeed) {
      const times = (1 / trial.speed).toPrecision(2);
      return cpu(`the GPU takes ${times} times as long, or it is software that imitates one`);
    }
  }
  return {
    name: 'webgpu',
    why: `A GPU computes, ${trial.speed.toPrecision(2)} times as fast as the processor.`,
  };
}

async function assertUsable(tryGpu: (side: number) => Promise<Trial>): Promise<void> {
  const trial = await tryGpu(SMALL.side).catch((error: unknown) => {
    throw new UserError(
      `A GPU cannot be used: ${reasonOf(error)}. Install its driver, or use --device cpu.`,
      {
        cause: error,
      },
    );
  });
  if (isRight(trial)) return;
  throw new UserError('The GPU gives wrong values. Update its driver, or use --device cpu.');
}

/** Not where the error is no number. */
function isRight({ error }: Trial): boolean {
  return error <= GREATEST_ERROR;
}

/** An error's first sentence, without its full stop. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\.\s|\n/)[0].replace(/\.$/, '');
}

async function gpuTrial(side: number): Promise<Trial> {
  const shape = [1, side, side, CHANNELS];
  const waves = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
  const filter = tf.tensor4d(waves(9 * CHANNELS ** 2), [3, 3, CHANNELS, CHANNELS]);
  // The sums spare the result's way back from the GPU, which a loss and its gradient hardly have.
  const convolution = (x: tf.Tensor) =>
    tf
      .conv2d(x as tf.Tensor4D, filter, 1, 'same')
      .relu()
      .sum([1, 2]);
  try {
    const x = waves(CHANNELS * side ** 2);
    const cpu = await timed('cpu', convolution, x, shape);
    const gpu = await timed('webgpu', convolution, x, shape);
    const greatest = Math.max(...cpu.values.map(Math.abs));
    const errors = cpu.values.map((value, i) => Math.abs(value - gpu.values[i]));
    return { speed: cpu.seconds / gpu.seconds, error: Math.max(...errors) / greatest };
  } finally {
    filter.dispose();
  }
}

/** Values and the shorter time of two runs, after a first one that compiles shaders. */
async function timed(
  device: DeviceName,
  fn: (x: tf.Tensor) => tf.Tensor,
  x: Float32Array,
  shape: readonly number[],
) {
  const compiled = await compile(fn, shape, { device });
  try {
    const values = [...(await compiled(x)).data];
    let seconds = Infinity;
    for (let i = 0; i < 2; i++) {
      const began = performance.now();
      await compiled(x);
      seconds = Math.min(seconds, (performance.now() - began) / 1000);
    }
    return { values, seconds };
  } finally {
    await compiled.dispose();
  }
}
