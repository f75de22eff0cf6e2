/**
 * The line search of Moré and Thuente (MINPACK-2 dcsrch and dcstep; J. J. Moré and D. J. Thuente, "Line search
 * algorithms with guaranteed sufficient decrease", ACM TOMS 20, 1994), with the settings L-BFGS-B gives it.
 *
 * Every comparison is written so that a NaN decides it as in SciPy's build: `a > b ? a : b` is b when a is NaN.
 */

const sufficientDecrease = 1e-3;
const curvature = 0.9;
const intervalTolerance = 0.1;
const leastStep = 0;
const leastExtrapolation = 1.1;
const greatestExtrapolation = 4;

/** The numbers of a search, in the order in which a checkpoint keeps them. */
export const searchFields = [
  'bracketed',
  'stage',
  'ginit',
  'gtest',
  'gx',
  'gy',
  'finit',
  'fx',
  'fy',
  'stx',
  'sty',
  'stmin',
  'stmax',
  'width',
  'width1',
] as const;

/** The state of one search for a step that decreases f enough and flattens its slope enough. */
export class MoreThuente {
  /** 1 once the interval [stx, sty] is known to hold a minimiser. */
  bracketed = 0;
  /** 1 until a step with enough decrease and a rising slope was seen, then 2. */
  stage = 0;
  ginit = 0;
  gtest = 0;
  gx = 0;
  gy = 0;
  finit = 0;
  fx = 0;
  fy = 0;
  stx = 0;
  sty = 0;
  stmin = 0;
  stmax = 0;
  width = 0;
  width1 = 0;

  /**
   * Begins a search whose first step is `step`. When rounding has put that step beyond the greatest one, the
   * original refuses the input but is then asked to continue from the numbers of the search before; so does this.
   */
  start(f: number, slope: number, step: number, greatestStep: number): void {
    if (step < leastStep || step > greatestStep || slope >= 0) return;
    this.bracketed = 0;
    this.stage = 1;
    this.finit = f;
    this.ginit = slope;
    this.gtest = sufficientDecrease * slope;
    this.width = greatestStep - leastStep;
    this.width1 = this.width / 0.5;
    this.stx = 0;
    this.fx = f;
    this.gx = slope;
    this.sty = 0;
    this.fy = f;
    this.gy = slope;
    this.stmin = 0;
    this.stmax = step + greatestExtrapolation * step;
  }

  /**
   * Takes f and its slope at `step`. Null when the search ends there (both conditions hold, or no further progress
   * is possible), otherwise the next step to try.
   */
  next(f: number, slope: number, step: number, greatestStep: number): number | null {
    const ftest = this.finit + step * this.gtest;
    if (this.stage === 1 && f <= ftest && slope >= 0) this.stage = 2;
    if (this.isOver(f, slope, step, greatestStep, ftest)) return null;

    let trial: number;
    if (this.stage === 1 && f <= this.fx && f > ftest) {
      // A lower f without enough decrease: interpolate f minus the decrease asked for.
      this.fx -= this.stx * this.gtest;
      this.fy -= this.sty * this.gtest;
      this.gx -= this.gtest;
      this.gy -= this.gtest;
      trial = this.interpolate(f - step * this.gtest, slope - this.gtest, step);
      this.fx += this.stx * this.gtest;
      this.fy += this.sty * this.gtest;
      this.gx += this.gtest;
      this.gy += this.gtest;
    } else {
      trial = this.interpolate(f, slope, step);
    }

    if (this.bracketed === 1) {
      const width = Math.abs(this.sty - this.stx);
      if (width >= 0.66 * this.width1) trial = this.stx + 0.5 * (this.sty - this.stx);
      this.width1 = this.width;
      this.width = width;
      this.stmin = Math.min(this.stx, this.sty);
      this.stmax = Math.max(this.stx, this.sty);
    } else {
      this.stmin = trial + leastExtrapolation * (trial - this.stx);
      this.stmax = trial + greatestExtrapolation * (trial - this.stx);
    }
    trial = trial > leastStep ? trial : leastStep;
    trial = trial < greatestStep ? trial : greatestStep;
    const stuck =
      trial <= this.stmin || trial >= this.stmax || this.stmax - this.stmin <= intervalTolerance * this.stmax;
    return this.bracketed === 1 && stuck ? this.stx : trial;
  }

  private isOver(f: number, slope: number, step: number, greatestStep: number, ftest: number): boolean {
    const roundingPreventsProgress = this.bracketed === 1 && (step <= this.stmin || step >= this.stmax);
    const intervalIsSmall = this.bracketed === 1 && this.stmax - this.stmin <= intervalTolerance * this.stmax;
    const atGreatestStep = step === greatestStep && f <= ftest && slope <= this.gtest;
    const atLeastStep = step === leastStep && (f > ftest || slope >= this.gtest);
    const converged = f <= ftest && Math.abs(slope) <= curvature * -this.ginit;
    return roundingPreventsProgress || intervalIsSmall || atGreatestStep || atLeastStep || converged;
  }

  /** dcstep: the next trial step from f and slope at stx, sty and `step`; updates the interval. */
  private interpolate(fp: number, dp: number, step: number): number {
    const { stx, fx, gx: dx, sty, fy, gy: dy, stmin, stmax } = this;
    const bracketed = this.bracketed === 1;
    const signOfSlopes = dp * (dx / Math.abs(dx));
    let trial: number;

    if (fp > fx) {
      // A higher f: the minimum is bracketed. The cubic step if it is the nearer to stx, else halfway to the quadratic.
      const theta = (3 * (fx - fp)) / (step - stx) + dx + dp;
      const s = greatest(theta, dp, dx);
      let gamma = s * Math.sqrt((theta / s) * (theta / s) - (dx / s) * (dp / s));
      if (step < stx) gamma = -gamma;
      const r = (gamma - dx + theta) / (gamma - dx + gamma + dp);
      const cubic = stx + r * (step - stx);
      const quadratic = stx + (dx / ((fx - fp) / (step - stx) + dx) / 2) * (step - stx);
      trial = Math.abs(cubic - stx) < Math.abs(quadratic - stx) ? cubic : cubic + (quadratic - cubic) / 2;
      this.bracketed = 1;
    } else if (signOfSlopes < 0) {
      // A lower f and slopes of opposite sign: bracketed. The farther of the cubic and the secant step.
      const theta = (3 * (fx - fp)) / (step - stx) + dx + dp;
      const s = greatest(theta, dp, dx);
      let gamma = s * Math.sqrt((theta / s) * (theta / s) - (dx / s) * (dp / s));
      if (step > stx) gamma = -gamma;
      const r = (gamma - dp + theta) / (gamma - dp + gamma + dx);
      const cubic = step + r * (stx - step);
      const secant = step + (dp / (dp - dx)) * (stx - step);
      trial = Math.abs(cubic - step) > Math.abs(secant - step) ? cubic : secant;
      this.bracketed = 1;
    } else if (Math.abs(dp) < Math.abs(dx)) {
      // A lower f, slopes of one sign, the slope flattens. The cubic counts only if it rises beyond the step.
      const theta = (3 * (fx - fp)) / (step - stx) + dx + dp;
      const s = greatest(theta, dp, dx);
      const discriminant = (theta / s) * (theta / s) - (dx / s) * (dp / s);
      let gamma = s * Math.sqrt(discriminant > 0 ? discriminant : 0);
      if (step > stx) gamma = -gamma;
      const r = (gamma - dp + theta) / (gamma + (dx - dp) + gamma);
      const end = step > stx ? stmax : stmin;
      const cubic = r < 0 && gamma !== 0 ? step + r * (stx - step) : end;
      const secant = step + (dp / (dp - dx)) * (stx - step);
      if (bracketed) {
        trial = Math.abs(cubic - step) < Math.abs(secant - step) ? cubic : secant;
        const limit = step + 0.66 * (sty - step);
        if (step > stx) trial = trial < limit ? trial : limit;
        else trial = trial > limit ? trial : limit;
      } else {
        trial = Math.abs(cubic - step) > Math.abs(secant - step) ? cubic : secant;
        trial = trial < stmax ? trial : stmax;
        trial = trial > stmin ? trial : stmin;
      }
    } else if (bracketed) {
      // A lower f, slopes of one sign, no flatter: the cubic through sty, or the end of the interval.
      const theta = (3 * (fp - fy)) / (sty - step) + dy + dp;
      const s = greatest(theta, dp, dy);
      let gamma = s * Math.sqrt((theta / s) * (theta / s) - (dy / s) * (dp / s));
      if (step > sty) gamma = -gamma;
      const r = (gamma - dp + theta) / (gamma - dp + gamma + dy);
      trial = step + r * (sty - step);
    } else {
      trial = step > stx ? stmax : stmin;
    }

    if (fp > fx) {
      this.sty = step;
      this.fy = fp;
      this.gy = dp;
    } else {
      if (signOfSlopes < 0) {
        this.sty = stx;
        this.fy = fx;
        this.gy = dx;
      }
      this.stx = step;
      this.fx = fp;
      this.gx = dp;
    }
    return trial;
  }
}

/** The greatest of three absolute values. */
function greatest(a: number, b: number, c: number): number {
  return Math.max(Math.abs(a), Math.abs(b), Math.abs(c));
}
