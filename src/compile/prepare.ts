/**
 * What is computed once and for all: large values that depend on constants only, as transformed filters do.
 *
 * ONNX Runtime would compute them, too, but keeps a copy of every step while it loads a model. Here each has a small model of its own, and
 * is an input of the large one.
 */
import { type Computation, type Node, type Value, sizeOf } from './graph';
import { rewrite } from './passes/rewrite';

/** Smaller values are left to ONNX Runtime. */
const LEAST_SIZE = 2 ** 12;

export interface Prepared {
  /** What is left to do at each call. Its inputs are those of the whole, and after them the prepared values. */
  main: Computation;
  /** In the order of those inputs. They belong to the graph of the whole, and depend on none of its inputs. */
  values: readonly Value[];
}

/**
 * Takes a computation apart. Prepared is what depends on constants only and is larger than those are together: constants that are merely
 * rearranged stay what they are, since ONNX Runtime looks for them. What turns a prepared value round is left to each call: ONNX Runtime
 * does it within products, and two of those may share the value.
 */
export function prepare(computation: Computation): Prepared {
  const chosen = new Set(preparedValues(computation));
  const values: Value[] = [];
  const main = rewrite(computation, (graph, { outputs }, { outputs: [old] }) => {
    if (!old || !chosen.has(old)) return undefined;
    values.push(old);
    return outputs.map(({ dims, dtype }) => graph.addInput(dims, dtype));
  });
  return { main, values };
}

function preparedValues({ graph, outputs }: Computation): Value[] {
  const nodes = graph.reachable(outputs);
  /** The constants that a node depends on, where it depends on nothing else. */
  const sources = new Map<Node, ReadonlySet<Value>>();
  for (const node of nodes) {
    const each = node.inputs.map((value) => value && sourcesOf(value, sources));
    if (each.every((found) => found !== undefined))
      sources.set(node, new Set(each.flatMap((found) => [...found])));
  }
  const used = nodes.filter((node) => !sources.has(node)).flatMap(({ inputs }) => inputs);
  return [...new Set(used.map((value) => value && unturned(value)))].filter((value): value is Value => {
    const found = value?.node && sources.get(value.node);
    if (!value || !found || value.dtype !== 'float32') return false;
    const size = [...found].reduce((sum, { dims }) => sum + sizeOf(dims), 0);
    return sizeOf(value.dims) > Math.max(size, LEAST_SIZE);
  });
}

function sourcesOf(
  value: Value,
  known: ReadonlyMap<Node, ReadonlySet<Value>>,
): ReadonlySet<Value> | undefined {
  return value.node ? known.get(value.node) : value.constant && new Set([value]);
}

function unturned(value: Value): Value {
  return value.node?.op === 'Transpose' ? unturned(value.node.inputs[0] as Value) : value;
}
