/** Nested arrays and records of tensors: what a traced function may return, and what its compiled form gives back. */
import * as tf from '@tensorflow/tfjs';

export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** The same tree with each leaf replaced, in order. */
export function mapTree<Leaf, Result>(
  tree: Tree<Leaf>,
  isLeaf: (node: unknown) => node is Leaf,
  map: (leaf: Leaf) => Result,
): Tree<Result> {
  if (isLeaf(tree)) return map(tree);
  if (Array.isArray(tree)) return tree.map((branch: Tree<Leaf>) => mapTree(branch, isLeaf, map));
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(
      Object.entries(tree).map(([name, branch]: [string, Tree<Leaf>]) => [
        name,
        mapTree(branch, isLeaf, map),
      ]),
    );
  }
  throw new Error(
    `compile: expected the function to return tensors, or arrays and records of them, but received ${typeof tree}.`,
  );
}

export function leaves<Leaf>(tree: Tree<Leaf>, isLeaf: (node: unknown) => node is Leaf): Leaf[] {
  const list: Leaf[] = [];
  mapTree(tree, isLeaf, (leaf) => list.push(leaf));
  return list;
}

export function isTensor(node: unknown): node is tf.Tensor {
  return node instanceof tf.Tensor;
}
