/** How much memory a graph needs to run, known before it runs. */
import { executionOrder } from './executionOrder';
import { type Computation, type DType, type Node, type Value, sizeOf } from './graph';
import { prepare } from './prepare';

const BYTES: Record<DType, number> = { float32: 4, float64: 8, float16: 2, int32: 4, int64: 8, bool: 1 };

function bytesOf({ dims, dtype }: Value): number {
  return sizeOf(dims) * BYTES[dtype];
}

/** The value whose memory this one shares: a reshape is another name for the same elements, and so is what only products turn round. */
function ownerWithout(free: ReadonlySet<Node>): (value: Value) => Value {
  const owner = (value: Value): Value =>
    value.node && free.has(value.node) ? owner(value.node.inputs[0] as Value) : value;
  return owner;
}

/** The nodes that take no memory. ONNX Runtime takes a Transpose of several matrices into the product that uses it. */
function freeNodes(nodes: readonly Node[], outputs: readonly Value[]): ReadonlySet<Node> {
  const kept = new Set(outputs.map(({ node }) => node));
  for (const { op, inputs } of nodes) if (op !== 'MatMul') for (const value of inputs) kept.add(value?.node);
  const isTurned = (node: Node) =>
    node.op === 'Transpose' && node.outputs[0].dims.length > 2 && !kept.has(node);
  return new Set(nodes.filter((node) => node.op === 'Reshape' || isTurned(node)));
}

export interface GraphMemory {
  /** Bytes of the constants: weights and targets. */
  constants: number;
  /** Bytes of what is computed once, from other constants. */
  prepared: number;
  /** The most bytes that are alive at once while the nodes run in order: what is computed and still to be used. */
  peak: number;
}

/**
 * Counts the bytes that are alive from the node that computes a value to the last that reads it. ONNX Runtime's own use comes on top:
 * its copies in blocked layouts, and room that its arena cannot reuse at once.
 */
export function graphMemory(computation: Computation): GraphMemory {
  const { main, values } = prepare(computation);
  const { graph, outputs } = main;
  const nodes = executionOrder(main);
  const free = freeNodes(nodes, outputs);
  const owner = ownerWithout(free);
  const lastUse = new Map<Value, number>();
  nodes.forEach(({ inputs }, i) => inputs.forEach((value) => value && lastUse.set(owner(value), i)));
  for (const value of outputs) lastUse.set(owner(value), nodes.length);

  const endingAt = new Map<number, number>();
  let [alive, peak, constants] = [0, 0, 0];
  const begin = (value: Value) => {
    const end = lastUse.get(value);
    if (end === undefined) return;
    alive += bytesOf(value);
    endingAt.set(end, (endingAt.get(end) ?? 0) + bytesOf(value));
  };
  for (const value of lastUse.keys()) if (value.constant) constants += bytesOf(value);
  graph.inputs.slice(0, graph.inputs.length - values.length).forEach(begin);
  nodes.forEach((node, i) => {
    if (!free.has(node)) node.outputs.forEach(begin);
    peak = Math.max(peak, alive);
    alive -= endingAt.get(i) ?? 0;
  });
  const prepared = values.reduce((sum, value) => sum + bytesOf(value), 0);
  return { constants, prepared, peak };
}
