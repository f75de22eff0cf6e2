import { breathe } from '../eventLoop';
import type { Box } from './bounds';
import type { CompactMatrix } from './compactMatrix';
import { blockLength } from './corrections';
import type { FreeVariables } from './freeVariables';
import { solveUpper, solveUpperTransposed } from './linearAlgebra';
import type { ReducedMatrix } from './reducedMatrix';

/**
 * From the Cauchy point on, minimises the quadratic model over the free variables: the Newton step, projected onto
 * the box, or cut off at the box where the projected one would lead uphill (cmprlb and subsm of version 3.0;
 * J. L. Morales and J. Nocedal, ACM TOMS 38, 2011).
 */
export class SubspaceMinimization {
  private readonly ofY: Float64Array;
  private readonly ofS: Float64Array;
  private readonly products: Float64Array;
  private readonly freeProducts: Float64Array;
  private readonly activeProducts: Float64Array;
  private readonly freeBlock = new Float64Array(blockLength);
  private readonly heldInBlock = new Int32Array(blockLength);

  constructor(m: number) {
    this.ofY = new Float64Array(2 * m);
    this.ofS = new Float64Array(m);
    this.products = new Float64Array(2 * m);
    this.freeProducts = new Float64Array(2 * m);
    this.activeProducts = new Float64Array(2 * m);
  }

  /**
   * The step without bounds: z = x - B^-1 g. `r` is overwritten.
   * @returns false when the memory proves singular.
   */
  async unbounded(
    x: Float64Array,
    g: Float64Array,
    matrix: CompactMatrix,
    reduced: ReducedMatrix,
    r: Float64Array,
    z: Float64Array,
  ): Promise<boolean> {
    const { corrections, count } = matrix;
    const { products, freeProducts, activeProducts } = this;
    const newestChange = corrections.y[count - 1];
    products.fill(0);
    freeProducts.fill(0);
    activeProducts.fill(0);
    for (let start = 0; start < x.length; start += blockLength) {
      const end = Math.min(start + blockLength, x.length);
      for (let i = start; i < end; i++) r[i] = -g[i];
      const rBlock = r.subarray(start, end);
      if (matrix.updated) {
        const changeBlock = newestChange.subarray(start, end);
        corrections.addProductsOfTwo(start, rBlock, changeBlock, products, freeProducts);
      } else {
        corrections.addProducts(start, rBlock, products);
      }
      await breathe();
    }
    if (matrix.updated && !(await reduced.update(matrix, null, freeProducts, activeProducts))) return false;
    if (!this.solve(matrix, reduced)) return false;
    const scale = 1 / matrix.theta;
    for (let start = 0; start < x.length; start += blockLength) {
      const end = Math.min(start + blockLength, x.length);
      corrections.addCombination(start, r.subarray(start, end), this.ofY, this.ofS);
      for (let i = start; i < end; i++) z[i] = x[i] + scale * r[i];
      await breathe();
    }
    return true;
  }

  /**
   * The step within the box, from the Cauchy point to the minimiser `z`; `r` is overwritten.
   * @param displacement W'(Cauchy point - x).
   * @returns false when the memory proves singular.
   */
  async bounded(
    x: Float64Array,
    g: Float64Array,
    box: Box,
    matrix: CompactMatrix,
    reduced: ReducedMatrix,
    variables: FreeVariables,
    displacement: Float64Array,
    cauchyPoint: Float64Array,
    r: Float64Array,
    z: Float64Array,
  ): Promise<boolean> {
    if (!(await this.formReducedGradient(x, g, matrix, variables, displacement, cauchyPoint, r)))
      return false;
    const stale = matrix.updated || variables.enteringCount + variables.leavingCount > 0;
    if (stale && !(await reduced.update(matrix, variables, this.freeProducts, this.activeProducts)))
      return false;
    if (!this.solve(matrix, reduced)) return false;

    const leadsAstray = await this.takeProjectedStep(x, g, box, matrix, variables, cauchyPoint, r, z);
    if (leadsAstray) takeTruncatedStep(box, variables, cauchyPoint, r, z);
    return true;
  }

  /**
   * r = -Z'(g + B(Cauchy point - x)) in the places of the free variables, 0 in the others; with it, in one reading of
   * the pairs, [Y'r; S'r] and what the newest pair adds to the reduced matrix.
   */
  private async formReducedGradient(
    x: Float64Array,
    g: Float64Array,
    matrix: CompactMatrix,
    variables: FreeVariables,
    displacement: Float64Array,
    cauchyPoint: Float64Array,
    r: Float64Array,
  ): Promise<boolean> {
    const { corrections, count, theta } = matrix;
    const { products, freeProducts, activeProducts, ofY, ofS, freeBlock, heldInBlock } = this;
    if (!matrix.multiplyMiddle(displacement, ofY)) return false;
    for (let j = 0; j < count; j++) ofS[j] = theta * ofY[count + j];
    const newestChange = corrections.y[count - 1];
    const newestStep = corrections.s[count - 1];
    products.fill(0);
    freeProducts.fill(0);
    activeProducts.fill(0);
    for (let start = 0; start < x.length; start += blockLength) {
      await breathe();
      const end = Math.min(start + blockLength, x.length);
      for (let i = start; i < end; i++) r[i] = -theta * (cauchyPoint[i] - x[i]) - g[i];
      const rBlock = r.subarray(start, end);
      corrections.addCombination(start, rBlock, ofY, ofS);
      const held = variables.listHeld(start, end, heldInBlock);
      for (let k = 0; k < held; k++) r[heldInBlock[k]] = 0;
      if (!matrix.updated) {
        corrections.addProducts(start, rBlock, products);
        continue;
      }
      freeBlock.set(newestChange.subarray(start, end));
      for (let k = 0; k < held; k++) freeBlock[heldInBlock[k] - start] = 0;
      const freeChanges = freeBlock.subarray(0, end - start);
      corrections.addProductsOfTwo(start, rBlock, freeChanges, products, freeProducts);
      for (let k = 0; k < held; k++) {
        const i = heldInBlock[k];
        corrections.addProductsOf(i, newestStep[i], activeProducts);
      }
    }
    return true;
  }

  /** From [Y'r; S'r] to the weights of the pairs in the Newton step, K^-1 W'r; divided by theta where Y needs it. */
  private solve(matrix: CompactMatrix, reduced: ReducedMatrix): boolean {
    const { m, count, theta } = matrix;
    const { products, ofY, ofS } = this;
    for (let j = count; j < 2 * count; j++) products[j] *= theta;
    if (!solveUpperTransposed(reduced.factor, 2 * m, 2 * count, products, 0)) return false;
    for (let j = 0; j < count; j++) products[j] = -products[j];
    if (!solveUpper(reduced.factor, 2 * m, 2 * count, products, 0)) return false;
    for (let j = 0; j < count; j++) {
      ofY[j] = products[j] / theta;
      ofS[j] = products[count + j];
    }
    return true;
  }

  /**
   * Turns r into the Newton step over the free variables, and z into where it leads from the Cauchy point, clipped.
   * True when that is no good: a free variable lands on a bound and the whole way from x leads uphill.
   */
  private async takeProjectedStep(
    x: Float64Array,
    g: Float64Array,
    box: Box,
    matrix: CompactMatrix,
    variables: FreeVariables,
    cauchyPoint: Float64Array,
    r: Float64Array,
    z: Float64Array,
  ): Promise<boolean> {
    const { lower, upper } = box;
    const { isFree } = variables;
    const { heldInBlock } = this;
    const scale = 1 / matrix.theta;
    let hitsBound = false;
    let slope = 0;
    for (let start = 0; start < z.length; start += blockLength) {
      const end = Math.min(start + blockLength, z.length);
      matrix.corrections.addCombination(start, r.subarray(start, end), this.ofY, this.ofS);
      const held = variables.listHeld(start, end, heldInBlock);
      for (let k = 0; k < held; k++) r[heldInBlock[k]] = 0;
      // Three short loops over what is in the cache: one with all eight arrays has too few registers.
      for (let i = start; i < end; i++) {
        const step = r[i] * scale;
        r[i] = step;
        z[i] = cauchyPoint[i] + step;
      }
      for (let i = start; i < end; i++) {
        const zi = z[i];
        if (zi > lower[i] && zi < upper[i]) continue;
        if (isFree[i] === 0) continue;
        if (!(zi > lower[i]) && lower[i] !== -Infinity) {
          z[i] = lower[i];
          hitsBound = true;
        }
        if (!(z[i] < upper[i]) && upper[i] !== Infinity) {
          z[i] = upper[i];
          hitsBound = true;
        }
      }
      for (let i = start; i < end; i++) slope += (z[i] - x[i]) * g[i];
      await breathe();
    }
    return hitsBound && slope > 0;
  }
}

/** z = Cauchy point + alpha * step over the free variables, with the greatest alpha <= 1 that stays in the box. */
function takeTruncatedStep(
  box: Box,
  variables: FreeVariables,
  cauchyPoint: Float64Array,
  step: Float64Array,
  z: Float64Array,
): void {
  z.set(cauchyPoint);
  const { lower, upper } = box;
  const { isFree } = variables;
  let alpha = 1;
  let blocking = -1;
  for (let i = 0; i < z.length; i++) {
    if (isFree[i] === 0) continue;
    let possible = alpha;
    if (step[i] < 0 && lower[i] !== -Infinity) {
      const room = lower[i] - z[i];
      if (room >= 0) possible = 0;
      else if (step[i] * alpha < room) possible = room / step[i];
    } else if (step[i] > 0 && upper[i] !== Infinity) {
      const room = upper[i] - z[i];
      if (room <= 0) possible = 0;
      else if (step[i] * alpha > room) possible = room / step[i];
    }
    if (possible < alpha) {
      alpha = possible;
      blocking = i;
    }
  }
  if (alpha < 1) {
    if (step[blocking] > 0) {
      z[blocking] = upper[blocking];
      step[blocking] = 0;
    } else if (step[blocking] < 0) {
      z[blocking] = lower[blocking];
      step[blocking] = 0;
    }
  }
  for (let i = 0; i < z.length; i++) if (isFree[i] !== 0) z[i] += alpha * step[i];
}
