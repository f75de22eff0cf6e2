import { UserError } from '../errors';
import { kernelBase64 } from './kernel';

/** Variables taken together, so that what one product has read is still in the cache for the next. */
export const blockLength = 4096;

const bytesPerNumber = Float64Array.BYTES_PER_ELEMENT;
/** kernel.wat's group. */
const pairsPerGroup = 2;
const pageSize = 65536;
/** 32-bit addresses reach no further. */
const greatestMemory = 65536 * pageSize;

/** SciPy's m. */
const usualPairs = 10;

/** How many pairs to keep of so many variables: SciPy's 10, or as many as a WebAssembly memory holds, but one at the least. */
export function pairsFor(n: number): number {
  for (let m = usualPairs; m > 1; m--) if (numbersIn(n, m) * bytesPerNumber <= greatestMemory) return m;
  return 1;
}

/** Whole cache lines, and an odd number of them: vectors that begin a power of 2 apart would drive each other out of the cache. */
function numbersPerVector(n: number): number {
  return 8 * (Math.ceil(n / 8) | 1);
}

/** y and s of each pair, and zeros where the last group is not full. */
function vectorsIn(m: number): number {
  return 2 * pairsPerGroup * Math.ceil(m / pairsPerGroup);
}

/** What lies in the memory: three blocks, three numbers for each vector, and the vectors. */
function numbersIn(n: number, m: number): number {
  return 3 * blockLength + 3 * vectorsIn(m) + 2 * m * numbersPerVector(n);
}

/** kernel.wat's functions, which say more; all but `groups` and `bytes` are addresses. */
interface Kernel {
  products(
    vectors: number,
    groups: number,
    u: number,
    v: number,
    bytes: number,
    productsOfU: number,
    productsOfV: number,
  ): void;
  combination(vectors: number, groups: number, v: number, bytes: number, coefficients: number): void;
}

const compiledKernel = new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));

/**
 * The last m pairs of steps and gradient changes, s = x' - x and y = g' - g, and the two products that make up all of L-BFGS-B's work on
 * long vectors. Each vector is contiguous; pairs are ordered oldest first.
 *
 * The pairs lie in a WebAssembly memory of their own, because only WebAssembly has SIMD: it is taken whole at the
 * beginning, filled with zeros which the system provides when they are first written, and freed with the last view.
 */
export class Corrections {
  readonly s: Float64Array[] = [];
  readonly y: Float64Array[] = [];
  private readonly spare: Float64Array[] = [];

  private readonly kernel: Kernel;
  /** Where the block of each vector begins: y_0, s_0, y_1, s_1 .., and zeros where the last group is not full. */
  private readonly addresses: Uint32Array;
  /** A number for each vector in the same order: its product with u or with v, or its weight. */
  private readonly ofU: Float64Array;
  private readonly ofV: Float64Array;
  /** The blocks of the vectors that the pairs are multiplied with or added to. */
  private readonly blockOfU: Float64Array;
  private readonly blockOfV: Float64Array;
  private readonly unused: Float64Array;
  /** A block of zeros, which fills the last group. */
  private readonly zeros: Float64Array;

  /** @throws UserError where the pairs are more than a WebAssembly memory, or this machine, can hold. */
  constructor(
    readonly n: number,
    readonly m: number,
  ) {
    const vectors = vectorsIn(m);
    const { buffer, kernel } = instantiate(numbersIn(n, m) * bytesPerNumber, n, m);
    this.kernel = kernel;

    let taken = 0;
    const take = (length: number, room = length) => {
      const view = new Float64Array(buffer, taken, length);
      taken += room * bytesPerNumber;
      return view;
    };
    this.blockOfU = take(blockLength);
    this.blockOfV = take(blockLength);
    this.zeros = take(blockLength);
    for (let k = 0; k < 2 * m; k++) this.spare.push(take(n, numbersPerVector(n)));
    this.ofU = take(vectors);
    this.ofV = take(vectors);
    this.unused = new Float64Array(2 * m);
    this.addresses = new Uint32Array(buffer, taken, vectors);
  }

  get count(): number {
    return this.s.length;
  }

  /** Forgets all pairs; their memory serves the next ones. */
  clear(): void {
    this.spare.push(...this.s.splice(0), ...this.y.splice(0));
  }

  /** Appends a pair with unspecified contents, dropping the oldest when m are held already. */
  append(): { s: Float64Array; y: Float64Array } {
    if (this.count === this.m) this.spare.push(...this.s.splice(0, 1), ...this.y.splice(0, 1));
    const s = this.spare.pop() as Float64Array;
    const y = this.spare.pop() as Float64Array;
    this.s.push(s);
    this.y.push(y);
    return { s, y };
  }

  /**
   * products[j] += y_j.v and products[count + j] += s_j.v, over some of the variables only.
   * @param start the first of them
   * @param v their values, at most blockLength
   */
  addProducts(start: number, v: Float64Array, products: Float64Array): void {
    this.addProductsOfTwo(start, v, v, products, this.unused);
  }

  /** As addProducts, for two vectors in one reading of the pairs, which takes hardly longer. */
  addProductsOfTwo(
    start: number,
    u: Float64Array,
    v: Float64Array,
    productsOfU: Float64Array,
    productsOfV: Float64Array,
  ): void {
    const { kernel, addresses, ofU, ofV, blockOfU, blockOfV, count } = this;
    if (count === 0) return;
    for (let j = 0; j < count; j++) {
      ofU[2 * j] = productsOfU[j];
      ofU[2 * j + 1] = productsOfU[count + j];
      ofV[2 * j] = productsOfV[j];
      ofV[2 * j + 1] = productsOfV[count + j];
    }
    const groups = this.address(start);
    const bytes = this.place(u, blockOfU);
    this.place(v, blockOfV);
    kernel.products(
      addresses.byteOffset,
      groups,
      blockOfU.byteOffset,
      blockOfV.byteOffset,
      bytes,
      ofU.byteOffset,
      ofV.byteOffset,
    );
    for (let j = 0; j < count; j++) {
      productsOfU[j] = ofU[2 * j];
      productsOfU[count + j] = ofU[2 * j + 1];
      productsOfV[j] = ofV[2 * j];
      productsOfV[count + j] = ofV[2 * j + 1];
    }
  }

  /**
   * v += sum over j of ofY[j] y_j + ofS[j] s_j, over some of the variables only.
   * @param start the first of them
   * @param v their values, at most blockLength
   */
  addCombination(start: number, v: Float64Array, ofY: Float64Array, ofS: Float64Array): void {
    const { kernel, addresses, ofV, blockOfV, count } = this;
    if (count === 0) return;
    for (let j = 0; j < count; j++) {
      ofV[2 * j] = ofY[j];
      ofV[2 * j + 1] = ofS[j];
    }
    const groups = this.address(start);
    ofV.fill(0, 2 * count, 2 * pairsPerGroup * groups);
    const bytes = this.place(v, blockOfV);
    kernel.combination(addresses.byteOffset, groups, blockOfV.byteOffset, bytes, ofV.byteOffset);
    v.set(v.length === blockLength ? blockOfV : blockOfV.subarray(0, v.length));
  }

  /** Copies v into a block; returns how many bytes the kernel takes of it, two numbers at a time. */
  private place(v: Float64Array, block: Float64Array): number {
    block.set(v);
    if (v.length % 2 === 0) return v.byteLength;
    block[v.length] = 0;
    return v.byteLength + bytesPerNumber;
  }

  /** Writes down where the vectors' variables from `start` on lie; returns how many groups that makes. */
  private address(start: number): number {
    const { s, y, count, addresses, zeros } = this;
    const offset = start * bytesPerNumber;
    for (let j = 0; j < count; j++) {
      addresses[2 * j] = y[j].byteOffset + offset;
      addresses[2 * j + 1] = s[j].byteOffset + offset;
    }
    const groups = Math.ceil(count / pairsPerGroup);
    addresses.fill(zeros.byteOffset, 2 * count, 2 * pairsPerGroup * groups);
    return groups;
  }

  /** products[j] += weight * y_j[i] and products[count + j] += weight * s_j[i], for the one variable i. */
  addProductsOf(i: number, weight: number, products: Float64Array): void {
    const { s, y, count } = this;
    for (let j = 0; j < count; j++) {
      products[j] += weight * y[j][i];
      products[count + j] += weight * s[j][i];
    }
  }

  /** row = [y_0[i] .. y_last[i], s_0[i] .. s_last[i]]: what the pairs say about variable i. */
  readVariable(i: number, row: Float64Array): void {
    const { s, y, count } = this;
    for (let j = 0; j < count; j++) {
      row[j] = y[j][i];
      row[count + j] = s[j][i];
    }
  }
}

/** The kernel with a memory of its own, of at least so many bytes. */
function instantiate(bytes: number, n: number, m: number): { buffer: ArrayBuffer; kernel: Kernel } {
  if (bytes > greatestMemory) {
    const most = Math.floor(greatestMemory / (2 * m * bytesPerNumber));
    throw new UserError(
      `${n} variables are too many for m = ${m}, because the pairs of ${most} fill 4 GiB. Choose a smaller m or a smaller problem.`,
    );
  }
  const pages = Math.ceil(bytes / pageSize);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(compiledKernel, { corrections: { memory } });
    return { buffer: memory.buffer, kernel: instance.exports as unknown as Kernel };
  } catch (error) {
    throw new UserError(
      `There is no memory for m = ${m} pairs of ${n} variables, ${(bytes / 1e9).toFixed(1)} GB (${(error as Error).message}). ` +
        'Choose a smaller m or a smaller problem.',
      { cause: error },
    );
  }
}
