import { breathe } from '../eventLoop';
import type { Box } from './bounds';
import type { CompactMatrix } from './compactMatrix';
import { status, type FreeVariables } from './freeVariables';
import { addScaled, dotOfFirst } from './linearAlgebra';
import type { ProjectedPath } from './projectedPath';

/**
 * The generalised Cauchy point: the first local minimiser of the quadratic model along the projected gradient path
 * P(x - t g) (R. H. Byrd, P. Lu, J. Nocedal and C. Zhu, SIAM J. Sci. Comput. 16, 1995, section 4; `cauchy`).
 */
export class CauchyPoint {
  /** W'(Cauchy point - x), which the subspace minimisation needs. */
  readonly displacement: Float64Array;
  private readonly row: Float64Array;
  private readonly product: Float64Array;

  constructor(m: number) {
    this.displacement = new Float64Array(2 * m);
    this.row = new Float64Array(2 * m);
    this.product = new Float64Array(2 * m);
  }

  /**
   * Leaves the Cauchy point in `z` and each variable's status in `variables`.
   * @param path begun at x; it is used up.
   * @returns false when the memory proves singular.
   */
  async find(
    x: Float64Array,
    box: Box,
    matrix: CompactMatrix,
    variables: FreeVariables,
    path: ProjectedPath,
    z: Float64Array,
  ): Promise<boolean> {
    const { displacement, product, row } = this;
    const { corrections, theta, count } = matrix;
    const { breakpoints, d, products: p } = path;
    const firstBreakpoints = breakpoints.left;
    if (theta !== 1) for (let j = count; j < 2 * count; j++) p[j] *= theta;
    if (firstBreakpoints === 0 && !path.hasFree) {
      z.set(x);
      return true;
    }
    displacement.fill(0, 0, 2 * count);

    let slope = path.slope;
    let curvature = -theta * slope;
    const firstCurvature = curvature;
    if (count > 0) {
      if (!matrix.multiplyMiddle(p, product)) return false;
      curvature -= dotOfFirst(2 * count, product, p);
    }
    let toMinimiser = -slope / curvature;
    let travelled = 0;
    let now = 0;
    let everythingFixed = false;

    for (let passed = 0; breakpoints.left > 0; passed++) {
      if (passed % 256 === 0) await breathe();
      // The minimiser lies before all breakpoints that are twice as far off: those are not even sorted.
      if (passed > 0 && breakpoints.near === 0) await breakpoints.gather(now + 2 * toMinimiser);
      const next = passed === 0 ? breakpoints.takeEarliest() : breakpoints.takeNext();
      if (next === null) break;
      const interval = next.time - now;
      now = next.time;
      if (toMinimiser < interval) break;

      const i = next.variable;
      travelled += interval;
      const di = d[i];
      d[i] = 0;
      const bound = di > 0 ? box.upper[i] : box.lower[i];
      const moved = bound - x[i];
      variables.status[i] = di > 0 ? status.atUpper : status.atLower;
      if (breakpoints.left === 0 && firstBreakpoints === x.length) {
        toMinimiser = interval;
        everythingFixed = true;
        break;
      }

      slope = slope + interval * curvature + di * di - theta * di * moved;
      curvature -= theta * (di * di);
      if (count > 0) {
        addScaled(2 * count, interval, p, displacement);
        corrections.readVariable(i, row);
        for (let j = count; j < 2 * count; j++) row[j] *= theta;
        if (!matrix.multiplyMiddle(row, product)) return false;
        const withDisplacement = dotOfFirst(2 * count, displacement, product);
        const withDirection = dotOfFirst(2 * count, p, product);
        const withRow = dotOfFirst(2 * count, row, product);
        addScaled(2 * count, -di, row, p);
        slope += di * withDisplacement;
        curvature = curvature + 2 * di * withDirection - di * di * withRow;
      }
      const leastCurvature = Number.EPSILON * firstCurvature;
      curvature = leastCurvature > curvature ? leastCurvature : curvature;
      toMinimiser = breakpoints.left === 0 && path.bounded ? 0 : -slope / curvature;
    }

    if (!everythingFixed) {
      if (toMinimiser <= 0) toMinimiser = 0;
      travelled += toMinimiser;
    }
    await breathe();
    writePoint(x, d, everythingFixed ? 0 : travelled, box, variables, z);
    if (count > 0) addScaled(2 * count, toMinimiser, p, displacement);
    return true;
  }
}

/** z = x + travelled * d where a variable can still move, and the bound it has met where not. */
function writePoint(
  x: Float64Array,
  d: Float64Array,
  travelled: number,
  { lower, upper }: Box,
  variables: FreeVariables,
  z: Float64Array,
): void {
  const statuses = variables.status;
  for (let i = 0; i < z.length; i++) {
    let zi = x[i] + travelled * d[i];
    if (statuses[i] > 0) {
      if (statuses[i] === status.atLower) zi = lower[i];
      else if (statuses[i] === status.atUpper) zi = upper[i];
    }
    z[i] = zi;
  }
}
