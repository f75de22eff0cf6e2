/**
 * The order of a graph's nodes: in the model, and when ONNX Runtime runs it.
 *
 * ONNX Runtime chooses its own: of a node's operands it computes the one first that stands last in the model. `deepestLast` lets that be the
 * operand at the end of the longest chain. What is quickly made from values that are there anyway, such as the mask of a ReLU, is then made
 * when it is needed, and does not take memory all through the way back.
 */
import { type Computation, Graph, type Node, type Value } from './graph';

/** The same computation, its nodes by the length of the longest chain of nodes that leads to each. */
export function deepestLast({ graph, outputs }: Computation): Computation {
  const depths = new Map<Node, number>();
  const depthOf = (node?: Node) => (node && depths.get(node)) ?? 0;
  const nodes = graph.reachable(outputs);
  for (const node of nodes)
    depths.set(node, 1 + Math.max(0, ...node.inputs.map((value) => depthOf(value?.node))));
  const ordered = new Graph();
  ordered.inputs.push(...graph.inputs);
  ordered.nodes.push(...nodes.sort((a, b) => depthOf(a) - depthOf(b)));
  return { graph: ordered, outputs };
}

/** The nodes in the order in which ONNX Runtime runs them, where the model has them deepest last. */
export function executionOrder(computation: Computation): Node[] {
  const places = new Map(deepestLast(computation).graph.nodes.map((node, i) => [node, i]));
  const placeOf = (node: Node) => places.get(node) as number;
  const nodesOf = (values: readonly (Value | undefined)[]) =>
    [...new Set(values.flatMap((value) => value?.node ?? []))].sort((a, b) => placeOf(a) - placeOf(b));
  const pending = nodesOf(computation.outputs).map((node) => ({ node, isReady: false }));
  const entered = new Set<Node>();
  const order: Node[] = [];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node, isReady } = next;
    if (isReady) order.push(node);
    if (isReady || entered.has(node)) continue;
    entered.add(node);
    pending.push(
      { node, isReady: true },
      ...nodesOf(node.inputs).map((each) => ({ node: each, isReady: false })),
    );
  }
  return order;
}
