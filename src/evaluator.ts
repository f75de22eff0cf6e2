/** Loss and gradient in one pass, the gradient kept for the next ask: In [23] of the chapter. */
import type { InputArray, NDArray } from './compile';

/** A compiled function of a picture that gives its loss and gradient: compile(tf.valueAndGrad(loss), ...), or a problem's lossAndGrads. */
export type FetchLossAndGrads = (x: InputArray) => Promise<{ value: NDArray; grad: NDArray }>;

/**
 * Stands between the optimiser, which asks for the loss and then for the gradient, and the compiled function, which computes both at
 * once. `evaluator.loss` and `evaluator.grads` are what fminLbfgsb takes as func and fprime.
 */
export class Evaluator {
  private lossValue: number | undefined;
  private gradsValues: Float64Array | undefined;

  constructor(private readonly fetchLossAndGrads: FetchLossAndGrads) {}

  /**
   * The loss at x (the picture's elements in row-major order), while its gradient is kept.
   *
   * @throws Error where the gradient of the loss before was not fetched
   */
  readonly loss = async (x: Float64Array): Promise<number> => {
    if (this.lossValue !== undefined) {
      throw new Error(
        'Evaluator: loss(x) was called twice without grads(x) in between. Call grads(x), or make a new Evaluator.',
      );
    }
    const { value, grad } = await this.fetchLossAndGrads(x);
    this.lossValue = Number(value.data[0]);
    this.gradsValues = new Float64Array(grad.data);
    return this.lossValue;
  };

  /**
   * The gradient at the x that loss was last asked for, float64, once.
   *
   * @throws Error where loss was not asked before
   */
  readonly grads = (): Float64Array => {
    if (this.gradsValues === undefined) {
      throw new Error('Evaluator: grads(x) was called before loss(x). Call loss(x) first.');
    }
    const gradValues = this.gradsValues;
    this.lossValue = undefined;
    this.gradsValues = undefined;
    return gradValues;
  };
}
