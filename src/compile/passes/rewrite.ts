/**
 * Rewrites a graph: a new one is recorded from the inputs on, in which a rule may put other values in the place of a node's results.
 * What nobody uses any more is left behind, and what has become the same as something else is recorded once.
 */
import { type Computation, Graph, type Node, type Value } from '../graph';

/**
 * Sees a node of the new graph, whose inputs are rewritten already, and may add nodes there.
 *
 * @param node of the new graph
 * @param old the node that it comes from
 * @returns a value in the place of each output, of the same dims and dtype; or undefined, and the node stays
 */
export type Rule = (graph: Graph, node: Node, old: Node) => readonly Value[] | undefined;

/** The same computation, with `rule` applied to each node that an output needs, in order. */
export function rewrite({ graph: old, outputs }: Computation, rule: Rule): Computation {
  const graph = new Graph();
  const rewritten = new Map<Value, Value>();
  const now = (value: Value) =>
    value.constant
      ? graph.constant(value.constant, value.dims, value.dtype)
      : (rewritten.get(value) as Value);
  for (const input of old.inputs) rewritten.set(input, graph.addInput(input.dims, input.dtype));
  for (const node of old.reachable(outputs)) {
    const inputs = node.inputs.map((value) => value && now(value));
    const same = graph.addNode(node.op, inputs, node.outputs, node.attributes);
    const results = rule(graph, same, node) ?? same.outputs;
    node.outputs.forEach((value, i) => rewritten.set(value, results[i]));
  }
  return { graph, outputs: outputs.map((value) => graph.output(now(value))) };
}

/** The number that a constant of one element holds. */
export function numberOf({ constant }: Value): number | undefined {
  return constant?.length === 1 ? Number(constant[0]) : undefined;
}

export function sameDims(a: Value, b: Value): boolean {
  return a.dims.join() === b.dims.join();
}
