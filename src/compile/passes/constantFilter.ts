/** The constant filter of a convolution, as tfjs has it. */
import { type ConstantData, type Value, sizeOf } from '../graph';

export interface ConstantFilter {
  /** [height, width, in, out], of the convolution that the network has. */
  filter: Value & { constant: ConstantData };
  /** Whether it is turned by 180 degrees and its channels are swapped, as for the gradient for that convolution's input. */
  isTurned: boolean;
}

/** What a filter [out, in, height, width], or [in, out, height, width] turned by 180 degrees, comes from, where that is a constant. */
export function constantFilter({ node }: Value): ConstantFilter | undefined {
  if (node?.op !== 'Transpose') return undefined;
  const [from] = node.inputs as [Value];
  const perm = (node.attributes.perm as number[]).join();
  if (perm === '3,2,0,1' && isConstant(from)) return { filter: from, isTurned: false };
  if (perm !== '2,3,0,1' || from.node?.op !== 'Slice') return undefined;
  const [filter, begin, , axes, steps] = from.node.inputs as [Value, Value, Value, Value, Value];
  const said = [begin, axes, steps].map(({ constant }) => String(constant)).join(' ');
  const isWhole = sizeOf(filter.dims) === sizeOf(from.dims);
  // One row or column is the same turned round.
  const turnedAxes = [0, 1].filter((axis) => filter.dims[axis] > 1);
  const ends = turnedAxes.map((axis) => filter.dims[axis] - 1);
  const turned = [ends, turnedAxes, turnedAxes.map(() => -1)].map(String).join(' ');
  return isConstant(filter) && isWhole && said === turned ? { filter, isTurned: true } : undefined;
}

function isConstant(value: Value): value is ConstantFilter['filter'] {
  return value.constant !== undefined;
}
