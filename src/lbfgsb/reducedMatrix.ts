import { breathe } from '../eventLoop';
import type { CompactMatrix } from './compactMatrix';
import type { FreeVariables } from './freeVariables';
import { choleskyUpper, solveUpperTransposed } from './linearAlgebra';

/**
 * The 2m x 2m matrix through which the Newton step on the free variables is solved (formk):
 *
 *     K = [ -D - Y'ZZ'Y/theta   L_a' - R_z'  ]
 *         [  L_a - R_z          theta S'AA'S ]
 *
 * Z picks the free variables and A the others; L_a is the strict lower triangle of S'AA'Y and R_z the upper triangle
 * of S'ZZ'Y. The inner products behind it are kept between iterations: only a new pair, and the variables that
 * became free or ceased to be, are gone through again.
 */
export class ReducedMatrix {
  /** Lower triangle of [Y'ZZ'Y, L_a' + R_z'; L_a + R_z, S'AA'S], its blocks at rows and columns 0 and m. */
  readonly products: Float64Array;
  /** Upper triangle of the LEL' factorisation of K, its blocks at rows and columns 0 and count. */
  readonly factor: Float64Array;
  private readonly stride: number;
  private readonly row: Float64Array;
  private readonly entered: Float64Array;
  private readonly left: Float64Array;

  constructor(private readonly m: number) {
    this.stride = 2 * m;
    this.products = new Float64Array(4 * m * m);
    this.factor = new Float64Array(4 * m * m);
    this.row = new Float64Array(2 * m);
    this.entered = new Float64Array(4 * m * m);
    this.left = new Float64Array(4 * m * m);
  }

  /**
   * Brings the matrix up to date and factorises it.
   * @param variables null when there are no bounds, so that all variables are free.
   * @param freeProducts [Y'ZZ'y; S'ZZ'y] of the newest pair; read only when the last iteration brought one.
   * @param activeProducts [Y'AA's; S'AA's] of the newest pair; likewise.
   * @returns false when a block is not positive definite.
   */
  async update(
    matrix: CompactMatrix,
    variables: FreeVariables | null,
    freeProducts: Float64Array,
    activeProducts: Float64Array,
  ): Promise<boolean> {
    if (matrix.updated) this.addNewest(matrix, freeProducts, activeProducts);
    if (variables !== null && variables.enteringCount + variables.leavingCount > 0) {
      await this.changeSides(matrix, variables);
    }
    return this.factorise(matrix);
  }

  private addNewest(matrix: CompactMatrix, freeProducts: Float64Array, activeProducts: Float64Array): void {
    const { m, stride, products } = this;
    const { count } = matrix;
    if (matrix.updates > m) {
      for (let i = 0; i < m - 1; i++) {
        for (let j = 0; j <= i; j++) {
          products[i * stride + j] = products[(i + 1) * stride + j + 1];
          products[(m + i) * stride + m + j] = products[(m + i + 1) * stride + m + j + 1];
        }
        for (let j = 0; j < m - 1; j++) {
          products[(m + i) * stride + j] = products[(m + i + 1) * stride + j + 1];
        }
      }
    }
    const newest = count - 1;
    for (let j = 0; j < count; j++) {
      products[newest * stride + j] = freeProducts[j];
      products[(m + newest) * stride + j] = activeProducts[j];
      products[(m + newest) * stride + m + j] = activeProducts[count + j];
    }
    for (let i = 0; i < count; i++) products[(m + i) * stride + newest] = freeProducts[count + i];
  }

  /** The newest pair's own products, just made from the new sets, need no change. */
  private async changeSides(matrix: CompactMatrix, variables: FreeVariables): Promise<void> {
    const { m, stride, products, entered, left } = this;
    const { count } = matrix;
    await this.sumProducts(matrix, variables.enteringCount, (k) => variables.entering(k), entered);
    await this.sumProducts(matrix, variables.leavingCount, (k) => variables.leaving(k), left);
    const older = matrix.updated ? count - 1 : count;
    for (let i = 0; i < older; i++) {
      for (let j = 0; j <= i; j++) {
        const yy = i * stride + j;
        products[yy] = products[yy] + entered[yy] - left[yy];
        const ss = (count + i) * stride + count + j;
        const to = (m + i) * stride + m + j;
        products[to] = products[to] - entered[ss] + left[ss];
      }
      for (let j = 0; j < older; j++) {
        const sy = (count + i) * stride + j;
        const to = (m + i) * stride + j;
        if (i <= j) products[to] = products[to] + entered[sy] - left[sy];
        else products[to] = products[to] - entered[sy] + left[sy];
      }
    }
  }

  /** sums = lower triangle of [Y, S]'[Y, S] over the listed variables. */
  private async sumProducts(
    matrix: CompactMatrix,
    length: number,
    listed: (k: number) => number,
    sums: Float64Array,
  ): Promise<void> {
    const { stride, row } = this;
    const size = 2 * matrix.count;
    sums.fill(0);
    for (let k = 0; k < length; k++) {
      if (k % 1024 === 0) await breathe();
      matrix.corrections.readVariable(listed(k), row);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) sums[i * stride + j] += row[i] * row[j];
      }
    }
  }

  private factorise(matrix: CompactMatrix): boolean {
    const { m, stride, products, factor } = this;
    const { count, theta, sy } = matrix;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        factor[j * stride + i] = products[i * stride + j] / theta;
        factor[(count + j) * stride + count + i] = products[(m + i) * stride + m + j] * theta;
      }
      for (let j = 0; j < count; j++) {
        const value = products[(m + i) * stride + j];
        factor[j * stride + count + i] = j < i ? -value : value;
      }
      factor[i * stride + i] += sy[i * m + i];
    }
    if (!choleskyUpper(factor, stride, 0, count)) return false;
    const column = this.row;
    for (let j = count; j < 2 * count; j++) {
      for (let i = 0; i < count; i++) column[i] = factor[i * stride + j];
      solveUpperTransposed(factor, stride, count, column, 0);
      for (let i = 0; i < count; i++) factor[i * stride + j] = column[i];
    }
    for (let i = count; i < 2 * count; i++) {
      for (let j = i; j < 2 * count; j++) {
        let sum = 0;
        for (let k = 0; k < count; k++) sum += factor[k * stride + i] * factor[k * stride + j];
        factor[i * stride + j] += sum;
      }
    }
    return choleskyUpper(factor, stride, count * stride + count, count);
  }
}
