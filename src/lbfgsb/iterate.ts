import { UserError } from '../errors';
import { breathe } from '../eventLoop';
import { projectedGradientNorm } from './bounds';
import { lineSearch, restoreIterate } from './lineSearch';
import { dot } from './linearAlgebra';
import { Objective, type Fprime, type Func } from './objective';
import { ProjectedPath } from './projectedPath';
import { type LbfgsbState, beginSearch, undoSearch } from './state';

export interface LbfgsbOptions {
  /** The gradient of func; without it, func returns [f, gradient]. */
  fprime?: Fprime | null;
  /** Stop when (f_k - f_k+1) / max(|f_k|, |f_k+1|, 1) <= factr * machine epsilon. Default 1e7. */
  factr?: number;
  /** Stop when no component of the projected gradient is greater than this. Default 1e-5. */
  pgtol?: number;
  /** Evaluations in one line search before it gives up. Default 20. */
  maxls?: number;
}

/**
 * L-BFGS-B 3.0, one iterate at a time: minimises func over the box of `state`, and yields `state`, changed in place,
 * after every accepted iterate (task NEW_X). When it ends, `state.task` says why; a line search that gives up is
 * reported as ABNORMAL_TERMINATION_IN_LNSRCH, with x, f and g those of the last accepted iterate.
 *
 * It continues from wherever `state` stands: fresh from `startState`, at an iterate, where a search was broken off, or from
 * `restoreState`. Every further number is bit for bit what it would have been without the interruption. It sets no limit
 * to iterates or evaluations: the caller stops asking.
 *
 * Errors of func or fprime pass through; `state` then stands where the search for the next step began (task SEARCH).
 *
 * The method and the order of its arithmetic are those of the Fortran code by Ciyou Zhu, Richard Byrd, Peihuang Lu and
 * Jorge Nocedal (ACM TOMS 23, 1997, Algorithm 778; New BSD licence), with the subspace minimisation of José Luis
 * Morales and Jorge Nocedal (ACM TOMS 38, 2011), as distributed with SciPy 1.10; newly written from the published method.
 *
 * @throws UserError for a factr below 0, a maxls that is not a positive integer, or a state that cannot be continued.
 */
export async function* lbfgsb(
  state: LbfgsbState,
  func: Func,
  { fprime, factr = 1e7, pgtol = 1e-5, maxls = 20 }: LbfgsbOptions = {},
): AsyncGenerator<LbfgsbState, void, void> {
  if (!(factr >= 0)) throw new UserError(`factr is ${factr}. Give a number of at least 0.`);
  if (Number.isNaN(pgtol)) throw new UserError('pgtol is NaN. Give a number.');
  if (!Number.isInteger(maxls) || maxls <= 0) {
    throw new UserError(`maxls is ${maxls}. Give a positive integer.`);
  }
  if (state.task !== 'START' && state.task !== 'NEW_X' && state.task !== 'SEARCH') return;

  let path: ProjectedPath | null = null;
  const objective = new Objective(func, fprime, state.x.length);
  if (state.task === 'START') {
    await evaluateStart(state, objective);
    if (state.projectedGradient <= pgtol) {
      state.task = 'CONVERGENCE: NORM_OF_PROJECTED_GRADIENT_<=_PGTOL';
      return;
    }
  } else {
    objective.recall(state.x, state.f, state.g);
    if (state.task === 'NEW_X') {
      if (hasConverged(state, factr, pgtol)) return;
      path = await updateMemory(state);
    }
  }

  for (;;) {
    beginSearch(state);
    while (!(await findSearchPoint(state, path))) {
      state.matrix.reset();
      path = null;
      beginSearch(state);
    }
    if (await searchOrInterrupt(state, objective, maxls)) {
      await breathe();
      state.nit++;
      state.projectedGradient = projectedGradientNorm(state.x, state.g, state.box);
      state.task = 'NEW_X';
      state.beforeSearch = null;
      yield state;
      if (hasConverged(state, factr, pgtol)) return;
      path = await updateMemory(state);
    } else if (state.matrix.count === 0) {
      state.task = 'ABNORMAL_TERMINATION_IN_LNSRCH';
      state.beforeSearch = null;
      return;
    } else {
      state.matrix.reset();
      path = null;
    }
  }
}

async function evaluateStart(state: LbfgsbState, objective: Objective): Promise<void> {
  const { f } = await objective.evaluate(state.x, state.g);
  state.f = f;
  state.funcalls = 1;
  state.projectedGradient = projectedGradientNorm(state.x, state.g, state.box);
}

async function searchOrInterrupt(state: LbfgsbState, objective: Objective, maxls: number): Promise<boolean> {
  try {
    return await lineSearch(state, objective, maxls);
  } catch (error) {
    restoreIterate(state);
    undoSearch(state);
    throw error;
  }
}

function hasConverged(state: LbfgsbState, factr: number, pgtol: number): boolean {
  if (state.projectedGradient <= pgtol) {
    state.task = 'CONVERGENCE: NORM_OF_PROJECTED_GRADIENT_<=_PGTOL';
    return true;
  }
  const scale = Math.max(Math.abs(state.previousF), Math.abs(state.f), 1);
  if (state.previousF - state.f <= factr * Number.EPSILON * scale) {
    state.task = 'CONVERGENCE: REL_REDUCTION_OF_F_<=_FACTR*EPSMCH';
    return true;
  }
  return false;
}

/**
 * Takes the accepted step into the memory, unless f curves too little along it.
 * @returns the path to the Cauchy point, begun in the same reading of the pairs; null where it is yet to begin.
 */
async function updateMemory(state: LbfgsbState): Promise<ProjectedPath | null> {
  const { matrix, step, slope, firstSlope, dDotD, d, g, previousG } = state;
  const sDotY = (slope - firstSlope) * step;
  if (sDotY <= Number.EPSILON * (-firstSlope * step)) {
    matrix.updated = false;
    return null;
  }
  const path = newPath(state);
  if (await matrix.update(step, d, g, previousG, sDotY, step * step * dDotD, path)) return path;
  matrix.reset();
  return null;
}

/** Null where there is none: without bounds, or where the projected gradient is 0. */
function newPath({
  x,
  g,
  box,
  variables,
  d,
  previousX,
  m,
  projectedGradient,
}: LbfgsbState): ProjectedPath | null {
  if (box === null || variables === null || projectedGradient <= 0) return null;
  return new ProjectedPath(x, g, box, variables, d, previousX, m);
}

/** Leaves in state.z the point that the line search aims at. False when the memory proves singular. */
async function findSearchPoint(state: LbfgsbState, begun: ProjectedPath | null): Promise<boolean> {
  const { x, g, z, previousX, previousG, box, variables, matrix, reduced, cauchy, subspace } = state;
  if (box === null || variables === null) {
    if (matrix.count > 0) return subspace.unbounded(x, g, matrix, reduced, previousG, z);
    // The Cauchy point of a model with B = I: one step down the gradient, or NaN where g.g is not finite.
    const gDotG = dot(g, g);
    const toMinimiser = gDotG / gDotG;
    for (let i = 0; i < x.length; i++) z[i] = x[i] - toMinimiser * g[i];
    return true;
  }
  const path = begun ?? newPath(state);
  if (path === null) {
    z.set(x);
  } else {
    if (path !== begun) await path.begin(matrix.corrections);
    if (!(await cauchy.find(x, box, matrix, variables, path, z))) return false;
  }
  await breathe();
  variables.update(state.nit > 0);
  if (variables.freeCount === 0 || matrix.count === 0) return true;
  // z, the Cauchy point, and the scratch array change roles: cheaper than a copy.
  [state.z, state.previousX] = [previousX, z];
  return subspace.bounded(x, g, box, matrix, reduced, variables, cauchy.displacement, z, previousG, state.z);
}
