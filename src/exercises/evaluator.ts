/** The check of the class `Evaluator`: In [23]. */
import type { FetchLossAndGrads } from '../evaluator';
import { whatItIs } from './values';
import { Fault, type Verdict, checked } from './verdict';

/** What a student's class has. */
export interface EvaluatorAnswer {
  loss: (x: Float64Array) => unknown;
  grads: (x: Float64Array) => unknown;
}

/** Checks `Evaluator`, which computes loss and gradient in one pass and keeps the gradient for the next call. */
export function evaluator(
  Answer: new (fetchLossAndGrads: FetchLossAndGrads) => EvaluatorAnswer,
): Promise<Verdict> {
  return checked('Evaluator', async () => {
    let passes = 0;
    // The loss is the sum of squares. The gradient, 2 x, lies in memory that every pass uses again.
    const grad = { shape: [3], data: new Float32Array(3) };
    const fetchLossAndGrads = (x: ArrayLike<number>) => {
      passes++;
      grad.data.set(Array.from(x, (value) => 2 * value));
      const loss = Array.from(x).reduce((sum, value) => sum + value * value, 0);
      return Promise.resolve({ value: { shape: [], data: Float32Array.of(loss) }, grad });
    };
    const [first, second] = [Float64Array.of(1, 2, 3), Float64Array.of(0, -4, 1)];
    const evaluator = new Answer(fetchLossAndGrads as FetchLossAndGrads);
    await complainsBeforeLoss(evaluator, first);
    passes = 0;

    checkLoss(await evaluator.loss(first), 14);
    checkPasses(passes, 'loss(x)');
    const firstGrads = await evaluator.grads(first);
    checkGrads(firstGrads, [2, 4, 6]);
    checkPasses(passes, 'loss(x) and grads(x) together');

    checkLoss(await evaluator.loss(second), 17);
    checkGrads(await evaluator.grads(second), [0, -8, 2]);
    if ((firstGrads as Float64Array)[0] !== 2) {
      throw new Fault(
        'The gradient that you gave out changes with the next pass. Copy it, for example with Float64Array.from.',
      );
    }
  });
}

function checkLoss(loss: unknown, right: number): void {
  if (loss === undefined) throw new Fault('loss(x) returns nothing. Return the value of the loss.');
  if (typeof loss !== 'number') {
    throw new Fault('loss(x) does not return a number. The loss is the first number of outs.value.data.');
  }
  if (Number.isNaN(loss)) throw new Fault('loss(x) is not a number (NaN). Wait for the pass with await.');
  if (loss === -right)
    throw new Fault('The sign of the loss is wrong. The optimiser already walks downhill.');
  if (Math.abs(loss - right) > 1e-6) {
    throw new Fault(
      `loss(x) is ${loss}, but the pass gives ${right}. Pass x on as it is, and return outs.value.data[0].`,
    );
  }
}

function checkPasses(passes: number, when: string): void {
  if (passes === 1) return;
  if (passes === 0)
    throw new Fault('loss(x) never calls fetchLossAndGrads. Call it with x, and wait for it.');
  throw new Fault(
    `${when} take ${passes} passes through the network. One is enough: keep the gradient of the pass that computed the loss.`,
  );
}

function checkGrads(grads: unknown, right: readonly number[]): void {
  if (typeof grads !== 'object' || grads === null) {
    throw new Fault(
      `${whatItIs(grads).replace('Your function', 'grads(x)')} Return the gradient that loss(x) kept.`,
    );
  }
  if (!(grads instanceof Float64Array)) {
    throw new Fault(
      'grads(x) is not a Float64Array. The optimiser counts in float64: convert with Float64Array.from(outs.grad.data).',
    );
  }
  if (grads.length !== right.length) {
    throw new Fault(
      `grads(x) has ${grads.length} numbers, but x has ${right.length}. Return the whole gradient.`,
    );
  }
  const is = (factor: number) => right.every((value, i) => Math.abs(grads[i] - factor * value) < 1e-6);
  if (is(1)) return;
  if (is(-1)) throw new Fault('The sign of the gradient is wrong. The optimiser takes the minus itself.');
  throw new Fault(
    `grads(x) is [${grads.join(', ')}], but at this x it is [${right.join(', ')}]. Keep the gradient anew at each loss(x).`,
  );
}

/** @throws Fault where grads, asked for too early, says nothing */
async function complainsBeforeLoss(evaluator: EvaluatorAnswer, x: Float64Array): Promise<void> {
  let early: unknown;
  try {
    early = await evaluator.grads(x);
  } catch {
    return;
  }
  const instead = early === null || early === undefined ? 'returns nothing' : 'returns something';
  throw new Fault(
    `grads(x) ${instead} before the first loss(x), when there is no gradient. Throw an error there.`,
  );
}
