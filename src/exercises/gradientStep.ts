/** The check of `gradientStep`, one step of plain gradient descent. */
import { compare } from './compare';
import { type Values, whatItIs } from './values';
import { Fault, type Verdict, checked } from './verdict';

/** Checks `gradientStep`: from numbers, their gradient and a step size to the numbers after one step downhill. */
export function gradientStep(
  answer: (x: Float64Array, gradient: Float64Array, stepSize: number) => unknown,
): Promise<Verdict> {
  return checked('gradientStep', async () => {
    const x = Float64Array.of(3, -1, 4, 1.5, -5);
    const gradient = Float64Array.of(20, -10, 5, -40, 30);
    const stepSize = 0.05;
    const [xGiven, gradientGiven] = [x.slice(), gradient.slice()];
    const given = numbers(await answer(xGiven, gradientGiven, stepSize), x.length);
    const length = Math.hypot(...gradient);
    const made = (rule: (value: number, slope: number) => number): Values => ({
      shape: [x.length],
      data: x.map((value, i) => rule(value, gradient[i])),
    });
    const mistakes: Record<string, Values> = {
      'The sign is wrong: this goes uphill. Subtract the gradient.': made(
        (at, slope) => at + stepSize * slope,
      ),
      'The step size is missing. Multiply the gradient by it.': made((at, slope) => at - slope),
      'This is only the step. Subtract it from x.': made((_, slope) => stepSize * slope),
      'This is only the step. Add x to it.': made((_, slope) => -stepSize * slope),
      'The gradient is divided by the step size. Multiply it.': made((at, slope) => at - slope / stepSize),
      'This only shrinks x: the gradient is missing. Subtract the step size times the gradient.': made(
        (at) => at - stepSize * at,
      ),
      'The step size multiplies x, too. Multiply only the gradient.': made(
        (at, slope) => (at - slope) * stepSize,
      ),
      'The sign is wrong: this is the step minus x. Subtract the step from x.': made(
        (at, slope) => stepSize * slope - at,
      ),
      'Only the sign of the gradient counts here, not its size. Multiply the gradient itself by the step size.':
        made((at, slope) => at - stepSize * Math.sign(slope)),
      'The gradient is scaled to length 1. Multiply the gradient as it is by the step size.': made(
        (at, slope) => at - (stepSize * slope) / length,
      ),
      'This is x, unchanged. Subtract the step size times the gradient.': made((at) => at),
    };
    compare(
      given,
      made((at, slope) => at - stepSize * slope),
      mistakes,
    );
    if (xGiven.some((value, i) => value !== x[i])) {
      throw new Fault(
        'The numbers are right, but your function changes the x that it is given. Return new numbers, for example with x.map.',
      );
    }
    if (gradientGiven.some((value, i) => value !== gradient[i])) {
      throw new Fault('The numbers are right, but your function changes the gradient. Return new numbers.');
    }
  });
}

function numbers(answer: unknown, length: number): Values {
  const isArray = Array.isArray(answer) || (ArrayBuffer.isView(answer) && 'length' in answer);
  if (!isArray)
    throw new Fault(`${whatItIs(answer)} Return as many numbers as x has, for example with x.map.`);
  const data = answer as ArrayLike<number>;
  if (data.length !== length) {
    throw new Fault(`It has ${data.length} numbers, but x has ${length}. Return one for each of x.`);
  }
  return { shape: [length], data };
}
