/**
 * Convolutions with few channels out, as the gradient for a picture's three is. ONNX Runtime computes channels in blocks of 16 (8 without
 * AVX-512), however few there are. Here several places of the picture fill a block: a larger filter, which holds the small one once for each
 * place, moves on in steps of as many places. Of 3 channels and 3 x 3 taps that is 4 / 9 of the work.
 */
import { type Computation, type Graph, type Node, type Value, sizeOf } from '../graph';
import { type ConstantFilter, constantFilter } from './constantFilter';
import { rewrite } from './rewrite';
import { tilesToPicture } from './tilesToPicture';

/** Channels of a block. */
const BLOCK = 16;
/** Smaller results are left alone: to put the places side by side takes longer. */
const LEAST_SIZE = 2 ** 14;

type Pair = readonly [number, number];

/** Conv in steps of 1 with a constant filter, of one picture, with at most half a block of channels out. */
export function narrowConvolutions(computation: Computation): Computation {
  return rewrite(computation, (graph, node) => {
    const [x, taps, bias] = node.inputs as [Value, Value, Value | undefined];
    if (node.op !== 'Conv' || bias) return undefined;
    const source = constantFilter(taps);
    const [batch, channels] = node.outputs[0]?.dims as [number, number];
    const { strides, dilations, group = 1 } = node.attributes as Record<string, number | number[]>;
    const isPlain = group === 1 && [strides, dilations].flat().every((n) => n === 1);
    if (!source || !isPlain || batch !== 1 || sizeOf(node.outputs[0]?.dims ?? []) < LEAST_SIZE)
      return undefined;
    const places = placesOf(
      channels,
      (node.attributes as { kernel_shape: number[] }).kernel_shape as [number, number],
    );
    return sizeOf(places) === 1 ? undefined : [atPlaces(graph, node, x, source, places)];
  });
}

/** Rows and columns of places that a block holds, with the fewest multiplications for each. */
function placesOf(channels: number, [height, width]: Pair): Pair {
  let [best, least]: [Pair, number] = [[1, 1], height * width];
  for (let rows = 1; rows * channels <= BLOCK; rows++) {
    for (let columns = 1; columns * rows * channels <= BLOCK; columns++) {
      const each = ((height + rows - 1) * (width + columns - 1)) / (rows * columns);
      if (each < least) [best, least] = [[rows, columns], each];
    }
  }
  return best;
}

function atPlaces(
  graph: Graph,
  { attributes, outputs }: Node,
  x: Value,
  source: ConstantFilter,
  places: Pair,
): Value {
  const [{ dims }] = outputs as [Value];
  const [, channels, height, width] = dims as [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / places[0]), Math.ceil(width / places[1])] as const;
  const filter = filterAtPlaces(source, places);
  const [top, left, bottom, right] = (attributes as { pads: number[] }).pads as [
    number,
    number,
    number,
    number,
  ];
  const [beyondH, beyondW] = [rows * places[0] - height, columns * places[1] - width];
  const tiles = graph.add(
    'Conv',
    [x, graph.constant(filter.data, filter.dims, 'float32')],
    [1, filter.dims[0], rows, columns],
    {
      ...attributes,
      kernel_shape: filter.dims.slice(2),
      strides: [...places],
      pads: [top, left, bottom + beyondH, right + beyondW],
    },
  );
  const whole = tilesToPicture(graph, tiles, places, [channels, rows, columns]);
  if (beyondH === 0 && beyondW === 0) return whole;
  const bounds = [
    [0, 0],
    [height, width],
    [2, 3],
  ].map((list) => graph.int64(list));
  return graph.add('Slice', [whole, ...bounds], dims);
}

/** The filter [places * out, in, height, width] that holds the small one, shifted, for each place. */
function filterAtPlaces({ filter, isTurned }: ConstantFilter, [rows, columns]: Pair) {
  const [height, width, first, second] = filter.dims as [number, number, number, number];
  const [channelsIn, channelsOut] = isTurned ? [second, first] : [first, second];
  const dims = [rows * columns * channelsOut, channelsIn, height + rows - 1, width + columns - 1] as const;
  const data = new Float32Array(sizeOf(dims));
  const taps = filter.constant as Float32Array;
  taps.forEach((tap, i) => {
    const [a, b] = [Math.floor(i / second) % first, i % second];
    const [y, x] = [Math.floor(i / (first * second * width)), Math.floor(i / (first * second)) % width];
    const [out, from] = isTurned ? [a, b] : [b, a];
    const [row, column] = isTurned ? [height - 1 - y, width - 1 - x] : [y, x];
    for (let place = 0; place < rows * columns; place++) {
      const channel = place * channelsOut + out;
      const at = [row + Math.floor(place / columns), column + (place % columns)] as const;
      data[((channel * channelsIn + from) * dims[2] + at[0]) * dims[3] + at[1]] = tap;
    }
  });
  return { data, dims };
}
