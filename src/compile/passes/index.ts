/** The optimisations of a graph, in the order in which they are applied. Each gives a graph that computes the same values. */
import type { Computation } from '../graph';
import { filterGradients } from './filterGradients';
import { foldNumbers } from './foldNumbers';
import { longProducts } from './longProducts';
import { missingOps } from './missingOps';
import { plainMasks } from './plainMasks';
import { narrowConvolutions } from './narrowConvolutions';
import { poolGradients } from './poolGradients';
import { poolIndices } from './poolIndices';
import { pooledMasks } from './pooledMasks';
import { powers } from './powers';
import { reluMasks } from './reluMasks';
import { sumsOfProducts } from './sumsOfProducts';
import { transposedProducts } from './transposedProducts';
import { winograd } from './winograd';

export type Pass = (computation: Computation) => Computation;

/** ONNX Runtime's execution providers that compiled functions run on. */
export type DeviceName = 'cpu' | 'webgpu';

/**
 * What a graph is optimised for: a device; 'cpu-winograd' is the CPU with Winograd's convolution where that is faster. Without it a graph is
 * small, has the weights as they are, and suits any ONNX runtime.
 */
export type Target = DeviceName | 'cpu-winograd';

const CPU: readonly Pass[] = [
  foldNumbers, // first: powers and masks look for numbers
  powers,
  reluMasks,
  pooledMasks, // on masks, and before poolIndices: it looks for the MaxPool that the indices came from
  poolIndices,
  transposedProducts,
  sumsOfProducts, // on products that lie the same way
  plainMasks,
];

const PASSES: Record<Target, readonly Pass[]> = {
  cpu: CPU,
  'cpu-winograd': [...CPU, narrowConvolutions, winograd], // last: it takes a ReLU into a convolution, where others no longer find it
  webgpu: [
    foldNumbers,
    powers,
    reluMasks,
    pooledMasks,
    transposedProducts,
    sumsOfProducts,
    filterGradients,
    longProducts, // on what is left of the products
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
