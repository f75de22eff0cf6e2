import { UserError } from '../errors';
import { kernel } from './kernel';

/** Variables taken together, so that what one product has read is still in the cache for the next. */
export const blockLength = 4096;

const bytesPerNumber = Float64Array.BYTES_PER_ELEMENT;
const bytesPerBlock = blockLength * bytesPerNumber;
const pageSize = 65536;
/** 32-bit addresses reach no further. */
const greatestMemory = 65536 * pageSize;

/** kernel.wat's functions; v's `bytes` are gone through with 4 * groups vectors and their coefficients. */
type Loop = (vectors: number, groups: number, v: number, bytes: number, coefficients: number) => void;

const compiledKernel = new WebAssembly.Module(Buffer.from(kernel, 'base64'));

/**
 * The last m pairs of steps and gradient changes, s = x' - x and y = g' - g, and the two products that all of
 * L-BFGS-B's work on long vectors comes down to. Each vector is contiguous; pairs are ordered oldest first.
 *
 * The pairs lie in a WebAssembly memory of their own, because only WebAssembly has SIMD: it is taken whole at the
 * beginning, filled with zeros which the system provides when they are first written, and freed with the last view.
 */
export class Corrections {
  readonly s: Float64Array[] = [];
  readonly y: Float64Array[] = [];
  private readonly spare: Float64Array[] = [];

  private readonly products: Loop;
  private readonly combination: Loop;
  /** Where the block of each vector begins: y_0, y_1 .., s_0, s_1 .., zeros up to a multiple of 4. */
  private readonly addresses: Uint32Array;
  /** A number for each vector: its weight, or its product. */
  private readonly coefficients: Float64Array;
  /** A block of zeros, which fills the last group of 4 vectors. */
  private readonly zeros: Float64Array;
  /** The block of the vector that the pairs are multiplied with or added to. */
  private readonly block: Float64Array;

  /** @throws UserError where the pairs are more than a WebAssembly memory, or this machine, can hold. */
  constructor(
    readonly n: number,
    readonly m: number,
  ) {
    const vectors = 4 * Math.ceil(m / 2);
    // Whole cache lines, zeros in the rest, and an odd number of them: vectors that begin a power of 2 apart would drive
    // each other out of the cache.
    const bytesPerVector = 64 * (Math.ceil(n / 8) | 1);
    const head = 16 * vectors + 2 * bytesPerBlock;
    const { buffer, exports } = instantiateKernel(head + 2 * m * bytesPerVector, n, m);
    this.products = exports.products as Loop;
    this.combination = exports.combination as Loop;
    this.coefficients = new Float64Array(buffer, 0, vectors);
    this.addresses = new Uint32Array(buffer, 8 * vectors, vectors);
    this.zeros = new Float64Array(buffer, 16 * vectors, blockLength);
    this.block = new Float64Array(buffer, 16 * vectors + bytesPerBlock, blockLength);
    for (let k = 2 * m - 1; k >= 0; k--) {
      this.spare.push(new Float64Array(buffer, head + k * bytesPerVector, n));
    }
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
    if (this.count === 0) return;
    this.run(this.products, start, v);
    for (let k = 0; k < 2 * this.count; k++) products[k] += this.coefficients[k];
  }

  /**
   * v += sum over j of ofY[j] y_j + ofS[j] s_j, over some of the variables only.
   * @param start the first of them
   * @param v their values, at most blockLength
   */
  addCombination(start: number, v: Float64Array, ofY: Float64Array, ofS: Float64Array): void {
    const { coefficients, block, count } = this;
    if (count === 0) return;
    coefficients.fill(0);
    for (let j = 0; j < count; j++) {
      coefficients[j] = ofY[j];
      coefficients[count + j] = ofS[j];
    }
    this.run(this.combination, start, v);
    v.set(v.length === blockLength ? block : block.subarray(0, v.length));
  }

  private run(loop: Loop, start: number, v: Float64Array): void {
    const { s, y, count, addresses, zeros, block } = this;
    const offset = start * bytesPerNumber;
    const groups = Math.ceil(count / 2);
    addresses.fill(zeros.byteOffset, 2 * count, 4 * groups);
    for (let j = 0; j < count; j++) {
      addresses[j] = y[j].byteOffset + offset;
      addresses[count + j] = s[j].byteOffset + offset;
    }
    const whole = 4 * Math.ceil(v.length / 4);
    block.set(v);
    block.fill(0, v.length, whole);
    loop(
      addresses.byteOffset,
      groups,
      block.byteOffset,
      whole * bytesPerNumber,
      this.coefficients.byteOffset,
    );
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

/** The kernel with a memory of at least so many bytes. */
function instantiateKernel(
  bytes: number,
  n: number,
  m: number,
): { buffer: ArrayBuffer; exports: WebAssembly.Exports } {
  if (bytes > greatestMemory) {
    const most = Math.floor(greatestMemory / (2 * m * bytesPerNumber));
    throw new UserError(
      `Expected at most ${most} variables for m = ${m}, whose pairs fill 4 GiB then, but got ${n}: choose a smaller m or a smaller problem.`,
    );
  }
  const pages = Math.ceil(bytes / pageSize);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(compiledKernel, { corrections: { memory } });
    return { buffer: memory.buffer, exports };
  } catch (error) {
    throw new UserError(
      `Expected ${(bytes / 1e9).toFixed(1)} GB of memory for m = ${m} pairs of ${n} variables, but they cannot be had (${(error as Error).message}): choose a smaller m or a smaller problem.`,
    );
  }
}
