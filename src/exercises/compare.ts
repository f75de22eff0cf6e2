/** How far an answer is off, in words. Usual mistakes are recognised, because each gives numbers of its own. */
import { Fault } from './verdict';
import type { Values } from './values';

/** What the usual mistakes give, by the words for them: the problem, then the fix. */
export type Mistakes = Readonly<Record<string, Values>>;

/** Beside the greatest value. Float32 sums in another order stay far below it, and mistakes are far above. */
const TOLERANCE = 1e-3;

/**
 * Compares an answer with the right values.
 *
 * @param tolerance how far a value may be off; default a thousandth of the greatest value
 * @throws Fault where they differ: the mistake by its name where it is a usual one, else how far off the answer is
 */
export function compare(answer: Values, right: Values, mistakes: Mistakes, tolerance?: number): void {
  const broken = Array.from(answer.data).findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new Fault(
      `The value ${at(broken, answer.shape)} is ${answer.data[broken]}. Look for a division by 0 or a power of a negative number.`,
    );
  }
  if (isNear(answer, right, tolerance)) return;
  const made = Object.keys(mistakes).find((words) => isNear(answer, mistakes[words], tolerance));
  throw new Fault(made ?? wrongShape(answer, right) ?? wrongValues(answer, right));
}

function isNear(a: Values, b: Values, tolerance = TOLERANCE * greatest(b)): boolean {
  if (a.shape.join() !== b.shape.join() || a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (Math.abs(a.data[i] - b.data[i]) > tolerance) return false;
  return true;
}

function greatest({ data }: Values): number {
  return Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function wrongShape(answer: Values, right: Values): string | undefined {
  const [given, wanted] = [answer.shape, right.shape];
  if (given.join() === wanted.join()) return undefined;
  const begin = `The shape is [${given.join(', ')}], but it should be [${wanted.join(', ')}].`;
  if (wanted.length === 0) return `${begin} Add up over all axes: tf.sum(x) without an axis.`;
  if (`1,${given.join()}` === wanted.join())
    return `${begin} The first axis, the batch of one picture, is missing. Keep it, or add it with expandDims(0).`;
  if (given.join() === `1,${wanted.join()}`)
    return `${begin} The first axis, the batch of one picture, is still there. Drop it, for example with squeeze([0]).`;
  if ([...given].sort().join() === [...wanted].sort().join())
    return `${begin} Axes are swapped. Compare the order of rows, columns and channels.`;
  return `${begin} Print the shape after each step to see where it goes another way.`;
}

function wrongValues(answer: Values, right: Values): string {
  const [given, wanted] = [Array.from(answer.data), Array.from(right.data)];
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const scale = dot(given, wanted) / dot(wanted, wanted);
  const size = Math.sqrt(dot(given, given));
  if (size === 0) return 'Every value is 0. Check that you use both arguments, and not one of them twice.';
  const rest = given.map((value, i) => value - scale * wanted[i]);
  // Of a single number every answer is a multiple.
  if (given.length > 1 && Math.sqrt(dot(rest, rest)) < 2 * TOLERANCE * size) {
    if (Math.abs(scale + 1) < TOLERANCE) return 'The sign is wrong. Swap the two sides of your difference.';
    return `Every value is ${short(scale)} times what it should be. Look for a factor or a division.`;
  }
  const offsets = given.map((value, i) => value - wanted[i]);
  const offset = offsets.reduce((sum, value) => sum + value, 0) / offsets.length;
  if (
    given.length > 1 &&
    offsets.every((each) => Math.abs(each - offset) < 2 * TOLERANCE * greatest(right))
  ) {
    return `Every value is ${short(Math.abs(offset))} too ${offset > 0 ? 'large' : 'small'}. Look for a sum that is left out or done twice.`;
  }
  if (given.length === 1) {
    return `It is ${short(given[0])}, but ${short(wanted[0])} is right: ${short(scale)} times as much. Compute it for two numbers by hand.`;
  }
  const off = Math.sqrt(dot(offsets, offsets) / dot(wanted, wanted));
  const worst = offsets.reduce((most, value, i) => (Math.abs(value) > Math.abs(offsets[most]) ? i : most), 0);
  return (
    `The values are off by ${(100 * off).toPrecision(2)} % on average. The worst is ${at(worst, right.shape)}: ` +
    `${short(given[worst])} instead of ${short(wanted[worst])}. Compare single values with a calculation by hand.`
  );
}

/** Where the value with this index stands. */
function at(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  for (let rest = index, axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `at [${place.join(', ')}]`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
