/** The memory that a loss in windows needs: estimated from its graphs, before the work begins. */
import { outline } from '../compile';
import { sizeAtOctave } from '../losses/octaves';
import type { Size } from '../picture/image';
import { COPIES_PREPARED, COPIES_RUNNING, type ProblemParts, optimiserBytes } from '../problem/memory';
import { type TiledFunctions, tiledFunctions } from './functions';
import type { Traceable } from './passes';
import { layerSize } from './plan';

/**
 * What ONNX Runtime takes for each byte that is alive at once where it keeps no memory from run to run: there are blocked copies. Measured
 * with VGG19.
 */
const WORKING = 1.5;

/** As bytesNeeded, where the network sees the picture in windows of about `tile` pixels. */
export async function bytesNeededTiled(
  { device, winograd, ...parts }: Omit<ProblemParts, 'styleSizes'>,
  size: Size,
  tile: number,
): Promise<number> {
  const functions = await tiledFunctions({ ...parts, device, size, tile });
  const { pictures, loss, gradient, first, second } = functions;
  const traced: readonly Traceable<unknown>[] = [pictures, loss, gradient, ...first, ...second];
  let [held, peak] = [0, 0];
  for (const { fn, shapes } of traced) {
    const { memory } = await outline(fn, ...shapes, { device, winograd });
    held += COPIES_PREPARED * memory.prepared + COPIES_RUNNING * memory.constants;
    peak = Math.max(peak, memory.peak);
  }
  const arrays = optimiserBytes(parts.variables.length) + arrayBytes(functions, size);
  return device === 'webgpu' ? arrays : held + WORKING * peak + arrays;
}

/** Of the pictures in all octaves, the derivatives by them, and what the content picture's activations are. */
function arrayBytes({ octaves, sums, channels }: TiledFunctions, size: Size): number {
  const areaOf = ({ height, width }: Size) => height * width;
  const pictures = octaves.map((octave) => 2 * 3 * areaOf(sizeAtOctave(size, octave)));
  const targets = sums.map(({ sum, octave, layer }) => {
    const { height, width } = sizeAtOctave(size, octave);
    return sum === 'squares'
      ? channels[layer] * areaOf(layerSize(layer, { rows: height, columns: width }))
      : 0;
  });
  const values = [...pictures, ...targets].reduce((total, each) => total + each, 0);
  return values * Float32Array.BYTES_PER_ELEMENT;
}
