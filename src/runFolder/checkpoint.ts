/**
 * A checkpoint as a file: everything that a run needs to continue, float64 unrounded. A header in V8's serialisation has placeholders for
 * the arrays, whose bytes follow in the same order. The arrays are not copied, because at 100 MB and more that would be noticeable.
 */
import { readFile } from 'node:fs/promises';
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
  const data = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UserError(
      `Cannot read the checkpoint ${file}: ${error.message}. Fix this, or start a new run with wheatfield transfer --force.`,
      { cause: error },
    );
  });
  if (!data) return undefined;
  try {
    return parsed(data);
  } catch (error) {
    throw new UserError(
      `${file} is not a whole checkpoint (${FORMAT}). Start a new run with wheatfield transfer --force.`,
      { cause: error },
    );
  }
}

function parsed(data: Buffer): Checkpoint {
  if (data.toString('latin1', 0, FORMAT.length) !== FORMAT) throw new RangeError('another format');
  const headerAt = FORMAT.length + 4;
  let position = headerAt + data.readUInt32LE(FORMAT.length);
  const outline: unknown = deserialize(data.subarray(headerAt, position));
  return replace(outline, isPlaceholder, ({ arrayType, length }) => {
    const { BYTES_PER_ELEMENT } = ARRAYS[arrayType];
    // A copy, because the arrays lie at any byte and float64 must begin at an eighth.
    const bytes = Uint8Array.from(data.subarray(position, (position += length * BYTES_PER_ELEMENT)));
    return new ARRAYS[arrayType](bytes.buffer, 0, length);
  }) as Checkpoint;
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
