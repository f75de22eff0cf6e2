/** Matrix products: BatchMatMul and its fused form. */
import * as tf from '@tensorflow/tfjs';
import { type Graph, type Value, sizeOf } from '../graph';
import { type View, plain, present, reshape, transpose, viewOf } from '../view';
import { activate } from './activation';
import { elementwise } from './elementwise';
import { traceKernel } from './traceKernel';

interface MatMulAttrs {
  transposeA: boolean;
  transposeB: boolean;
}

/** A matrix as it lies, and whether it lies transposed. Gemm takes it either way, so nothing is turned round. */
function asMatrix(graph: Graph, x: View, transposed: boolean): { value: Value; trans: number } {
  const matrix = present(graph, reshape(graph, x, x.shape.slice(-2)));
  const turned = matrix.axes[0] === 1;
  return { value: matrix.value, trans: turned === transposed ? 0 : 1 };
}

function swapLast(x: View): View {
  const rank = x.shape.length;
  return transpose(x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}

function matMul(graph: Graph, a: View, b: View, { transposeA, transposeB }: MatMulAttrs): View {
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  if (sizeOf(batch) === 1) {
    const [A, B] = [asMatrix(graph, a, transposeA), asMatrix(graph, b, transposeB)];
    const attributes = { transA: A.trans, transB: B.trans };
    return reshape(graph, viewOf(graph.add('Gemm', [A.value, B.value], [rows, columns], attributes)), shape);
  }
  const operands = [transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b];
  return viewOf(
    graph.add(
      'MatMul',
      operands.map((x) => plain(graph, x)),
      shape,
    ),
  );
}

export function registerMatMul(): void {
  traceKernel<MatMulAttrs>(tf.BatchMatMul, ({ graph, input, attrs }) =>
    matMul(graph, input('a'), input('b'), attrs),
  );
  traceKernel<tf._FusedMatMulAttrs>(tf._FusedMatMul, ({ graph, input, optional, attrs }) => {
    const product = matMul(graph, input('a'), input('b'), attrs);
    const bias = optional('bias');
    const sum = bias ? elementwise(graph, 'Add', [product, bias]) : product;
    return activate(graph, sum, attrs, optional('preluActivationWeights'));
  });
}
