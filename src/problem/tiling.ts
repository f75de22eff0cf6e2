/** Whether the network sees a picture whole or in windows, and how large these are. */
import type { Size } from '../picture/image';
import type { Settings } from '../settings';
import { gigabytes } from './memory';

/** Sides of windows in pixels, the fastest first: what neighbours share is computed twice. */
const TILES = [1024, 768, 512, 384] as const;

/** How a picture is seen. */
export interface Tiling {
  /** About how long the sides of a window are, in pixels; undefined for a picture that is seen whole. */
  tile: number | undefined;
  /** Bytes that the run needs. */
  bytes: number;
  /** Why it is not seen whole, in a sentence. */
  why?: string;
}

/** Bytes that a run needs with pictures of a size, seen whole or in windows of about `tile` pixels. */
export type BytesNeeded = (size: Size, tile: number | undefined) => Promise<number>;

/**
 * Whole wherever that fits into the memory, and else in the largest windows that do, unless `wanted` says how.
 *
 * @param available bytes that the process may still take
 */
export async function chooseTiling(
  wanted: Settings['tile'],
  size: Size,
  bytesNeeded: BytesNeeded,
  available: number,
): Promise<Tiling> {
  const side = Math.max(size.width, size.height);
  if (typeof wanted === 'number' && wanted < side) {
    return {
      tile: wanted,
      bytes: await bytesNeeded(size, wanted),
      why: `The network sees the picture in windows of about ${wanted} x ${wanted} pixels, as it was asked to. The picture is the same.`,
    };
  }
  const whole = { tile: undefined, bytes: await bytesNeeded(size, undefined) };
  const tiles = TILES.filter((tile) => tile < side);
  const smallest = tiles.at(-1);
  if (wanted !== 'auto' || whole.bytes <= available || smallest === undefined) return whole;
  const tiled = async (tile: number) => ({
    tile,
    bytes: await bytesNeeded(size, tile),
    why:
      `Seen whole, the picture needs ${gigabytes(whole.bytes)} of memory, and ${gigabytes(available)} are free. ` +
      `So the network sees it in windows of about ${tile} x ${tile} pixels: it becomes the same picture, in about twice the time.`,
  });
  const least = await tiled(smallest);
  if (least.bytes > available) return least.bytes < whole.bytes ? least : whole;
  for (const tile of tiles.slice(0, -1)) {
    const larger = await tiled(tile);
    if (larger.bytes <= available) return larger;
  }
  return least;
}

/** Bytes that a run needs at the least, if it is free to choose how the picture is seen. */
export async function leastBytes(
  wanted: Settings['tile'],
  size: Size,
  bytesNeeded: BytesNeeded,
  available: number,
): Promise<number> {
  const side = Math.max(size.width, size.height);
  if (typeof wanted === 'number') return bytesNeeded(size, wanted < side ? wanted : undefined);
  const whole = await bytesNeeded(size, undefined);
  const smallest = Math.min(...TILES);
  if (wanted === 'whole' || whole <= available || smallest >= side) return whole;
  return Math.min(whole, await bytesNeeded(size, smallest));
}
