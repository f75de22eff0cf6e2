/** One evaluation of a loss in windows: forth through the network, the loss of the sums, and back through the network. */
import type { CompiledFunction, InputArray, NDArray } from '../compile';
import type { LossTerm } from '../losses/terms';
import type { Evaluation } from '../problem/problem';
import { type Field, add, addTo, cut, elements, fieldOf, zeros } from './arrays';
import type { TiledFunctions } from './functions';
import type { Guides } from './guides';
import { type OctavePlan, type Window, pixelsOf, positionsIn, windowsOf } from './plan';
import type { SquaresSum, Sum } from './sums';

/** The functions, compiled. */
export interface CompiledFunctions {
  pictures: Compiled<TiledFunctions['pictures']>;
  loss: Compiled<TiledFunctions['loss']>;
  gradient: Compiled<TiledFunctions['gradient']>;
  /** One octave's. */
  windows: readonly {
    plan: OctavePlan<Sum>;
    first: Compiled<TiledFunctions['first'][number]>;
    second: Compiled<TiledFunctions['second'][number]>;
  }[];
}

type Compiled<Traced extends { fn: (...inputs: never[]) => unknown }> = CompiledFunction<
  ReturnType<Traced['fn']>
>;

/** The targets as the functions take them. */
export interface GivenTargets {
  /** Gram matrices and, for activations, the sums of their squares, in the order of the loss's inputs. */
  ofLoss: readonly Float32Array[];
  /** The activations that a sum of squares compares with. */
  ofSum: (sum: SquaresSum) => Field;
}

export interface EvaluationParts {
  terms: readonly LossTerm[];
  functions: TiledFunctions;
  compiled: CompiledFunctions;
  given: GivenTargets;
}

/**
 * Loss and gradient at the variables z.
 *
 * @throws the signal's reason where it is aborted; it is looked at before every window
 */
export async function evaluate(
  z: InputArray,
  parts: EvaluationParts,
  ended: AbortSignal,
): Promise<Evaluation> {
  const { terms, functions, compiled, given } = parts;
  const { sums } = functions;
  const seen = await compiled.pictures(z);
  const pictures = byOctave(seen, functions);

  const totals = await sumsOverWindows(pictures, parts, ended);
  const compared = await compiled.loss(...totals, ...given.ofLoss);
  const slopeOf = new Map(sums.map((sum, i) => [sum, compared.slopes[i].data as Float32Array]));
  const slopes = await slopesOfPictures(pictures, slopeOf, parts, ended);
  const whole = await compiled.gradient(z, ...slopes.map(({ data }) => data));

  const values = { ...compared.terms, ...whole.terms };
  const ordered = Object.fromEntries(terms.map(({ name }) => [name, values[name]]));
  const value = Object.values(ordered).reduce((sum, { data }) => sum + data[0], 0);
  return {
    value: { data: Float32Array.of(value), shape: [] },
    terms: ordered,
    grad: whole.grad,
    picture: seen[0],
  };
}

type Pictures = ReadonlyMap<number, Field>;

/** The pictures that the variables make, by their octaves. */
export function byOctave(seen: readonly NDArray[], { octaves }: TiledFunctions): Pictures {
  return new Map(octaves.map((octave, i) => [octave, fieldOf(seen[i])]));
}

/** The first pass. In float64, because the windows are many. */
async function sumsOverWindows(
  pictures: Pictures,
  { functions: { sums, loss, guides }, compiled, given }: EvaluationParts,
  ended: AbortSignal,
): Promise<Float64Array[]> {
  const totals = new Map(sums.map((sum, i) => [sum, new Float64Array(elements(loss.shapes[i]))]));
  for (const { plan, first } of compiled.windows) {
    for (const window of windowsOf(plan)) {
      ended.throwIfAborted();
      const parts = await first(...inputsOf(plan, window, pictures, guides, given));
      plan.wanted.forEach((sum, i) => addTo(totals.get(sum) as Float64Array, parts[i].data));
    }
  }
  ended.throwIfAborted();
  return [...totals.values()];
}

/** The second pass: the derivative of the loss by the picture in each octave. */
async function slopesOfPictures(
  pictures: Pictures,
  slopeOf: ReadonlyMap<Sum, Float32Array>,
  { functions: { guides }, compiled, given }: EvaluationParts,
  ended: AbortSignal,
): Promise<Field[]> {
  const slopes = new Map(
    [...pictures].map(([octave, { rows, columns }]) => [octave, zeros(rows, columns, 3)]),
  );
  for (const { plan, second } of compiled.windows) {
    const bySum = plan.wanted.map((sum) => slopeOf.get(sum) as Float32Array);
    for (const window of windowsOf(plan)) {
      ended.throwIfAborted();
      const { data } = await second(...inputsOf(plan, window, pictures, guides, given), ...bySum);
      add(slopes.get(plan.octave) as Field, pixelsOf(plan, window), data as Float32Array);
    }
  }
  ended.throwIfAborted();
  return [...slopes.values()];
}

/** What both passes take of a window. */
export function inputsOf(
  plan: OctavePlan<Sum>,
  window: Window,
  pictures: Pictures,
  guides: Guides,
  { ofSum }: GivenTargets,
): Float32Array[] {
  const targets = plan.wanted.flatMap((sum) =>
    sum.sum === 'squares' ? [cut(ofSum(sum), positionsIn(plan, window, sum.layer))] : [],
  );
  return [
    cut(pictures.get(plan.octave) as Field, pixelsOf(plan, window)),
    ...plan.wanted.map((sum) => guides.guide(plan, window, sum)),
    ...targets,
  ];
}
