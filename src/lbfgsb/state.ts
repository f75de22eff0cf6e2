import { UserError } from '../errors';
import { clip, isBoxed, readBounds, type Bounds, type Box } from './bounds';
import { CauchyPoint } from './cauchyPoint';
import { CompactMatrix } from './compactMatrix';
import { FreeVariables } from './freeVariables';
import { MoreThuente, searchFields } from './moreThuente';
import { ReducedMatrix } from './reducedMatrix';
import { SubspaceMinimization } from './subspaceMinimization';

/** The status of a run in SciPy's own words, as in info.task. */
export type Task =
  | 'START'
  | 'NEW_X'
  /** A step is being searched for, from the last accepted iterate. After an error of func or fprime, the run can continue from here. */
  | 'SEARCH'
  | 'CONVERGENCE: NORM_OF_PROJECTED_GRADIENT_<=_PGTOL'
  | 'CONVERGENCE: REL_REDUCTION_OF_F_<=_FACTR*EPSMCH'
  | 'ABNORMAL_TERMINATION_IN_LNSRCH';

/** Everything that L-BFGS-B knows at an iterate: `lbfgsb` changes it in place from one iterate to the next. */
export class LbfgsbState {
  task: Task = 'START';
  /** The iterate, f and its gradient there. Which arrays these are changes between iterates. */
  x: Float64Array;
  f = 0;
  g: Float64Array;
  /** Greatest |component| of the projected gradient at x. */
  projectedGradient = 0;
  /** Accepted iterates, and evaluations of func, so far. */
  nit = 0;
  funcalls = 0;

  /** f and gradient of the iterate before; its x while a line search runs, scratch otherwise. */
  previousF = 0;
  previousG: Float64Array;
  previousX: Float64Array;
  /** The search direction and where a full step along it leads. */
  d: Float64Array;
  z: Float64Array;
  /** The step along d, the slope of f there and at its start, and d.d. */
  step = 0;
  slope = 0;
  firstSlope = 0;
  dDotD = 0;

  readonly search = new MoreThuente();
  readonly matrix: CompactMatrix;
  readonly reduced: ReducedMatrix;
  readonly cauchy: CauchyPoint;
  readonly subspace: SubspaceMinimization;
  readonly variables: FreeVariables | null;
  readonly boxed: boolean;

  /** Whether x, f and g are those of a trial point, and the last iterate's are previousX, previousF and previousG. */
  isAtTrial = false;
  /** What the search for the next step changes, as it was before; null outside of a search. */
  beforeSearch: BeforeSearch | null = null;

  constructor(
    x: Float64Array,
    readonly m: number,
    readonly box: Box | null,
  ) {
    const n = x.length;
    this.x = x;
    this.g = new Float64Array(n);
    this.previousG = new Float64Array(n);
    this.previousX = new Float64Array(n);
    this.d = new Float64Array(n);
    this.z = new Float64Array(n);
    this.matrix = new CompactMatrix(n, m);
    this.reduced = new ReducedMatrix(m);
    this.cauchy = new CauchyPoint(m);
    this.subspace = new SubspaceMinimization(m);
    this.variables = box && new FreeVariables(box);
    this.boxed = box !== null && isBoxed(box);
  }
}

/** What a search for a step changes of a state, besides x, f and g, and the scratch arrays. */
export interface BeforeSearch {
  funcalls: number;
  reducedProducts: Float64Array;
  reducedFactor: Float64Array;
  displacement: Float64Array;
  status?: Int8Array;
  isFree?: Uint8Array;
}

/** Begins a search: remembers what it will change, so that it can be broken off, or saved while it waits for func. */
export function beginSearch(state: LbfgsbState): void {
  const { funcalls, reduced, cauchy, variables } = state;
  state.task = 'SEARCH';
  state.beforeSearch = {
    funcalls,
    reducedProducts: reduced.products.slice(),
    reducedFactor: reduced.factor.slice(),
    displacement: cauchy.displacement.slice(),
    ...(variables !== null && { status: variables.status.slice(), isFree: variables.isFree.slice() }),
  };
}

/** Undoes a search that was broken off, x, f and g aside. */
export function undoSearch(state: LbfgsbState): void {
  const { beforeSearch: before, reduced, cauchy, variables } = state;
  if (before === null) return;
  state.funcalls = before.funcalls;
  reduced.products.set(before.reducedProducts);
  reduced.factor.set(before.reducedFactor);
  cauchy.displacement.set(before.displacement);
  if (variables !== null) {
    restore('status', before.status, variables.status);
    restore('isFree', before.isFree, variables.isFree);
  }
  state.beforeSearch = null;
}

/**
 * The state before the first evaluation.
 * @param x0 the first iterate, clipped to the bounds; copied.
 * @param m the number of pairs kept (SciPy's default: 10).
 * @throws UserError for an empty x0, an m that is not a positive integer, or bounds that do not fit.
 */
export function startState(
  x0: ArrayLike<number>,
  { m = 10, bounds = null }: { m?: number; bounds?: Bounds | null } = {},
): LbfgsbState {
  if (!(x0.length > 0)) throw new UserError('x0 is empty. Give at least one number.');
  if (!Number.isInteger(m) || m <= 0) throw new UserError(`m is ${m}. Give a positive integer.`);
  const box = readBounds(bounds, x0.length);
  const x = new Float64Array(x0);
  if (box !== null) clip(x, box);
  return new LbfgsbState(x, m, box);
}

const scalarFields = ['f', 'projectedGradient', 'previousF', 'step', 'slope', 'firstSlope', 'dDotD'] as const;

/**
 * A state as plain integers, strings and typed arrays, fit for any serialiser that keeps float64 whole. Floating
 * point scalars are in arrays too, because JSON would lose -0, NaN and the infinities.
 */
export interface SavedLbfgsb {
  format: 'lbfgsb-1';
  task: Task;
  n: number;
  m: number;
  nit: number;
  funcalls: number;
  updates: number;
  updated: boolean;
  /** Pairs held; s and y are that many vectors of n, oldest first. */
  count: number;
  s: Float64Array[];
  y: Float64Array[];
  x: Float64Array;
  g: Float64Array;
  previousG: Float64Array;
  d: Float64Array;
  scalars: Float64Array;
  search: Float64Array;
  theta: Float64Array;
  sy: Float64Array;
  ss: Float64Array;
  factorOfT: Float64Array;
  reducedProducts: Float64Array;
  reducedFactor: Float64Array;
  displacement: Float64Array;
  /** Absent without bounds. */
  lower?: Float64Array;
  upper?: Float64Array;
  status?: Int8Array;
  isFree?: Uint8Array;
}

/**
 * What has to be kept to continue exactly as if never interrupted: from an iterate, or, while func is being waited for, from the iterate
 * that the search began at.
 *
 * The arrays are the optimiser's own, not copies ((2m + 4) n float64 would double its memory): write them out, or
 * structuredClone the result, before the next iterate.
 */
export function exportState(state: LbfgsbState): SavedLbfgsb {
  const { matrix, variables, box, beforeSearch: before, isAtTrial } = state;
  const changing = before ?? {
    funcalls: state.funcalls,
    reducedProducts: state.reduced.products,
    reducedFactor: state.reduced.factor,
    displacement: state.cauchy.displacement,
    ...(variables !== null && { status: variables.status, isFree: variables.isFree }),
  };
  const scalars = isAtTrial ? { ...pick(state), f: state.previousF } : pick(state);
  return {
    format: 'lbfgsb-1',
    task: state.task,
    n: state.x.length,
    m: state.m,
    nit: state.nit,
    updates: matrix.updates,
    updated: matrix.updated,
    count: matrix.count,
    s: [...matrix.corrections.s],
    y: [...matrix.corrections.y],
    x: isAtTrial ? state.previousX : state.x,
    g: isAtTrial ? state.previousG : state.g,
    previousG: state.previousG,
    d: state.d,
    scalars: Float64Array.from(scalarFields, (field) => scalars[field]),
    search: Float64Array.from(searchFields, (field) => state.search[field]),
    theta: Float64Array.of(matrix.theta),
    sy: matrix.sy,
    ss: matrix.ss,
    factorOfT: matrix.factorOfT,
    ...changing,
    ...(box !== null && { lower: box.lower, upper: box.upper }),
  };
}

function pick(state: LbfgsbState): Record<(typeof scalarFields)[number], number> {
  const { f, projectedGradient, previousF, step, slope, firstSlope, dDotD } = state;
  return { f, projectedGradient, previousF, step, slope, firstSlope, dDotD };
}

/**
 * The state that `exportState` described; the arrays are copied.
 * @throws UserError when `saved` has another format or an array of the wrong length.
 */
export function restoreState(saved: SavedLbfgsb): LbfgsbState {
  if (saved.format !== 'lbfgsb-1') {
    throw new UserError(
      `The saved optimiser state has the format ${String(saved.format)}, not lbfgsb-1. Start a new run.`,
    );
  }
  const { n, m, lower, upper, status, isFree } = saved;
  const box = lower && upper ? { lower: lower.slice(), upper: upper.slice() } : null;
  const state = new LbfgsbState(new Float64Array(n), m, box);
  const { matrix, variables } = state;
  state.task = saved.task;
  state.nit = saved.nit;
  state.funcalls = saved.funcalls;
  matrix.updates = saved.updates;
  matrix.updated = saved.updated;
  for (let j = 0; j < saved.count; j++) {
    const pair = matrix.corrections.append();
    restore('s', saved.s[j], pair.s);
    restore('y', saved.y[j], pair.y);
  }
  restore('x', saved.x, state.x);
  restore('g', saved.g, state.g);
  restore('previousG', saved.previousG, state.previousG);
  restore('d', saved.d, state.d);
  scalarFields.forEach((field, k) => (state[field] = saved.scalars[k]));
  searchFields.forEach((field, k) => (state.search[field] = saved.search[k]));
  matrix.theta = saved.theta[0];
  restore('sy', saved.sy, matrix.sy);
  restore('ss', saved.ss, matrix.ss);
  restore('factorOfT', saved.factorOfT, matrix.factorOfT);
  restore('reducedProducts', saved.reducedProducts, state.reduced.products);
  restore('reducedFactor', saved.reducedFactor, state.reduced.factor);
  restore('displacement', saved.displacement, state.cauchy.displacement);
  if (variables !== null) {
    restore('status', status, variables.status);
    restore('isFree', isFree, variables.isFree);
  }
  return state;
}

function restore<A extends Float64Array | Int8Array | Uint8Array>(
  name: string,
  from: A | undefined,
  to: A,
): void {
  if (from?.length !== to.length) {
    throw new UserError(
      `The saved optimiser state is damaged: ${name} has ${from?.length ?? 'no'} elements, not ${to.length}. Start a new run.`,
    );
  }
  to.set(from);
}
