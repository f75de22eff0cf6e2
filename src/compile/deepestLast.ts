/**
 * The order of a graph's nodes in a model. ONNX Runtime chooses its own: of a node's operands it computes the one first that stands last in
 * the model. Here that is the operand at the end of the longest chain. What is quickly made from values that are there anyway, such as the
 * mask of a ReLU, is then made when it is needed, and does not take memory all through the way back.
 */
import { type Computation, Graph, type Node } from './graph';

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
