/** Which pixels a layer's positions see. */
import { layersUpTo } from '../network/vgg19';

/** Position p of a layer sees the pixels from p stride - before to p stride + after, along each axis. */
export interface Reach {
  stride: number;
  before: number;
  after: number;
}

/**
 * The reach of a layer of VGG19's form, from its 3 x 3 convolutions and 2 x 2 pools.
 *
 * @throws UserError for a name that VGG19 does not have
 */
export function reachOf(layer: string): Reach {
  let [stride, before, after] = [1, 0, 0];
  for (const { kind } of layersUpTo([layer])) {
    if (kind === 'conv') {
      before += stride;
      after += stride;
    } else {
      after += stride;
      stride *= 2;
    }
  }
  return { stride, before, after };
}

/** How many positions a layer has along a side of so many pixels: pools leave out what is over. */
export function positionsOf(pixels: number, { stride }: Reach): number {
  return Math.floor(pixels / stride);
}
