/** Arithmetic on single numbers, and with 0 or 1, needs no node. The gradients of sums and means are full of both. */
import type { Computation, Graph, Node, Value } from '../graph';
import { reshaped } from '../view';
import { numberOf, rewrite } from './rewrite';

interface Operation {
  compute: (a: number, b: number) => number;
  /** x op neutral = x */
  neutral: number;
  commutes: boolean;
}

const OPERATIONS: Record<string, Operation> = {
  Add: { compute: (a, b) => a + b, neutral: 0, commutes: true },
  Sub: { compute: (a, b) => a - b, neutral: 0, commutes: false },
  Mul: { compute: (a, b) => a * b, neutral: 1, commutes: true },
  Div: { compute: (a, b) => a / b, neutral: 1, commutes: false },
};

/** Add, Sub, Mul and Div in float32, and the reshapes between them. */
export function foldNumbers(computation: Computation): Computation {
  return rewrite(computation, (graph, node) => {
    const { dims, dtype } = node.outputs[0];
    if (node.op === 'Reshape') {
      const [{ constant }] = node.inputs as [Value];
      const number = constant?.length === 1 ? graph.constant(constant, dims, dtype) : undefined;
      return [number ?? reshaped(graph, node.inputs[0] as Value, dims)];
    }
    const operation = OPERATIONS[node.op];
    const folded = operation && dtype === 'float32' && fold(graph, operation, node);
    return folded ? [reshaped(graph, folded, dims)] : undefined;
  });
}

function fold(graph: Graph, { compute, neutral, commutes }: Operation, { inputs, outputs }: Node) {
  const [a, b] = inputs as [Value, Value];
  const [x, y] = [numberOf(a), numberOf(b)];
  const { dims } = outputs[0];
  if (x !== undefined && y !== undefined) {
    return graph.constant(Float32Array.of(compute(x, y)), dims, 'float32');
  }
  if (y === neutral) return a;
  if (x === neutral && commutes) return b;
  return undefined;
}
