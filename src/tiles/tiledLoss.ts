/**
 * The loss of a picture that is too large to be seen whole, and its gradient, window by window. Both are those of the whole picture, to
 * rounding: what is compared are sums over positions, and each position counts in one window.
 */
import { abortable } from '../abortable';
import { type CompiledFunction, type InputArray, type NDArray, compile } from '../compile';
import { type LossTerm, isLayerTerm } from '../losses/terms';
import type { Evaluation } from '../problem/problem';
import { fieldOf } from './arrays';
import { type CompiledFunctions, type GivenTargets, evaluate } from './evaluate';
import { type TiledFunctions, type TiledParts, tiledFunctions } from './functions';
import type { Traceable } from './passes';
import { secondsEach } from './secondsEach';

/** What the terms compare with, by their names: for each comparison activations [h, w, channels] or a Gram matrix. */
export type TargetArrays = Readonly<Record<string, readonly NDArray[]>>;

export interface TiledOptions extends TiledParts {
  threads: number;
  winograd: boolean;
  /** Ends the compilation. */
  signal?: AbortSignal;
}

/** A loss in windows, compiled. */
export interface TiledLoss {
  /** As the compiled function of the whole picture. */
  lossAndGrads: (z: InputArray) => Promise<Evaluation>;
  /** About how many seconds an evaluation takes, without making it. */
  secondsEach: (z: InputArray) => Promise<number>;
  /** Ends evaluations that are under way before their next window, and frees the compiled functions. */
  dispose: () => Promise<void>;
}

/**
 * Compiles the loss and its gradient.
 *
 * @throws the signal's reason where it is aborted
 */
export async function compileTiled(targets: TargetArrays, options: TiledOptions): Promise<TiledLoss> {
  const { terms } = options;
  const functions = await tiledFunctions(options);
  const opened: Disposable[] = [];
  const ended = new AbortController();
  const dispose = async () => {
    ended.abort(new Error('This compiled function was disposed of. Compile it again to call it.'));
    await Promise.all(opened.map((each) => each.dispose()));
  };
  try {
    const compiled = await compileAll(functions, options, opened);
    const parts = { terms, functions, compiled, given: givenTargets(terms, functions, targets) };
    return {
      lossAndGrads: (z) => evaluate(z, parts, ended.signal),
      secondsEach: (z) => secondsEach(z, parts, ended.signal),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

type Disposable = Pick<CompiledFunction<unknown>, 'dispose'>;

async function compileAll(
  { plans, first, second, pictures, loss, gradient }: TiledFunctions,
  { device, threads, winograd, signal }: TiledOptions,
  opened: Disposable[],
): Promise<CompiledFunctions> {
  // One of them is at work at a time. If each kept its memory for the next call, they would need the sum of it.
  const options = { device, threads, winograd, keepsMemory: false };
  const open = async <Result>({ fn, shapes }: Traceable<Result>) => {
    const compiled = await abortable(compile(fn, ...shapes, options), signal, (late) => late.dispose());
    opened.push(compiled);
    return compiled;
  };
  const windows: CompiledFunctions['windows'][number][] = [];
  for (const [i, plan] of plans.entries()) {
    windows.push({ plan, first: await open(first[i]), second: await open(second[i]) });
  }
  return {
    pictures: await open(pictures),
    loss: await open(loss),
    gradient: await open(gradient),
    windows,
  };
}

function givenTargets(
  terms: readonly LossTerm[],
  { loss, sums }: TiledFunctions,
  targets: TargetArrays,
): GivenTargets {
  const list = terms.filter(isLayerTerm).flatMap(({ name }) => targets[name] ?? []);
  const shapes = loss.shapes.slice(sums.length);
  if (list.length !== shapes.length) throw new Error('There is not one target for each comparison.');
  return {
    ofLoss: list.map(({ data }, i) =>
      shapes[i].length === 0 ? Float32Array.of(squaresOf(data)) : (data as Float32Array),
    ),
    ofSum: ({ term, index }) => fieldOf(targets[term][index]),
  };
}

function squaresOf(data: NDArray['data']): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] ** 2;
  return sum;
}
