import { UserError } from '../errors';
import type { Bounds } from './bounds';
import { lbfgsb } from './iterate';
import type { Fprime, Func } from './objective';
import { startState, type Task } from './state';

export interface FminLbfgsbOptions {
  /** The gradient of func. Without it, func itself returns [f, gradient]. */
  fprime?: Fprime | null;
  /** Bounds on x; none by default. x0 is clipped to them. */
  bounds?: Bounds | null;
  /** Pairs of steps and gradient changes kept. Default 10. */
  m?: number;
  /** Stop when (f_k - f_k+1) / max(|f_k|, |f_k+1|, 1) <= factr * machine epsilon. Default 1e7. */
  factr?: number;
  /** Stop when no component of the projected gradient is greater than this. Default 1e-5. */
  pgtol?: number;
  /** Stop after the iteration that brings the evaluations beyond this number. Default 15000. */
  maxfun?: number;
  /** Stop after this many iterations. Default 15000. */
  maxiter?: number;
  /** Evaluations in one line search before it gives up. Default 20. */
  maxls?: number;
  /** Called, and awaited, with a copy of x after every iteration. */
  callback?: ((x: Float64Array) => unknown) | null;
}

/** Why and where `fminLbfgsb` stopped. */
export interface FminLbfgsbInfo {
  /** The gradient at x. */
  grad: Float64Array;
  /** SciPy's message. */
  task:
    | Task
    | 'STOP: TOTAL NO. of ITERATIONS REACHED LIMIT'
    | 'STOP: TOTAL NO. of f AND g EVALUATIONS EXCEEDS LIMIT';
  /** Evaluations of func. */
  funcalls: number;
  /** Iterations. */
  nit: number;
  /** 0: converged; 1: maxfun or maxiter reached; 2: stopped for another reason, which `task` gives. */
  warnflag: 0 | 1 | 2;
}

/**
 * Minimises a function of many variables with L-BFGS-B: SciPy 1.10's fmin_l_bfgs_b (`In [24]`), float64, with the same
 * defaults, the same sequence of evaluations and the same `info`. func, fprime and callback may return promises; at
 * each point func is asked first and fprime second, once each.
 *
 * Two differences: input that SciPy answers with a task ERROR throws here, and after ABNORMAL_TERMINATION_IN_LNSRCH f
 * is the value at x (SciPy returns that of the last trial point). Gradients are not estimated (approx_grad).
 *
 * @param func the function; given a copy of x to read, which the next evaluation overwrites.
 * @param x0 where to begin; not changed.
 * @returns `[x, f, info]`: the last iterate, the value there, and how it ended.
 * @throws UserError when an argument is invalid; errors of func, fprime or callback pass through.
 */
export async function fminLbfgsb(
  func: Func,
  x0: ArrayLike<number>,
  { m, bounds, maxfun = 15000, maxiter = 15000, callback, ...options }: FminLbfgsbOptions = {},
): Promise<[x: Float64Array, f: number, info: FminLbfgsbInfo]> {
  for (const [name, limit] of Object.entries({ maxfun, maxiter })) {
    if (typeof limit !== 'number' || Number.isNaN(limit)) {
      throw new UserError(`${name} is ${String(limit)}. Give a number.`);
    }
  }
  const state = startState(x0, { m, bounds });
  let stop: FminLbfgsbInfo['task'] | null = null;
  for await (const { x } of lbfgsb(state, func, options)) {
    await callback?.(x.slice());
    if (state.nit >= maxiter) stop = 'STOP: TOTAL NO. of ITERATIONS REACHED LIMIT';
    else if (state.funcalls > maxfun) stop = 'STOP: TOTAL NO. of f AND g EVALUATIONS EXCEEDS LIMIT';
    if (stop !== null) break;
  }
  const { x, f, g: grad, funcalls, nit } = state;
  const task = stop ?? state.task;
  const limited = funcalls > maxfun || nit >= maxiter;
  const warnflag = task.startsWith('CONV') ? 0 : limited ? 1 : 2;
  return [x, f, { grad, task, funcalls, nit, warnflag }];
}
