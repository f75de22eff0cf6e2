/** Nested arrays and records of tensors: what a traced function may return, and what its compiled form gives back. */
import * as tf from '@tensorflow/tfjs';

export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** The same tree with each leaf replaced, in order. `path` are the keys and positions that lead to the leaf. */
export function mapTree<Leaf, Result>(
  tree: Tree<Leaf>,
  isLeaf: (node: unknown) => node is Leaf,
  map: (leaf: Leaf, path: readonly string[]) => Result,
  path: readonly string[] = [],
): Tree<Result> {
  if (isLeaf(tree)) return map(tree, path);
  if (Array.isArray(tree)) {
    return tree.map((branch: Tree<Leaf>, i) => mapTree(branch, isLeaf, map, [...path, String(i)]));
  }
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(
      Object.entries(tree).map(([name, branch]: [string, Tree<Leaf>]) => [
        name,
        mapTree(branch, isLeaf, map, [...path, name]),
      ]),
    );
  }
  throw new Error(
    `The function returned a ${typeof tree} where compile needs a tensor. Return tensors, or arrays and records of them.`,
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
