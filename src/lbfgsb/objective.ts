import { UserError } from '../errors';

/** The gradient of func at x, one element a variable. */
export type Gradient = ArrayLike<number>;

/**
 * What is minimised. It may answer at once or with a promise, and returns f, or [f, gradient] when there is no
 * fprime. It is given a copy of the optimiser's x: to be read only, and overwritten by the next evaluation.
 */
export type Func = (x: Float64Array) => number | FuncAndGradient | Promise<number | FuncAndGradient>;

export type FuncAndGradient = readonly [f: number, gradient: Gradient];

/** The gradient of func, asked for directly after func at the same x, and once only. */
export type Fprime = (x: Float64Array) => Gradient | Promise<Gradient>;

/**
 * Asks func and then fprime, once each a point: at the point of the last evaluation it answers from memory, as
 * SciPy's ScalarFunction does.
 */
export class Objective {
  private readonly point: Float64Array;
  private f = NaN;
  private gradient: Gradient | null = null;

  constructor(
    private readonly func: Func,
    private readonly fprime: Fprime | null | undefined,
    n: number,
  ) {
    this.point = new Float64Array(n);
  }

  /** Makes (x, f, g), known from before an interruption, the last evaluation. */
  recall(x: Float64Array, f: number, g: Float64Array): void {
    this.point.set(x);
    this.f = f;
    this.gradient = g.slice();
  }

  /**
   * Writes the gradient at x into g.
   * @returns f, and whether it had to be asked for.
   * @throws UserError when what func and fprime return is not f and a gradient of x's length; their own errors pass through.
   */
  async evaluate(x: Float64Array, g: Float64Array): Promise<{ f: number; asked: boolean }> {
    const asked = this.gradient === null || !sameElements(x, this.point);
    if (asked) {
      this.gradient = null;
      this.point.set(x);
      const value = await this.func(this.point);
      const [f, gradient] = this.fprime ? [value, await this.fprime(this.point)] : withGradient(value);
      if (typeof f !== 'number')
        throw new UserError(`func returned no number, but a value of the type ${typeof f}. Return a number.`);
      this.f = f;
      this.gradient = checkedGradient(gradient, x.length);
    }
    g.set(this.gradient as Gradient);
    return { f: this.f, asked };
  }
}

function withGradient(value: number | FuncAndGradient): FuncAndGradient {
  if (typeof value !== 'number') return value;
  throw new UserError(
    'func returned a number and fprime is missing. Pass fprime, or let func return [f, gradient]; ' +
      'gradients are not estimated by finite differences.',
  );
}

function checkedGradient(gradient: Gradient, n: number): Gradient {
  if (gradient.length === n) return gradient;
  throw new UserError(
    `The gradient has the length ${gradient.length}, for ${n} variables. Return one number for each variable.`,
  );
}

function sameElements(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
