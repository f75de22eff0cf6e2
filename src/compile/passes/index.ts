/** The optimisations of a graph, in the order in which they are applied. Each gives a graph that computes the same values. */
import type { Computation } from '../graph';
import { foldNumbers } from './foldNumbers';
import { missingOps } from './missingOps';
import { poolGradients } from './poolGradients';
import { poolIndices } from './poolIndices';
import { pooledMasks } from './pooledMasks';
import { powers } from './powers';
import { reluMasks } from './reluMasks';
import { sumsOfProducts } from './sumsOfProducts';
import { transposedProducts } from './transposedProducts';

export type Pass = (computation: Computation) => Computation;

/** What a graph is optimised for: one of ONNX Runtime's execution providers. */
export type Target = 'cpu' | 'webgpu';

const PASSES: Record<Target, readonly Pass[]> = {
  cpu: [
    foldNumbers, // first: powers and masks look for numbers
    powers,
    reluMasks,
    pooledMasks, // on masks, and before poolIndices: it looks for the MaxPool that the indices came from
    poolIndices,
    transposedProducts,
    sumsOfProducts, // on products that lie the same way
  ],
  webgpu: [
    foldNumbers,
    powers,
    reluMasks,
    pooledMasks,
    transposedProducts,
    sumsOfProducts,
    poolGradients, // what follows goes without what the provider lacks; this after pooledMasks, which looks for MaxUnpool
    missingOps,
  ],
};

/** The passes for a target, in order. */
export function passesFor(target: Target): readonly Pass[] {
  return PASSES[target];
}

/** The computation after all passes for a target. */
export function optimise(computation: Computation, target: Target): Computation {
  return passesFor(target).reduce((optimised, pass) => pass(optimised), computation);
}
