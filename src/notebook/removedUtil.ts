/** Functions that Node.js has removed from its module util, and that @tensorflow/tfjs-node 4.22 still calls. */
import util from 'node:util';

const REMOVED: Record<string, (value: unknown) => boolean> = {
  /** Until Node 22. */
  isNullOrUndefined: (value) => value === null || value === undefined,
  /** Deprecated. */
  isArray: Array.isArray,
};

/** Puts back those that are missing in `module`. They are on no list of its properties, so that nobody else meets them by chance. */
export function supplyRemovedUtil(module: object = util): void {
  for (const [name, value] of Object.entries(REMOVED)) {
    if (!(name in module)) Object.defineProperty(module, name, { value, enumerable: false });
  }
}
