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
 * Costs in multiplications of the direct convolution. The product's are as fast, one for one; what is moved and added for each factor of a
 * transformed tile costs as much as so many of them.
 */
const INPUT_FACTOR = 20;
const OUTPUT_FACTOR = 20;
/** Reading a factor of the transformed filters, which small pictures do not use often. */
const FILTER_FACTOR = 20;
/** It must win clearly: its memory costs, too. */
const CLEARLY = 0.9;

/** The time of Winograd's convolution for that of the direct one, estimated. */
export function winogradRatio({ channelsIn, channelsOut, height, width }: ConvolutionShape): number {
  const [rows, columns] = tilesOf(height, width);
  const factors = INPUTS ** 2;
  const products = factors * channelsIn * channelsOut * (rows * columns + FILTER_FACTOR);
  const transforms = factors * rows * columns * (INPUT_FACTOR * channelsIn + OUTPUT_FACTOR * channelsOut);
  const direct = TAPS ** 2 * channelsIn * channelsOut * height * width;
  return (products + transforms) / direct;
}

export function winogradWins(shape: ConvolutionShape): boolean {
  return winogradRatio(shape) < CLEARLY;
}
