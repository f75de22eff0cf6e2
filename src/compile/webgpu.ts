/** What ONNX Runtime's WebGPU provider has, and what it says where something is missing. */
import type { Computation } from './graph';

/** The ops that graphs for it may use: each was run on it, and compared. */
const OPS = new Set(
  (
    'Abs Add AveragePool Cast Ceil Clip Concat Conv ConvTranspose Cos Div Elu Equal Erf Exp Expand Floor Gather Gemm Greater ' +
    'GreaterOrEqual HardSigmoid Identity LeakyRelu Less LessOrEqual Log MatMul Max MaxPool Min Mul Neg Not Pad Pow Reciprocal ' +
    'ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape ScatterND Sigmoid Sin Slice Softplus Sqrt Sub Tanh Tile ' +
    'Transpose Where'
  ).split(' '),
);

/** @throws Error that names the first op of the graph that the provider lacks */
export function assertProvided({ graph, outputs }: Computation): void {
  const missing = graph.reachable(outputs).find(({ op }) => !OPS.has(op));
  if (!missing) return;
  throw new Error(
    `ONNX Runtime has no ${missing.op} on WebGPU. Write the function with other ops, or compute on the device cpu.`,
  );
}

/** ONNX Runtime's message in words that help, where it is about the provider. */
export function explained(message: string): string {
  const adapter = /Failed to get a WebGPU adapter:? ?(.*)/.exec(message);
  if (adapter) {
    return `No GPU was found (${adapter[1]}). Install the driver of the graphics card, or take the device cpu.`;
  }
  if (/assigned to the default CPU EP/.test(message)) {
    return (
      'A node of the graph cannot run on the GPU, because the WebGPU provider of ONNX Runtime lacks its op for these types. ' +
      'Write the function with other ops, or take the device cpu.'
    );
  }
  return message;
}
