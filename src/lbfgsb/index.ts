export { fminLbfgsb, type FminLbfgsbInfo, type FminLbfgsbOptions } from './fminLbfgsb';
export { pairsFor } from './corrections';
export { lbfgsb, type LbfgsbOptions } from './iterate';
export {
  exportState,
  restoreState,
  startState,
  type LbfgsbState,
  type SavedLbfgsb,
  type Task,
} from './state';
export type { Bounds } from './bounds';
export type { Fprime, Func, FuncAndGradient, Gradient } from './objective';
