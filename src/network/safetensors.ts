/** Reads and writes safetensors files: a JSON header with each array's type, shape and place, then the arrays' bytes, little-endian. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { writeWholeFile } from '../wholeFile';

export type SafeArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array;

export interface SafeTensor {
  shape: readonly number[];
  data: SafeArray;
}

export interface SafeTensors {
  tensors: Record<string, SafeTensor>;
  /** Text by name: the header's __metadata__. */
  metadata: Record<string, string>;
}

const TYPES = {
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  U8: Uint8Array,
  I32: Int32Array,
} as const;
type TypeName = keyof typeof TYPES;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function typeName(data: SafeArray): TypeName {
  return (Object.keys(TYPES) as TypeName[]).find((name) => data instanceof TYPES[name]) as TypeName;
}

/** The file's bytes. Arrays begin at multiples of their element's size, as the format asks. */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  // The largest elements first, so that each array is aligned.
  const entries = Object.entries(tensors).sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, data }] of entries) {
    header[name] = { dtype: typeName(data), shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let position = start;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * The arrays of a file.
 *
 * @param name of the file, for messages
 * @throws UserError where the bytes are no whole safetensors file, or hold a type that is not read here
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): SafeTensors {
  const { start, header } = readHeader(bytes, name);
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: Record<string, SafeTensor> = {};
  for (const [tensor, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const Type = TYPES[dtype as TypeName] as (typeof TYPES)[TypeName] | undefined;
    if (!Type) {
      throw new UserError(
        `Expected arrays of ${Object.keys(TYPES).join(', ')} in ${name}, but ${tensor} is ${dtype}.`,
      );
    }
    const [from, to] = data_offsets;
    const size = shape.reduce((product, n) => product * n, Type.BYTES_PER_ELEMENT);
    if (to - from !== size || start + to > bytes.length) throw damaged(name);
    tensors[tensor] = {
      shape,
      data: new Type(new Uint8Array(bytes.subarray(start + from, start + to)).buffer),
    };
  }
  return { tensors, metadata: metadata as unknown as Record<string, string> };
}

function readHeader(bytes: Uint8Array, name: string): { start: number; header: Record<string, Entry> } {
  if (bytes.length < 8) throw damaged(name);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) throw damaged(name);
  try {
    const text = Buffer.from(bytes.subarray(8, 8 + length)).toString();
    return { start: 8 + length, header: JSON.parse(text) as Record<string, Entry> };
  } catch {
    throw damaged(name);
  }
}

function damaged(name: string): UserError {
  return new UserError(
    `Expected a whole safetensors file, but ${name} is cut short, damaged or another kind.`,
  );
}

/** @throws UserError where the file is missing, damaged or of another kind */
export async function readSafetensors(file: string): Promise<SafeTensors> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) throw new UserError(`Expected weights at ${file}, but there is no such file.`);
  return decodeSafetensors(bytes, file);
}

/**
 * Writes the file, whole or not at all, and its folder where there is none.
 *
 * @throws UserError where it cannot be written
 */
export async function writeSafetensors(file: string, content: SafeTensors): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeWholeFile(file, [encodeSafetensors(content)]);
}
