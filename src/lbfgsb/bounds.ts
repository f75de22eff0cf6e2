import { UserError } from '../errors';

/**
 * Bounds on the variables, in one of two forms:
 * - SciPy's: one [lower, upper] pair a variable; null (or an infinity) where there is no bound;
 * - for many variables: `{ lower, upper }`, each one number for all variables, or an array with one a variable.
 */
export type Bounds =
  | readonly (readonly [number | null, number | null])[]
  | {
      readonly lower?: number | ArrayLike<number> | null;
      readonly upper?: number | ArrayLike<number> | null;
    };

/** The feasible box, one element a variable; a missing bound is an infinity. */
export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

function isPairs(bounds: Bounds): bounds is readonly (readonly [number | null, number | null])[] {
  return Array.isArray(bounds);
}

function spread(side: 'lower' | 'upper', bound: number | ArrayLike<number> | null | undefined, n: number) {
  const free = side === 'lower' ? -Infinity : Infinity;
  if (typeof bound !== 'object' || bound === null) return new Float64Array(n).fill(bound ?? free);
  if (bound.length !== n) {
    throw new UserError(
      `bounds.${side} has the length ${bound.length}, for ${n} variables. Give one number for all, or one for each variable.`,
    );
  }
  return new Float64Array(bound);
}

function fromPairs(pairs: readonly (readonly [number | null, number | null])[], n: number): Box {
  if (pairs.length !== n) {
    throw new UserError(
      `bounds has the length ${pairs.length}, for ${n} variables. Give one pair [lower, upper] for each variable.`,
    );
  }
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    lower[i] = pairs[i][0] ?? -Infinity;
    upper[i] = pairs[i][1] ?? Infinity;
  }
  return { lower, upper };
}

/**
 * Reads either form of bounds for n variables. Null when no variable is bounded, so that the optimiser can take its
 * shorter unconstrained path.
 * @throws UserError for a wrong length, a NaN, or a lower bound above its upper bound.
 */
export function readBounds(bounds: Bounds | null | undefined, n: number): Box | null {
  if (bounds === null || bounds === undefined) return null;
  const box = isPairs(bounds)
    ? fromPairs(bounds, n)
    : { lower: spread('lower', bounds.lower, n), upper: spread('upper', bounds.upper, n) };
  let bounded = false;
  for (let i = 0; i < n; i++) {
    const lower = box.lower[i];
    const upper = box.upper[i];
    if (!(lower <= upper)) {
      throw new UserError(
        `The bounds of variable ${i}, [${lower}, ${upper}], do not have lower <= upper. Swap or correct them.`,
      );
    }
    if (lower !== -Infinity || upper !== Infinity) bounded = true;
  }
  return bounded ? box : null;
}

/** True when every variable has both bounds; the first step of such a run is not scaled down. */
export function isBoxed(box: Box): boolean {
  for (let i = 0; i < box.lower.length; i++) {
    if (box.lower[i] === -Infinity || box.upper[i] === Infinity) return false;
  }
  return true;
}

/** Moves x into the box in place, as np.clip does. */
export function clip(x: Float64Array, box: Box): void {
  for (let i = 0; i < x.length; i++) {
    if (x[i] < box.lower[i]) x[i] = box.lower[i];
    if (x[i] > box.upper[i]) x[i] = box.upper[i];
  }
}

/**
 * The greatest |component| of the projected gradient at x: how far a unit step down the gradient moves x before the
 * box stops it. NaN as soon as the gradient holds one (SciPy's addition to projgr).
 */
export function projectedGradientNorm(x: Float64Array, g: Float64Array, box: Box | null): number {
  let norm = 0;
  if (box === null) {
    for (let i = 0; i < g.length; i++) {
      const size = Math.abs(g[i]);
      if (size <= norm) continue;
      if (Number.isNaN(size)) return NaN;
      norm = size;
    }
    return norm;
  }
  const { lower, upper } = box;
  for (let i = 0; i < g.length; i++) {
    // No test of g's sign, which a processor cannot foresee: with x in the box only the one bound ahead can cut it.
    let gi = g[i];
    if (gi > x[i] - lower[i]) gi = x[i] - lower[i];
    else if (gi < x[i] - upper[i]) gi = x[i] - upper[i];
    const size = Math.abs(gi);
    if (size <= norm) continue;
    if (Number.isNaN(size)) return NaN;
    norm = size;
  }
  return norm;
}
