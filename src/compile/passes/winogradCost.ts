/** Where Winograd's convolution is faster than ONNX Runtime's direct one. */
import { INPUTS, TAPS } from './winogradMatrices';
import { tilesOf } from './winogradTiles';

/** A convolution of 3 x 3 with stride 1. */
export interface ConvolutionShape {
  channelsIn: number;
  channelsOut: number;
  /** Of the output. */
  height: number;
  width: number;
}

/**
 * Costs in multiplications of the direct convolution, set by hand near what bench/winograd.ts gave on two cores with AVX2 (ratios of 1.25
 * for 64 channels in and out, 1.0 for 128, 0.6 for 256, 0.45 for 512) and with AVX-512 (1.3, 0.8, 0.6, 0.5). A multiplication in a product
 * of matrices:
 */
const PRODUCT = 1.45;
/** To make, move and add a factor of a tile, before or after the products. */
const FACTOR = 110;
/** To read a factor of the filters, which a small picture does not use often. */
const FILTER_FACTOR = 4;
/**
 * It must win clearly: its memory costs, too, and a neighbour that is direct would have to turn its blocks of channels round for it. With 128
 * channels in and out, VGG19 as a whole is 3 to 6 % faster without.
 */
const CLEARLY = 0.75;

/** The time of Winograd's convolution for that of the direct one, estimated. */
export function winogradRatio({ channelsIn, channelsOut, height, width }: ConvolutionShape): number {
  const [rows, columns] = tilesOf(height, width);
  const factors = INPUTS ** 2;
  const tiles = rows * columns;
  const products = factors * channelsIn * channelsOut * (PRODUCT * tiles + FILTER_FACTOR);
  const transforms = FACTOR * factors * tiles * (channelsIn + channelsOut);
  const direct = TAPS ** 2 * channelsIn * channelsOut * height * width;
  return (products + transforms) / direct;
}

export function winogradWins(shape: ConvolutionShape): boolean {
  return winogradRatio(shape) < CLEARLY;
}
