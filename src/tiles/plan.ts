/** How a picture is cut into windows, octave by octave: one length for all windows of an octave, so that they share their functions. */
import { sizeAtOctave } from '../losses/octaves';
import type { Size } from '../picture/image';
import type { Part } from './arrays';
import { type Reach, positionsOf, reachOf } from './reach';
import { type Side, sideInWindows, spanOf } from './windows';

/** The windows of an octave, and what is looked at in them. */
export interface OctavePlan<Wanted extends Place = Place> {
  octave: number;
  rows: Side;
  columns: Side;
  /** What is looked at, by its layer. */
  wanted: readonly Wanted[];
}

interface Place {
  octave: number;
  layer: string;
}

/** A window by its place among the others. */
export interface Window {
  row: number;
  column: number;
}

/**
 * The octaves in which something is looked at, each in windows of about `tile` pixels.
 *
 * @param size of the picture in full
 */
export function octavePlans<Wanted extends Place>(
  wanted: readonly Wanted[],
  size: Size,
  tile: number,
): OctavePlan<Wanted>[] {
  const octaves = [...new Set(wanted.map(({ octave }) => octave))].sort((a, b) => a - b);
  return octaves.map((octave) => {
    const here = wanted.filter((each) => each.octave === octave);
    const { height, width } = sizeAtOctave(size, octave);
    const reaches = here.map(({ layer }) => reachOf(layer));
    return {
      octave,
      rows: sideInWindows(height, tile, reaches),
      columns: sideInWindows(width, tile, reaches),
      wanted: here,
    };
  });
}

/** Every window, row by row. */
export function windowsOf({ rows, columns }: OctavePlan): Window[] {
  return rows.starts.flatMap((_, row) => columns.starts.map((__, column) => ({ row, column })));
}

/** The pixels of a window. */
export function pixelsOf({ rows, columns }: OctavePlan, { row, column }: Window): Part {
  return {
    row: rows.starts[row],
    column: columns.starts[column],
    rows: rows.length,
    columns: columns.length,
  };
}

/** A layer's positions in a window, among those of the whole picture. */
export function positionsIn(plan: OctavePlan, window: Window, layer: string): Part {
  const reach = reachOf(layer);
  const part = pixelsOf(plan, window);
  return {
    row: part.row / reach.stride,
    column: part.column / reach.stride,
    rows: positionsOf(part.rows, reach),
    columns: positionsOf(part.columns, reach),
  };
}

/** Those of them that count in this window and in no other. */
export function countedIn({ rows, columns }: OctavePlan, { row, column }: Window, layer: string): Part {
  const reach = reachOf(layer);
  const [down, across] = [spanOf(rows, row, reach), spanOf(columns, column, reach)];
  return {
    row: down.begin,
    column: across.begin,
    rows: down.end - down.begin,
    columns: across.end - across.begin,
  };
}

/** A layer's size in a picture, or in a window, of so many rows and columns. */
export function layerSize(layer: string, { rows, columns }: { rows: number; columns: number }): Size {
  const reach: Reach = reachOf(layer);
  return { height: positionsOf(rows, reach), width: positionsOf(columns, reach) };
}
