/**
 * The last m pairs of steps and gradient changes, s = x' - x and y = g' - g, and the two products that all of
 * L-BFGS-B's work on long vectors comes down to. Each vector is contiguous; pairs are ordered oldest first.
 */

/** Variables taken together, so that what one product has read is still in the cache for the next. */
export const blockLength = 4096;

export class Corrections {
  readonly s: Float64Array[] = [];
  readonly y: Float64Array[] = [];
  private readonly spare: Float64Array[] = [];

  constructor(
    readonly n: number,
    readonly m: number,
  ) {}

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
    const s = this.spare.pop() ?? new Float64Array(this.n);
    const y = this.spare.pop() ?? new Float64Array(this.n);
    this.s.push(s);
    this.y.push(y);
    return { s, y };
  }

  /**
   * Over the variables start..end-1 only: products[j] += y_j.v and products[count + j] += s_j.v. Each sum is accumulated
   * in index order.
   */
  addProducts(v: Float64Array, start: number, end: number, products: Float64Array): void {
    const { s, y, count } = this;
    let j = 0;
    for (; j + 1 < count; j += 2) {
      const y0 = y[j];
      const y1 = y[j + 1];
      const s0 = s[j];
      const s1 = s[j + 1];
      let yv0 = products[j];
      let yv1 = products[j + 1];
      let sv0 = products[count + j];
      let sv1 = products[count + j + 1];
      for (let i = start; i < end; i++) {
        const vi = v[i];
        yv0 += y0[i] * vi;
        sv0 += s0[i] * vi;
        yv1 += y1[i] * vi;
        sv1 += s1[i] * vi;
      }
      products[j] = yv0;
      products[j + 1] = yv1;
      products[count + j] = sv0;
      products[count + j + 1] = sv1;
    }
    if (j < count) {
      const y0 = y[j];
      const s0 = s[j];
      let yv0 = products[j];
      let sv0 = products[count + j];
      for (let i = start; i < end; i++) {
        const vi = v[i];
        yv0 += y0[i] * vi;
        sv0 += s0[i] * vi;
      }
      products[j] = yv0;
      products[count + j] = sv0;
    }
  }

  /**
   * As addProducts, with two vectors for one reading of the pairs; variable i has the values u[i] and v[i - shift].
   * Two pairs at a time keep all eight sums in registers.
   */
  addProductsOfTwo(
    u: Float64Array,
    v: Float64Array,
    shift: number,
    start: number,
    end: number,
    productsOfU: Float64Array,
    productsOfV: Float64Array,
  ): void {
    const { s, y, count } = this;
    let j = 0;
    for (; j + 1 < count; j += 2) {
      const y0 = y[j];
      const y1 = y[j + 1];
      const s0 = s[j];
      const s1 = s[j + 1];
      let yu0 = productsOfU[j];
      let yu1 = productsOfU[j + 1];
      let su0 = productsOfU[count + j];
      let su1 = productsOfU[count + j + 1];
      let yv0 = productsOfV[j];
      let yv1 = productsOfV[j + 1];
      let sv0 = productsOfV[count + j];
      let sv1 = productsOfV[count + j + 1];
      for (let i = start; i < end; i++) {
        const ui = u[i];
        const vi = v[i - shift];
        const y0i = y0[i];
        const y1i = y1[i];
        const s0i = s0[i];
        const s1i = s1[i];
        yu0 += y0i * ui;
        yv0 += y0i * vi;
        su0 += s0i * ui;
        sv0 += s0i * vi;
        yu1 += y1i * ui;
        yv1 += y1i * vi;
        su1 += s1i * ui;
        sv1 += s1i * vi;
      }
      productsOfU[j] = yu0;
      productsOfU[j + 1] = yu1;
      productsOfU[count + j] = su0;
      productsOfU[count + j + 1] = su1;
      productsOfV[j] = yv0;
      productsOfV[j + 1] = yv1;
      productsOfV[count + j] = sv0;
      productsOfV[count + j + 1] = sv1;
    }
    if (j < count) {
      const y0 = y[j];
      const s0 = s[j];
      let yu0 = productsOfU[j];
      let su0 = productsOfU[count + j];
      let yv0 = productsOfV[j];
      let sv0 = productsOfV[count + j];
      for (let i = start; i < end; i++) {
        const ui = u[i];
        const vi = v[i - shift];
        yu0 += y0[i] * ui;
        yv0 += y0[i] * vi;
        su0 += s0[i] * ui;
        sv0 += s0[i] * vi;
      }
      productsOfU[j] = yu0;
      productsOfU[count + j] = su0;
      productsOfV[j] = yv0;
      productsOfV[count + j] = sv0;
    }
  }

  /** Over the variables start..end-1: v += sum over j of ofY[j] y_j + ofS[j] s_j. */
  addCombination(ofY: Float64Array, ofS: Float64Array, v: Float64Array, start: number, end: number): void {
    const { s, y, count } = this;
    let j = 0;
    for (; j + 1 < count; j += 2) {
      const y0 = y[j];
      const y1 = y[j + 1];
      const s0 = s[j];
      const s1 = s[j + 1];
      const ofY0 = ofY[j];
      const ofY1 = ofY[j + 1];
      const ofS0 = ofS[j];
      const ofS1 = ofS[j + 1];
      for (let i = start; i < end; i++) {
        v[i] = v[i] + y0[i] * ofY0 + s0[i] * ofS0 + y1[i] * ofY1 + s1[i] * ofS1;
      }
    }
    if (j < count) {
      const y0 = y[j];
      const s0 = s[j];
      const ofY0 = ofY[j];
      const ofS0 = ofS[j];
      for (let i = start; i < end; i++) v[i] = v[i] + y0[i] * ofY0 + s0[i] * ofS0;
    }
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
