/** The activation that tfjs's fused kernels apply to their result. */
import type { Graph } from '../graph';
import type { View } from '../view';
import { clip } from './elementwise';

const ONNX_OPS: Record<string, string> = { relu: 'Relu', elu: 'Elu', sigmoid: 'Sigmoid' };

export function activate(
  graph: Graph,
  x: View,
  { activation, leakyreluAlpha }: { activation: string; leakyreluAlpha?: number },
  preluWeights: View | undefined,
): View {
  if (activation === 'linear') return x;
  const { value } = x;
  if (activation === 'relu6') return clip(graph, x, 0, 6);
  if (activation === 'leakyrelu') {
    const attributes = { alpha: { float: leakyreluAlpha ?? 0.2 } };
    return { ...x, value: graph.add('LeakyRelu', [value], value.dims, attributes) };
  }
  const op = ONNX_OPS[activation];
  if (!op || preluWeights) {
    throw new Error(
      `compile cannot fuse the activation ${activation}. Apply it as an operation of its own, or use linear, ` +
        `${Object.keys(ONNX_OPS).join(', ')}, relu6 or leakyrelu.`,
    );
  }
  return { ...x, value: graph.add(op, [value], value.dims) };
}
