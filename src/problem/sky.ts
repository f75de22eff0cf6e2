/**
 * The sky of a picture as a mask, from nothing but the picture: in each column it reaches from the top down to the first edge that is
 * strong enough. How strong that is differs from picture to picture: the border is best where the colours above it are most alike, and
 * those below it too. Source: Shen and Wang 2013, "Sky Region Detection in a Single Image for Autonomous Ground Robot Navigation".
 *
 * It finds a plain sky, and a horizon with nothing before it but what reaches down from it. Strong clouds and a sky behind branches are
 * beyond it.
 */
import { EigenvalueDecomposition, Matrix, determinant } from 'ml-matrix';
import { UserError } from '../errors';
import type { Mask } from '../losses/regions';
import { luminancePicture } from '../picture/color';
import { type Picture, type Size, loadImage } from '../picture/image';

/** The long side at which the sky is looked for, in pixels: with more, grain and leaves become edges. */
const SIDE = 320;
/** The strengths of edges that are tried, in levels a pixel times Sobel's 8. */
const THRESHOLDS = Array.from({ length: 120 }, (_, i) => 5 * (i + 1));
/** How much more the colours above the border count than those below it. */
const SKY_COUNTS = 2;
/** A smaller share of the picture, or a greater one, is what the search makes of a picture without a sky. */
const SHARES = { least: 0.1, most: 0.9 } as const;
/** In columns. What is narrower, such as a mast, does not cut the sky. */
const NARROW = 5;

/**
 * @returns 1 in the sky and 0 below it, at the long side of 320 pixels or the picture's own
 * @throws UserError where no sky is found
 */
export async function skyMask(picture: Picture): Promise<Mask> {
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const small = await loadImage(picture, {
    size: { width: side(picture.width), height: side(picture.height) },
  });
  const edges = edgesOf(small);
  const moments = momentsOf(small);
  let best: { energy: number; border: number[] } | undefined;
  for (const threshold of THRESHOLDS) {
    const border = borderAt(edges, small, threshold);
    const energy = energyOf(moments, small, border);
    if (energy > (best?.energy ?? 0)) best = { energy, border };
  }
  const border = smooth(best?.border ?? []);
  const share = border.reduce((sum, rows) => sum + rows, 0) / (small.width * small.height);
  if (share < SHARES.least || share > SHARES.most) {
    throw new UserError('No plain sky is found in the content picture. Give --mask a grey picture instead.');
  }
  const data = new Float32Array(small.width * small.height);
  border.forEach((rows, x) => {
    for (let y = 0; y < rows; y++) data[y * small.width + x] = 1;
  });
  return { width: small.width, height: small.height, data };
}

/** How strong the edge at each pixel is: the length of Sobel's gradient of luminance. Beyond the borders the last pixel is repeated. */
function edgesOf(picture: Picture): Float64Array {
  const { width, height } = picture;
  const { data } = luminancePicture(picture);
  const clamp = (i: number, length: number) => Math.min(Math.max(i, 0), length - 1);
  const at = (y: number, x: number) => data[3 * (clamp(y, height) * width + clamp(x, width))];
  const across = (y: number, x: number) => at(y, x + 1) - at(y, x - 1);
  const down = (y: number, x: number) => at(y + 1, x) - at(y - 1, x);
  return Float64Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return Math.hypot(
      across(y - 1, x) + 2 * across(y, x) + across(y + 1, x),
      down(y, x - 1) + 2 * down(y, x) + down(y, x + 1),
    );
  });
}

/** For each column, how many rows lie above the first edge that is stronger than the threshold. */
function borderAt(edges: Float64Array, { width, height }: Picture, threshold: number): number[] {
  return Array.from({ length: width }, (_, x) => {
    let y = 0;
    while (y < height && edges[y * width + x] <= threshold) y++;
    return y;
  });
}

/** Red, green and blue, and the products of which a covariance is made. */
const PRODUCTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 1],
  [1, 2],
  [2, 2],
] as const;
const MOMENTS = 3 + PRODUCTS.length;

/** For each column and number of rows, the sums of colours and of their products over that many rows from the top. */
function momentsOf({ width, height, data }: Picture): Float64Array {
  const row = width * MOMENTS;
  const sums = new Float64Array((height + 1) * row);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [above, below] = [pixel * MOMENTS, pixel * MOMENTS + row];
    const colour = data.subarray(3 * pixel, 3 * pixel + 3);
    for (let i = 0; i < 3; i++) sums[below + i] = sums[above + i] + colour[i];
    PRODUCTS.forEach(([a, b], i) => (sums[below + 3 + i] = sums[above + 3 + i] + colour[a] * colour[b]));
  }
  return sums;
}

/** How good a border is. 0 where one side has too few pixels for a distribution of colours. */
function energyOf(moments: Float64Array, { width, height }: Size, border: readonly number[]): number {
  const sumsOver = (rows: readonly number[]) => {
    const sums = new Float64Array(MOMENTS);
    rows.forEach((count, x) => {
      for (let i = 0; i < MOMENTS; i++) sums[i] += moments[(count * width + x) * MOMENTS + i];
    });
    return { sums, pixels: rows.reduce((sum, count) => sum + count, 0) };
  };
  const all = sumsOver(border.map(() => height));
  const above = sumsOver(border);
  const below = { sums: all.sums.map((sum, i) => sum - above.sums[i]), pixels: all.pixels - above.pixels };
  if (Math.min(above.pixels, below.pixels) < width) return 0;
  return 1 / (SKY_COUNTS * spreadOf(above) + spreadOf(below));
}

/** How much colours differ: the determinant of their covariance and its greatest eigenvalue, in levels from 0 to 255. */
function spreadOf({ sums, pixels }: { sums: Float64Array; pixels: number }): number {
  const covariance = Matrix.zeros(3, 3);
  PRODUCTS.forEach(([a, b], i) => {
    const value = sums[3 + i] / pixels - (sums[a] / pixels) * (sums[b] / pixels);
    covariance.set(a, b, value).set(b, a, value);
  });
  const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  return Math.abs(determinant(covariance)) + Math.max(...realEigenvalues.map(Math.abs));
}

/** The median of neighbouring columns. */
function smooth(border: readonly number[]): number[] {
  const half = Math.floor(NARROW / 2);
  return border.map((_, x) => {
    const near = border.slice(Math.max(0, x - half), x + half + 1).sort((a, b) => a - b);
    return near[Math.floor(near.length / 2)];
  });
}
