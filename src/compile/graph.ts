/**
 * A graph: ONNX nodes in the order in which they were recorded, and the values that flow between them.
 *
 * Nodes are pure functions of their inputs, so an operation asked for twice with the same inputs and attributes is recorded
 * once (common subexpressions), and what no output needs is left out when the graph is written (dead nodes).
 */

/** float16 is for constants of exported models: what is computed here is float32. */
export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'int64' | 'bool';
/** Uint16Array holds the bits of float16. */
export type ConstantData =
  Float32Array | Float64Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;
export type Attribute = number | number[] | string | { float: number };

/** One array that flows through the graph. `dims` are its physical dimensions, in ONNX's order. */
export interface Value {
  readonly id: number;
  readonly dims: readonly number[];
  readonly dtype: DType;
  /** The node that computes it; undefined for inputs and constants. */
  readonly node?: Node;
  /** The data of a constant, row-major. */
  readonly constant?: ConstantData;
}

export interface Node {
  readonly op: string;
  /** An optional ONNX input that is left out is undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: Value[];
}

export interface OutputSpec {
  dims: readonly number[];
  dtype: DType;
}

/** A graph, and those of its values that are asked for. */
export interface Computation {
  readonly graph: Graph;
  readonly outputs: readonly Value[];
}

/** Constants of so few elements are compared by their bytes: shapes, axes and single numbers, which are made anew wherever they are used. */
const FEW = 16;

export class Graph {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  private readonly recorded = new Map<string, Node>();
  private readonly constants = new Map<ConstantData | string, Value>();
  private nextId = 0;

  /** A new input of the graph: what the compiled function is called with. */
  addInput(dims: readonly number[], dtype: DType): Value {
    const value: Value = { id: this.nextId++, dims, dtype };
    this.inputs.push(value);
    return value;
  }

  /** The value of a constant array. The same array object gives the same value, and so do the same few numbers. */
  constant(data: ConstantData, dims: readonly number[], dtype: DType): Value {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = data.length > FEW ? data : `${dtype} [${dims.join()}] ${bytes.toString('hex')}`;
    const known = this.constants.get(key);
    if (known && known.dims.join() === dims.join()) return known;
    const value: Value = { id: this.nextId++, dims, dtype, constant: data };
    if (!known) this.constants.set(key, value);
    return value;
  }

  /** A float32 constant of no dimensions. */
  scalar(x: number): Value {
    return this.constant(Float32Array.of(x), [], 'float32');
  }

  /** A one-dimensional int64 constant: the shapes, axes and bounds that ONNX takes as inputs. */
  int64(list: readonly number[]): Value {
    const data = BigInt64Array.from(list, (n) => BigInt(n));
    return this.constant(data, [list.length], 'int64');
  }

  /** Records a node with one output and returns it. */
  add(
    op: string,
    inputs: readonly (Value | undefined)[],
    dims: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    dtype: DType = inputs[0]?.dtype ?? 'float32',
  ): Value {
    return this.addNode(op, inputs, [{ dims, dtype }], attributes).outputs[0];
  }

  /** Records a node with any number of outputs, or finds the same node recorded before. */
  addNode(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputSpec[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Node {
    const key = keyOf(op, inputs, attributes, outputs);
    const known = this.recorded.get(key);
    if (known) return known;
    const node: Node = { op, inputs, attributes, outputs: [] };
    for (const { dims, dtype } of outputs) node.outputs.push({ id: this.nextId++, dims, dtype, node });
    this.nodes.push(node);
    this.recorded.set(key, node);
    return node;
  }

  /** The value as an output of the graph: a node's result, never an input or a constant itself. */
  output(value: Value): Value {
    return value.node ? value : this.add('Identity', [value], value.dims, {}, value.dtype);
  }

  /** The first output of a node recorded before without attributes, if there is one. */
  find(op: string, inputs: readonly Value[]): Value | undefined {
    const [{ dims, dtype }] = inputs as [Value];
    return this.recorded.get(keyOf(op, inputs, {}, [{ dims, dtype }]))?.outputs[0];
  }

  /** The nodes that `outputs` depend on, in recorded order. */
  reachable(outputs: readonly Value[]): Node[] {
    const needed = new Set<Node>();
    const pending = outputs.map((v) => v.node);
    while (pending.length > 0) {
      const node = pending.pop();
      if (!node || needed.has(node)) continue;
      needed.add(node);
      pending.push(...node.inputs.map((v) => v?.node));
    }
    return this.nodes.filter((node) => needed.has(node));
  }
}

function keyOf(
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Readonly<Record<string, Attribute>>,
  outputs: readonly OutputSpec[],
): string {
  const shapes = outputs.map(({ dims, dtype }) => [dims, dtype]);
  return JSON.stringify([op, inputs.map((v) => v?.id ?? -1), attributes, shapes]);
}

/** How often each op occurs among the nodes that the outputs depend on. */
export function opCounts({ graph, outputs }: Computation): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.reachable(outputs)) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, n) => product * n, 1);
}
