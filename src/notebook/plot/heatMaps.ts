/** Matrices as heat maps, all on one scale, so that they can be compared; and what a layer's channels see. */
import type { NDArray } from '../../compile';
import { UserError } from '../../errors';
import type { Picture } from '../../picture/image';
import { loadSharp } from '../../picture/sharp';
import { type TensorLike, colourPicture, matrixOf, viridis } from './colours';
import type { Figure } from './figure';
import { type GridOptions, SMALL_PNG, pictureGrid } from './pictures';
import { FONT, drawSvg, escapeXml, textWidth } from '../../picture/text';

export interface HeatMapOptions extends GridOptions {
  /** What the colour stands for, with its unit; written beside the colour bar. */
  label: string;
  /** How values are placed on the colours; log shows four decades, down from the greatest. Default linear. */
  scale?: 'linear' | 'log';
}

const DECADES = 4;
/** The colour bar with its numbers, at least this wide. */
const BAR = 96;
const LABEL_SIZE = 12;

/**
 * A figure of matrices [rows, columns] (Gram matrices, maps of a loss) side by side, with one colour bar for all.
 *
 * @param named tensors, or what compiled functions give, by caption
 * @throws UserError where one is not a matrix, or has a value that is not finite
 */
export function heatMaps(
  named: Readonly<Record<string, TensorLike | NDArray>>,
  { label, scale = 'linear', ...grid }: HeatMapOptions,
): Figure {
  const matrices = Object.entries(named).map(([caption, values]) => [caption, matrixOf(values, 2)] as const);
  for (const [caption, { data }] of matrices) {
    if (!Array.from(data).every(Number.isFinite)) {
      throw new UserError(
        `${caption} has numbers that are not finite and cannot be drawn. Check what it was computed from.`,
      );
    }
  }
  const highest = Math.max(...matrices.map(([, { data }]) => extreme(data, Math.max)));
  const lowest = Math.min(0, ...matrices.map(([, { data }]) => extreme(data, Math.min)));
  const place =
    scale === 'log'
      ? (value: number) => (value <= 0 ? 0 : 1 + Math.log10(value / highest) / DECADES)
      : (value: number) => (value - lowest) / (highest - lowest || 1);
  const maps = Object.fromEntries(
    matrices.map(([caption, matrix]): [string, Picture] => [caption, colourPicture(matrix, place)]),
  );
  const inner = pictureGrid(maps, grid);
  const ticks =
    scale === 'log'
      ? Array.from({ length: DECADES + 1 }, (_, i) => [i / DECADES, highest * 10 ** (i - DECADES)] as const)
      : [0, 0.5, 1].map((at) => [at, lowest + at * (highest - lowest)] as const);
  const barWidth = Math.max(BAR, Math.ceil(textWidth(label, LABEL_SIZE)) + 20);
  const width = inner.width + barWidth;
  return {
    text: `Heat maps of ${label}: ${Object.keys(named).join(', ')}; from ${short(ticks[0]?.[1] ?? 0)} to ${short(highest)}.`,
    width,
    height: inner.height,
    async png() {
      const sharp = await loadSharp();
      return await sharp({ create: { width, height: inner.height, channels: 3, background: 'white' } })
        .composite([
          { input: await inner.png(), left: 0, top: 0 },
          {
            input: await drawSvg(colourBar(barWidth, inner.height, ticks, label)),
            left: inner.width,
            top: 0,
          },
        ])
        .png(SMALL_PNG)
        .toBuffer();
    },
  };
}

/** The bar, its ticks and its label, as an SVG. */
function colourBar(
  width: number,
  height: number,
  ticks: readonly (readonly [at: number, value: number])[],
  label: string,
): string {
  const [top, bottom] = [12, height - 38];
  const y = (at: number) => bottom - at * (bottom - top);
  const stops = Array.from({ length: 21 }, (_, i) => {
    return `<stop offset="${i / 20}" stop-color="rgb(${viridis(i / 20).join()})"/>`;
  });
  const labels = ticks.map(([at, value]) => {
    return `<path d="M30 ${y(at)}h5" stroke="#222"/><text x="38" y="${y(at) + 4}">${short(value)}</text>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" font-size="${LABEL_SIZE}" fill="#222">` +
    `<linearGradient id="g" x1="0" y1="1" x2="0" y2="0">${stops.join('')}</linearGradient>` +
    `<rect x="14" y="${top}" width="16" height="${Math.max(bottom - top, 1)}" fill="url(#g)"/>${labels.join('')}` +
    `<text x="14" y="${height - 9}">${escapeXml(label)}</text></svg>`
  );
}

/**
 * Channels of a layer as grey pictures, each from its own least (black) to its own greatest value (white).
 *
 * @param activations [1, height, width, channels]
 * @param channels which, by number; default the eight whose values vary most
 * @returns pictures by caption
 */
export function featureMaps(
  activations: TensorLike | NDArray,
  channels?: readonly number[],
): Record<string, Picture> {
  const { shape, data } = matrixOf(activations, 3);
  const [height, width, count] = shape as [number, number, number];
  const chosen = channels ?? mostVaried(data, count).slice(0, 8);
  return Object.fromEntries(
    chosen.map((channel) => {
      if (!Number.isInteger(channel) || channel < 0 || channel >= count) {
        throw new UserError(`There is no channel ${channel}. Choose one from 0 to ${count - 1}.`);
      }
      const map = Float32Array.from({ length: height * width }, (_, i) => data[i * count + channel]);
      const [least, greatest] = [extreme(map, Math.min), extreme(map, Math.max)];
      const rgb = new Uint8Array(map.length * 3);
      map.forEach((value, i) =>
        rgb.fill(((value - least) / (greatest - least || 1)) * 255, i * 3, i * 3 + 3),
      );
      return [`channel ${channel}`, { height, width, data: rgb }];
    }),
  );
}

/** The channels' numbers, by the variance of their values, greatest first. */
function mostVaried(data: ArrayLike<number>, count: number): number[] {
  const sums = new Float64Array(count);
  const squares = new Float64Array(count);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    sums[i % count] = sums[i % count] + value;
    squares[i % count] = squares[i % count] + value * value;
  }
  const pixels = data.length / count;
  const variances = squares.map((square, channel) => square / pixels - (sums[channel] / pixels) ** 2);
  return [...variances.keys()].sort((a, b) => variances[b] - variances[a]);
}

function extreme(data: ArrayLike<number>, pick: (a: number, b: number) => number): number {
  return Array.from<number>(data).reduce((found, value) => pick(found, value));
}

function short(value: number): string {
  return value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 10000)
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}
