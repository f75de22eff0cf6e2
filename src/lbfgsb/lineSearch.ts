import { breathe } from '../eventLoop';
import type { Box } from './bounds';
import { blockLength } from './corrections';
import { dot } from './linearAlgebra';
import type { Objective } from './objective';
import type { LbfgsbState } from './state';

const greatestUnboundedStep = 1e10;

/**
 * Searches along d = z - x for a better point that stays in the box (lnsrlb), asking for at most `maxls` evaluations.
 * @returns true when x, f and g are those of a new iterate; false when the search gave up and they are as before,
 * because d does not lead downhill or `maxls` evaluations did not suffice.
 */
export async function lineSearch(state: LbfgsbState, objective: Objective, maxls: number): Promise<boolean> {
  await breathe();
  const greatestStep = setDirection(state);
  state.previousF = state.f;
  state.slope = state.firstSlope;
  if (state.firstSlope >= 0) return false;
  let step = firstStep(state, greatestStep);
  state.search.start(state.f, state.slope, step, greatestStep);
  swapIterates(state);
  for (let evaluations = 0; evaluations < maxls; evaluations++) {
    await breathe();
    moveBy(state, step);
    const { f, asked } = await objective.evaluate(state.x, state.g);
    await breathe();
    if (asked) state.funcalls++;
    state.f = f;
    state.slope = dot(state.g, state.d);
    state.step = step;
    const next = state.search.next(f, state.slope, step, greatestStep);
    if (next === null) {
      state.isAtTrial = false;
      return true;
    }
    step = next;
  }
  restoreIterate(state);
  return false;
}

/** Back from a trial point, if x is one, to the iterate that the search began at. */
export function restoreIterate(state: LbfgsbState): void {
  if (!state.isAtTrial) return;
  swapIterates(state);
  state.f = state.previousF;
}

/** The trial points are written over the iterate before the last, which is no longer needed. */
function swapIterates(state: LbfgsbState): void {
  [state.x, state.previousX] = [state.previousX, state.x];
  [state.g, state.previousG] = [state.previousG, state.g];
  state.isAtTrial = !state.isAtTrial;
}

/** d = z - x, with d.d and the slope g.d. Returns the greatest step that the box allows. */
function setDirection(state: LbfgsbState): number {
  const { x, g, d, z, box } = state;
  let dDotD = 0;
  let slope = 0;
  let greatest = greatestUnboundedStep;
  // In blocks, so that the second loop finds x and d in the cache.
  for (let start = 0; start < x.length; start += blockLength) {
    const end = Math.min(start + blockLength, x.length);
    for (let i = start; i < end; i++) {
      const di = z[i] - x[i];
      d[i] = di;
      dDotD += di * di;
      slope += g[i] * di;
    }
    if (box !== null) greatest = greatestStepInBox(x, d, box, start, end, greatest);
  }
  state.dDotD = dDotD;
  state.firstSlope = slope;
  return box !== null && state.nit === 0 ? 1 : greatest;
}

/** The greatest step of at most `atMost` that keeps the variables start..end-1 in the box. */
function greatestStepInBox(
  x: Float64Array,
  d: Float64Array,
  { lower, upper }: Box,
  start: number,
  end: number,
  atMost: number,
): number {
  let greatest = atMost;
  for (let i = start; i < end; i++) {
    const di = d[i];
    const toLower = lower[i] - x[i];
    const toUpper = upper[i] - x[i];
    const move = di * greatest;
    if (move < toLower) greatest = toLower >= 0 ? 0 : toLower / di;
    else if (move > toUpper) greatest = toUpper <= 0 ? 0 : toUpper / di;
  }
  return greatest;
}

/** The very first step has length 1 unless all variables are boxed, because nothing is known of the scale yet. */
function firstStep(state: LbfgsbState, greatestStep: number): number {
  if (state.nit > 0 || state.boxed) return 1;
  const unitLength = 1 / Math.sqrt(state.dDotD);
  return unitLength < greatestStep ? unitLength : greatestStep;
}

/** x = previousX + step * d, kept in the box against rounding. */
function moveBy(state: LbfgsbState, step: number): void {
  const { x, previousX, d, z, box } = state;
  if (step === 1) {
    x.set(z);
    return;
  }
  for (let i = 0; i < x.length; i++) x[i] = step * d[i] + previousX[i];
  if (box === null) return;
  const { lower, upper } = box;
  for (let i = 0; i < x.length; i++) {
    let xi = x[i];
    if (lower[i] !== -Infinity) xi = xi > lower[i] ? xi : lower[i];
    if (upper[i] !== Infinity) xi = xi < upper[i] ? xi : upper[i];
    x[i] = xi;
  }
}
