/**
 * The header of a safetensors file, checked against the format's specification: every array's type, shape and place are right, and
 * together the arrays fill what follows the header, without overlaps and without holes.
 */

/** Bytes of one number, by the format's name of its type. */
const BYTES = {
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BF16: 2,
  F16: 2,
  I16: 2,
  U16: 2,
  F32: 4,
  I32: 4,
  U32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type Dtype = keyof typeof BYTES;

/** One array: where its bytes lie, counted from the end of the header. */
export interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  from: number;
  to: number;
}

export interface Header {
  entries: Entry[];
  metadata: Record<string, string>;
  /** Where in the file the arrays' bytes begin. */
  start: number;
}

/** What is wrong with a file, as the end of a sentence. */
export class Malformed extends Error {}

/** The reference implementation's limit, so that no file makes a reader parse more. */
const LONGEST = 100_000_000;

/** @throws Malformed */
export function parseHeader(bytes: Uint8Array): Header {
  if (bytes.length < 8) throw new Malformed(`it has ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > LONGEST || Number(length) > bytes.length - 8) throw new Malformed('its header is cut short');
  const start = 8 + Number(length);
  const { __metadata__: metadata = {}, ...arrays } = record(json(bytes.subarray(8, start)), 'its header');
  const text = parseMetadata(metadata);
  const entries = Object.entries(arrays).map(([name, value]) => parseEntry(name, value));
  assertFilled(entries, bytes.length - start);
  return { entries, metadata: text, start };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Malformed('its header is not JSON');
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Malformed(`${what} is not a list of names and values`);
}

function parseMetadata(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value, '__metadata__'));
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new Malformed('__metadata__ holds something else than text');
  }
  return Object.fromEntries(entries);
}

function parseEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = record(value, name);
  if (!isDtype(dtype)) throw new Malformed(`${name} is of the unknown type ${JSON.stringify(dtype)}`);
  if (!isCounts(shape)) throw new Malformed(`${name} has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new Malformed(`${name} has the offsets ${JSON.stringify(offsets)}`);
  }
  const [from, to] = offsets as [number, number];
  const size = shape.reduce((product, n) => product * n, BYTES[dtype]);
  if (to - from !== size) {
    throw new Malformed(`${name} needs ${size} bytes and has the offsets ${from} to ${to}`);
  }
  return { name, dtype, shape, from, to };
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(BYTES, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** @throws Malformed where bytes belong to two arrays or to none */
function assertFilled(entries: readonly Entry[], length: number): void {
  let end = 0;
  for (const { name, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < end) throw new Malformed(`${name} overlaps the array before it`);
    if (from > end) throw new Malformed(`its bytes ${end} to ${from}, before ${name}, belong to no array`);
    end = to;
  }
  if (end > length) throw new Malformed(`it has ${length} of the ${end} bytes that its header names`);
  if (end < length) throw new Malformed(`its bytes ${end} to ${length} belong to no array`);
}
