import { breathe } from '../eventLoop';
import type { Box } from './bounds';
import { Breakpoints } from './breakpoints';
import { blockLength, type Corrections } from './corrections';
import { status, type FreeVariables } from './freeVariables';

/** The beginning of the projected gradient path P(x - t g), along which the Cauchy point is looked for. */
export class ProjectedPath {
  /** [Y'd; S'd] for the direction d in which the path begins. */
  readonly products: Float64Array;
  readonly breakpoints: Breakpoints;
  /** The model's slope where the path begins, -d.d. */
  slope = 0;
  /** Some moving variable has no breakpoint. */
  hasFree = false;
  /** No variable can move for ever. */
  bounded = true;

  /** `d` and `time` are overwritten, and the order of what changed in `variables`. */
  constructor(
    private readonly x: Float64Array,
    private readonly g: Float64Array,
    private readonly box: Box,
    private readonly variables: FreeVariables,
    readonly d: Float64Array,
    time: Float64Array,
    m: number,
  ) {
    this.products = new Float64Array(2 * m);
    this.breakpoints = new Breakpoints(time, variables.changedList);
  }

  /** The whole beginning at once, for pairs that are known already. */
  async begin(corrections: Corrections): Promise<void> {
    this.products.fill(0);
    for (let start = 0; start < this.d.length; start += blockLength) {
      const end = Math.min(start + blockLength, this.d.length);
      this.extend(start, end);
      corrections.addProducts(start, this.d.subarray(start, end), this.products);
      await breathe();
    }
  }

  /**
   * Sets the status of each of the variables start..end-1, its direction d (minus the gradient, or 0 where held) and
   * its breakpoint. To be called once for every variable, in order.
   */
  extend(start: number, end: number): void {
    const { x, g, d, breakpoints } = this;
    const { lower, upper } = this.box;
    const statuses = this.variables.status;
    const ahead = new Float64Array(2);
    let { slope } = this;
    for (let i = start; i < end; i++) {
      const di = -g[i];
      const toLower = x[i] - lower[i];
      const toUpper = upper[i] - x[i];
      let now: number = statuses[i];
      if (now !== status.fixed && now !== status.unbounded) {
        now = status.free;
        if (toLower <= 0) {
          if (di <= 0) now = status.atLower;
        } else if (toUpper <= 0) {
          if (di >= 0) now = status.atUpper;
        } else if (di === 0) {
          now = status.unmoved;
        }
        statuses[i] = now;
      }
      if (now !== status.free && now !== status.unbounded) {
        d[i] = 0;
        continue;
      }
      d[i] = di;
      slope -= di * di;
      // Picked by its place, because a processor cannot foresee the sign of di.
      ahead[0] = toLower;
      ahead[1] = toUpper;
      const room = ahead[Number(di > 0)];
      const speed = Math.abs(di);
      if (room !== Infinity && speed > 0) {
        breakpoints.add(room / speed, i);
      } else {
        this.hasFree = true;
        if (speed > 0) this.bounded = false;
      }
    }
    this.slope = slope;
  }
}
