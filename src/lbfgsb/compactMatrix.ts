import { breathe } from '../eventLoop';
import { blockLength, Corrections } from './corrections';
import { choleskyUpper, solveUpper, solveUpperTransposed } from './linearAlgebra';

/**
 * The limited-memory approximation of the Hessian in compact form, B = theta I - W M W', W = [Y, theta S]
 * (R. H. Byrd, J. Nocedal and R. B. Schnabel, Mathematical Programming 63, 1994). M is never formed: it is applied
 * through S'Y, S'S and the Cholesky factor of T = theta S'S + L D^-1 L', where S'Y = L + D + (what is above).
 */
export class CompactMatrix {
  readonly corrections: Corrections;
  theta = 1;
  /** Pairs taken in since the memory was last empty. */
  updates = 0;
  /** Whether the last finished iteration brought a new pair. */
  updated = false;
  /** S'Y, lower triangle; S'S, upper triangle; the factor of T, upper triangle: all m x m. */
  readonly sy: Float64Array;
  readonly ss: Float64Array;
  readonly factorOfT: Float64Array;
  private readonly newProducts: Float64Array;

  constructor(
    n: number,
    readonly m: number,
  ) {
    this.corrections = new Corrections(n, m);
    this.sy = new Float64Array(m * m);
    this.ss = new Float64Array(m * m);
    this.factorOfT = new Float64Array(m * m);
    this.newProducts = new Float64Array(2 * m);
  }

  get count(): number {
    return this.corrections.count;
  }

  /** Back to B = I, as when the memory proves singular or a line search fails with it. */
  reset(): void {
    this.corrections.clear();
    this.theta = 1;
    this.updates = 0;
    this.updated = false;
  }

  /**
   * Takes in the pair s = step * d, y = g - previousG, given s.y and s.s (matupd, formt).
   *
   * Where the next direction does not depend on the pair, `next` writes it over d, some variables at a time, and its
   * products with the pairs are made in the same reading as those of s.
   * @param next null where the direction depends on the pair; otherwise `products` gets [Y'd; S'd] of the new d.
   * @returns false when T then is not positive definite: reset() is due.
   */
  async update(
    step: number,
    d: Float64Array,
    g: Float64Array,
    previousG: Float64Array,
    sDotY: number,
    sDotS: number,
    next: { extend(start: number, end: number): void; products: Float64Array } | null,
  ): Promise<boolean> {
    const { m, sy, ss, corrections, newProducts } = this;
    this.updated = true;
    this.updates++;
    const { s, y } = corrections.append();
    newProducts.fill(0);
    next?.products.fill(0);
    let yDotY = 0;
    for (let start = 0; start < g.length; start += blockLength) {
      const end = Math.min(start + blockLength, g.length);
      for (let i = start; i < end; i++) {
        const change = g[i] - previousG[i];
        y[i] = change;
        yDotY += change * change;
        s[i] = step * d[i];
      }
      const sBlock = s.subarray(start, end);
      if (next === null) {
        corrections.addProducts(start, sBlock, newProducts);
      } else {
        next.extend(start, end);
        corrections.addProductsOfTwo(start, sBlock, d.subarray(start, end), newProducts, next.products);
      }
      await breathe();
    }
    this.theta = yDotY / sDotY;

    const last = this.count - 1;
    if (this.updates > m) {
      for (let i = 0; i < last; i++) {
        for (let j = 0; j <= i; j++) {
          sy[i * m + j] = sy[(i + 1) * m + j + 1];
          ss[j * m + i] = ss[(j + 1) * m + i + 1];
        }
      }
    }
    for (let j = 0; j < last; j++) {
      sy[last * m + j] = newProducts[j];
      ss[j * m + last] = newProducts[this.count + j];
    }
    ss[last * m + last] = sDotS;
    sy[last * m + last] = sDotY;
    return this.factoriseT();
  }

  private factoriseT(): boolean {
    const { m, sy, ss, factorOfT, theta, count } = this;
    for (let i = 0; i < count; i++) {
      for (let j = i; j < count; j++) {
        let sum = 0;
        for (let k = 0; k < i; k++) sum += (sy[i * m + k] * sy[j * m + k]) / sy[k * m + k];
        factorOfT[i * m + j] = sum + theta * ss[i * m + j];
      }
    }
    return choleskyUpper(factorOfT, m, 0, count);
  }

  /** product = M v, for v of 2 * count elements (bmv). False when M is singular. */
  multiplyMiddle(v: Float64Array, product: Float64Array): boolean {
    const { m, sy, factorOfT, count } = this;
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = 0; k < i; k++) sum += (sy[i * m + k] * v[k]) / sy[k * m + k];
      product[count + i] = v[count + i] + sum;
    }
    if (!solveUpperTransposed(factorOfT, m, count, product, count)) return false;
    for (let i = 0; i < count; i++) product[i] = v[i] / Math.sqrt(sy[i * m + i]);
    if (!solveUpper(factorOfT, m, count, product, count)) return false;
    for (let i = 0; i < count; i++) product[i] = -product[i] / Math.sqrt(sy[i * m + i]);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = i + 1; k < count; k++) sum += (sy[k * m + i] * product[count + k]) / sy[i * m + i];
      product[i] += sum;
    }
    return true;
  }
}
