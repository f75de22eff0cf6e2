/**
 * Products of matrices over very many positions, as Gram matrices and the gradients of filters are. A GPU computes each tile of a product by
 * one group of threads, and these have few tiles. In parts, which are added up, there is work for all of it.
 */
import type { Computation, Graph, Node, Value } from '../graph';
import { reshaped } from '../view';
import { rewrite } from './rewrite';

/** Products over fewer positions are left alone. */
const LONG = 2048;
/** The most positions in a part. */
const PART = 512;
/** Results of more elements have enough tiles. */
const LARGE = 512 * 512;

/** Gemm and MatMul over many positions. */
export function longProducts(computation: Computation): Computation {
  return rewrite(computation, (graph, node) => {
    const product = node.op === 'Gemm' ? gemmOf(node) : node.op === 'MatMul' ? matMulOf(node) : undefined;
    if (!product) return undefined;
    const part = partOf(product.positions);
    if (part === undefined || product.rows * product.columns > LARGE) return undefined;
    return [inParts(graph, product, part, node.outputs[0])];
  });
}

/** A batch of products [batch, rows, positions] [batch, positions, columns], and how its factors lie. */
interface Product {
  left: Value;
  right: Value;
  isLeftTurned: boolean;
  isRightTurned: boolean;
  batch: number;
  rows: number;
  columns: number;
  positions: number;
}

function gemmOf({ inputs, attributes, outputs }: Node): Product | undefined {
  const [left, right, sum] = inputs as [Value, Value, Value | undefined];
  if (sum) return undefined;
  const { transA, transB } = attributes as Record<'transA' | 'transB', number>;
  const [rows, columns] = outputs[0]?.dims as [number, number];
  return {
    left,
    right,
    isLeftTurned: transA === 1,
    isRightTurned: transB === 1,
    batch: 1,
    rows,
    columns,
    positions: left.dims[transA === 1 ? 0 : 1],
  };
}

function matMulOf({ inputs }: Node): Product | undefined {
  const [left, right] = inputs as [Value, Value];
  if (left.dims.length !== 3 || right.dims.length !== 3 || left.dims[0] !== right.dims[0]) return undefined;
  const [batch, rows, positions] = left.dims as [number, number, number];
  const columns = right.dims[2];
  return { left, right, isLeftTurned: false, isRightTurned: false, batch, rows, columns, positions };
}

/** The largest number up to PART that divides the positions, where there are many and it is not much smaller. */
function partOf(positions: number): number | undefined {
  if (positions < LONG) return undefined;
  for (let part = PART; part >= PART / 4; part--) if (positions % part === 0) return part;
  return undefined;
}

function inParts(graph: Graph, product: Product, part: number, result: Value): Value {
  const { left, right, isLeftTurned, isRightTurned, batch, rows, columns, positions } = product;
  const parts = positions / part;
  const turned = (value: Value, dims: number[], perm: number[]) => {
    const cut = reshaped(graph, value, dims);
    return graph.add(
      'Transpose',
      [cut],
      perm.map((axis) => dims[axis]),
      { perm },
    );
  };
  // [batch, parts, rows, part] and [batch, parts, part, columns]
  const a = isLeftTurned
    ? turned(left, [batch, parts, part, rows], [0, 1, 3, 2])
    : turned(left, [batch, rows, parts, part], [0, 2, 1, 3]);
  const b = isRightTurned ? turned(right, [batch, columns, parts, part], [0, 2, 3, 1]) : right;
  const count = batch * parts;
  const products = graph.add(
    'MatMul',
    [reshaped(graph, a, [count, rows, part]), reshaped(graph, b, [count, part, columns])],
    [count, rows, columns],
  );
  const split = reshaped(graph, products, [batch, parts, rows, columns]);
  const sum = graph.add('ReduceSum', [split, graph.int64([1])], [batch, 1, rows, columns], { keepdims: 1 });
  return reshaped(graph, sum, result.dims);
}
