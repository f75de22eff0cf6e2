/**
 * What the inputs and outputs of a compiled function are called in its ONNX model. Outputs are named for the keys that lead to them in what
 * the function returns. ONNX asks for names as C has them.
 */
import { type Tree, mapTree } from './tree';

/** `input` if there is one, else `input_0`, `input_1` and so on. */
export function inputNames(count: number): string[] {
  return count === 1 ? ['input'] : Array.from({ length: count }, (_, i) => `input_${i}`);
}

/**
 * The names of a function's results: `grad` or `content_block5_conv2` in records, `output_0` and so on in an array, `output` for all that is
 * returned.
 *
 * @param taken names that none may have
 */
export function outputNames<Leaf>(
  result: Tree<Leaf>,
  isLeaf: (node: unknown) => node is Leaf,
  taken: readonly string[],
): Tree<string> {
  const all = new Set(taken);
  return mapTree(result, isLeaf, (_, path) => {
    const name = unlike(all, identifier(path));
    all.add(name);
    return name;
  });
}

/** The names of prepared values, which a model takes as inputs besides its own. */
export function preparedNames(count: number, taken: readonly string[]): string[] {
  return Array.from({ length: count }, (_, i) => unlike(new Set(taken), `prepared_${i}`));
}

/** The name, or one like it that is not taken. */
export function unlike(taken: ReadonlySet<string>, name: string): string {
  return taken.has(name) ? unlike(taken, `${name}_`) : name;
}

function identifier(path: readonly string[]): string {
  const name = path.join('_').replace(/\W/g, '_');
  return /^[A-Za-z_]/.test(name) ? name : `output${name && '_'}${name}`;
}
