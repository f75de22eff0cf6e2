/**
 * A checkpoint as a file: everything that a run needs to continue, float64 unrounded. A header in V8's serialisation has placeholders for
 * the arrays, whose bytes follow in the same order. The arrays are not copied, because at 100 MB and more that would be noticeable.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { UserError } from '../errors';
import type { Checkpoint } from '../transfer/checkpoint';
import { writeWholeFile } from '../wholeFile';

const FORMAT = 'wheatfield-checkpoint-1';
const ARRAYS = { Float64Array, Int8Array, Uint8Array } as const;
type StoredArray = Float64Array | Int8Array | Uint8Array;

/** Stands for an array in the header. */
interface Placeholder {
  arrayType: keyof typeof ARRAYS;
  length: number;
}

/** @throws UserError where it cannot be written; the previous checkpoint is then intact */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const arrays: StoredArray[] = [];
  const outline = replace(checkpoint, isArray, (array): Placeholder => {
    arrays.push(array);
    return { arrayType: array.constructor.name as keyof typeof ARRAYS, length: array.length };
  });
  const header = serialize(outline);
  const preamble = Buffer.alloc(FORMAT.length + 4);
  preamble.write(FORMAT, 'latin1');
  preamble.writeUInt32LE(header.length, FORMAT.length);
  const bytes = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  await writeWholeFile(file, [preamble, header, ...bytes]);
}

/**
 * @returns undefined where there is none, as before a run's first iteration is done
 * @throws UserError where the file is something else
 */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  const cannot = (error: Error) =>
    new UserError(
      `Cannot read the checkpoint ${file}: ${error.message}. Fix this, or start a new run with wheatfield transfer --force.`,
      { cause: error },
    );
  const opened = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannot(error);
  });
  if (!opened) return undefined;
  try {
    return await parsed(opened);
  } catch (error) {
    // A folder, say, can be opened but not read.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw cannot(error as Error);
    throw new UserError(
      `${file} is not a whole checkpoint (${FORMAT}). Start a new run with wheatfield transfer --force.`,
      { cause: error },
    );
  } finally {
    await opened.close();
  }
}

/** Array by array, because Node.js reads no file of more than 2 GiB at once. */
async function parsed(file: FileHandle): Promise<Checkpoint> {
  const { size } = await file.stat();
  const preamble = await readBytes(file, new Uint8Array(FORMAT.length + 4));
  if (Buffer.from(preamble).toString('latin1', 0, FORMAT.length) !== FORMAT)
    throw new RangeError('another format');
  const headerLength = Buffer.from(preamble).readUInt32LE(FORMAT.length);
  let left = size - preamble.length - headerLength;
  if (left < 0) throw new RangeError('a header beyond the end');
  const outline: unknown = deserialize(await readBytes(file, new Uint8Array(headerLength)));
  const arrays: StoredArray[] = [];
  const checkpoint = replace(outline, isPlaceholder, ({ arrayType, length }) => {
    const Typed = ARRAYS[arrayType];
    if ((left -= length * Typed.BYTES_PER_ELEMENT) < 0) throw new RangeError('an array beyond the end');
    const array = new Typed(length);
    arrays.push(array);
    return array;
  }) as Checkpoint;
  for (const { buffer, byteLength } of arrays) await readBytes(file, new Uint8Array(buffer, 0, byteLength));
  return checkpoint;
}

/** Fills `bytes` from where the file is read next. */
async function readBytes(file: FileHandle, bytes: Uint8Array): Promise<Uint8Array> {
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
    if (bytesRead === 0) throw new RangeError('a file that ends too early');
    filled += bytesRead;
  }
  return bytes;
}

/** The same nested records and lists with some of their nodes replaced, in order. */
function replace<Node>(
  tree: unknown,
  isNode: (node: unknown) => node is Node,
  replacement: (node: Node) => unknown,
): unknown {
  if (isNode(tree)) return replacement(tree);
  if (Array.isArray(tree)) return tree.map((branch) => replace(branch, isNode, replacement));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([name, branch]) => [name, replace(branch, isNode, replacement)]),
  );
}

function isArray(node: unknown): node is StoredArray {
  return Object.values(ARRAYS).some((type) => node instanceof type);
}

function isPlaceholder(node: unknown): node is Placeholder {
  return typeof node === 'object' && node !== null && 'arrayType' in node;
}
