/** Parts of row-major arrays [rows, columns, channels]. */
import type { NDArray } from '../compile';

/** A part of such an array. */
export interface Part {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

/** An array of values [rows, columns, channels]. */
export interface Field {
  data: Float32Array;
  rows: number;
  columns: number;
  channels: number;
}

/** The last three axes of an array are the field. */
export function fieldOf({ data, shape }: NDArray): Field {
  const [rows, columns, channels] = shape.slice(-3) as [number, number, number];
  return { data: data as Float32Array, rows, columns, channels };
}

/** How many elements an array of this shape has. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** A field of zeros. */
export function zeros(rows: number, columns: number, channels: number): Field {
  return { data: new Float32Array(rows * columns * channels), rows, columns, channels };
}

/** A copy of a part of a field. */
export function cut(field: Field, part: Part): Float32Array {
  const result = zeros(part.rows, part.columns, field.channels);
  copy(field, part, result, 0, 0);
  return result.data;
}

/** Adds values to a part of a field. */
export function add({ data, columns, channels }: Field, part: Part, values: Float32Array): void {
  const length = part.columns * channels;
  for (let i = 0; i < part.rows; i++) {
    const to = ((part.row + i) * columns + part.column) * channels;
    for (let k = 0; k < length; k++) data[to + k] += values[i * length + k];
  }
}

/** Copies a part of one field to another; both begin at the places given. */
export function copy(from: Field, part: Part, to: Field, row: number, column: number): void {
  const length = part.columns * from.channels;
  for (let i = 0; i < part.rows; i++) {
    const begin = ((part.row + i) * from.columns + part.column) * from.channels;
    to.data.set(from.data.subarray(begin, begin + length), ((row + i) * to.columns + column) * to.channels);
  }
}

/** Adds one list of numbers to another. */
export function addTo(sum: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i] += values[i];
}
