/** Ops that ONNX Runtime's WebGPU provider lacks, in others that it has. */
import type { Computation, DType, Graph, Node, Value } from '../graph';
import { rewrite, sameDims } from './rewrite';

/** Records ops of the dims and dtype of one result. */
interface Writer {
  float: (op: string, ...inputs: Value[]) => Value;
  test: (op: string, ...inputs: Value[]) => Value;
  cast: (x: Value, dtype: DType) => Value;
  number: (x: number) => Value;
}

const REPLACEMENTS: Record<string, (write: Writer, x: Value, y: Value) => Value> = {
  Sign: ({ float, test, cast, number }, x) =>
    float('Sub', cast(test('Greater', x, number(0)), 'float32'), cast(test('Less', x, number(0)), 'float32')),
  // Halves go to the even neighbour.
  Round: ({ float, test, number }, x) => {
    const floor = float('Floor', x);
    const [rest, next] = [float('Sub', x, floor), float('Add', floor, number(1))];
    const even = float('Mul', number(2), float('Floor', float('Mul', number(0.5), next)));
    const atMost = float('Where', test('Less', rest, number(0.5)), floor, even);
    return float('Where', test('Greater', rest, number(0.5)), next, atMost);
  },
  And: ({ float, cast }, x, y) => cast(float('Mul', cast(x, 'float32'), cast(y, 'float32')), 'bool'),
  Or: ({ float, cast }, x, y) => cast(float('Max', cast(x, 'float32'), cast(y, 'float32')), 'bool'),
};

/** Sign and Round of float32, And, Or, and Pow of operands that repeat themselves. */
export function missingOps(computation: Computation): Computation {
  return rewrite(computation, (graph, node) => {
    const [x, y] = node.inputs as [Value, Value];
    const [result] = node.outputs as [Value];
    if (node.op === 'Pow') return repeatedPowers(graph, node);
    const replacement = REPLACEMENTS[node.op];
    if (!replacement || (x.dtype !== 'float32' && x.dtype !== 'bool')) return undefined;
    const write = writer(graph, result.dims);
    return [replacement(write, x, y)];
  });
}

/** The provider's Pow takes equal shapes, or a single number. */
function repeatedPowers(graph: Graph, { inputs, outputs }: Node): Value[] | undefined {
  const [result] = outputs as [Value];
  const whole = (value: Value) =>
    sameDims(value, result) ? value : graph.add('Expand', [value, graph.int64(result.dims)], result.dims);
  const [x, y] = inputs as [Value, Value];
  if (sameDims(x, result) && (sameDims(y, result) || y.dims.length === 0)) return undefined;
  return [graph.add('Pow', [whole(x), whole(y)], result.dims)];
}

function writer(graph: Graph, dims: readonly number[]): Writer {
  return {
    float: (op, ...inputs) => graph.add(op, inputs, dims, {}, 'float32'),
    test: (op, ...inputs) => graph.add(op, inputs, dims, {}, 'bool'),
    cast: (x, dtype) => graph.add('Cast', [x], x.dims, { to: dtype }, dtype),
    number: (x) => graph.scalar(x),
  };
}
