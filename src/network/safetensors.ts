/** Reads and writes safetensors files: a JSON header with each array's type, shape and place, then the arrays' bytes, little-endian. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { writeWholeFile } from '../wholeFile';
import { fromHalf, toHalf } from './float16';
import { type Dtype, type Header, Malformed, parseHeader } from './safetensorsHeader';

export type SafeArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array;

export interface SafeTensor {
  shape: readonly number[];
  data: SafeArray;
  /** Whether a Float32Array is stored as float16, at half the size and with 11 significant bits. It is read as a Float32Array again. */
  isHalf?: boolean;
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

function typeName(data: SafeArray): TypeName {
  return (Object.keys(TYPES) as TypeName[]).find((name) => data instanceof TYPES[name]) as TypeName;
}

/** An array as the file has it. */
function stored({ data, isHalf }: SafeTensor): { dtype: Dtype; data: SafeArray | Uint16Array } {
  if (isHalf && data instanceof Float32Array) return { dtype: 'F16', data: toHalf(data) };
  return { dtype: typeName(data), data };
}

/** The file's bytes. Arrays begin at multiples of their element's size, as the format asks. */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  // The largest elements first, so that each array is aligned.
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, shape: tensor.shape, ...stored(tensor) }))
    .sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const { name, shape, dtype, data } of entries) {
    header[name] = { dtype, shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let position = start;
  for (const { data } of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * The arrays of a file.
 *
 * @param name of the file, for messages
 * @throws UserError where the bytes are not a complete safetensors file, or hold a type that is not read here
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): SafeTensors {
  const { entries, metadata, start } = header(bytes, name);
  const tensors = entries.map(({ name: tensor, dtype, shape, from, to }): [string, SafeTensor] => {
    // A copy, because the arrays lie at any byte and their numbers must be aligned.
    const { buffer } = Uint8Array.from(bytes.subarray(start + from, start + to));
    if (dtype === 'F16') return [tensor, { shape, data: fromHalf(new Uint16Array(buffer)), isHalf: true }];
    if (!isReadable(dtype)) {
      throw new UserError(
        `${tensor} in ${name} is of the type ${dtype}, which Wheatfield does not read. ` +
          `Convert it to one of F16, ${Object.keys(TYPES).join(', ')}.`,
      );
    }
    return [tensor, { shape, data: new TYPES[dtype](buffer) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function header(bytes: Uint8Array, name: string): Header {
  try {
    return parseHeader(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new UserError(
      `${name} is not a whole safetensors file: ${error.message}. Fetch it again, or name another file.`,
      { cause: error },
    );
  }
}

function isReadable(dtype: Dtype): dtype is TypeName {
  return Object.hasOwn(TYPES, dtype);
}

/** @throws UserError where the file cannot be read, is damaged or of another kind */
export async function readSafetensors(file: string): Promise<SafeTensors> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`Cannot read the weights ${file}: ${(error as Error).message}. Name another file.`, {
      cause: error,
    });
  });
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
