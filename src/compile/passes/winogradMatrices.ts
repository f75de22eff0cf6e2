/**
 * The matrices of Winograd's convolution F(4, 3): four outputs of a filter of three taps for six multiplications instead of twelve.
 *
 *     y = A'((G g) * (B' d))        d: 6 inputs, g: 3 taps, *: element by element, y[i] = sum of d[i + j] g[j]
 *
 * They come from evaluating polynomials at points and interpolating (Toom and Cook). In two dimensions each is applied along rows and
 * columns, Y = A' ((G g G') * (B' d B)) A, which is one product with a Kronecker square where arrays lie row by row.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, 4.1 and 4.3.
 */

/** Outputs of a tile, taps of the filter, inputs of a tile. */
export const OUTPUTS = 4;
export const TAPS = 3;
export const INPUTS = OUTPUTS + TAPS - 1;

/** Where polynomials are evaluated, besides infinity. */
const POINTS = [0, 1, -1, 2, -2];

type Matrix = readonly (readonly number[])[];

/** B', [INPUTS, INPUTS]: a row for each point, the coefficients of the product of (x - p) over the other points. */
const INPUT_TRANSFORM: Matrix = [
  ...POINTS.map((point) => [...coefficients(POINTS.filter((other) => other !== point)), 0]),
  coefficients(POINTS),
];

/** G, [INPUTS, TAPS]: the filter's polynomial at each point, divided by what B' left out; its leading coefficient at infinity. */
const FILTER_TRANSFORM: Matrix = [
  ...POINTS.map((point) => {
    const others = POINTS.filter((other) => other !== point);
    const divisor = others.reduce((product, other) => product * (point - other), 1);
    return powersOf(point, TAPS).map((power) => power / divisor);
  }),
  [0, 0, 1],
];

/** A', [OUTPUTS, INPUTS]: a column of powers for each point. */
const OUTPUT_TRANSFORM: Matrix = Array.from({ length: OUTPUTS }, (_, i) => [
  ...POINTS.map((point) => point ** i),
  i === OUTPUTS - 1 ? 1 : 0,
]);

/** What turns tiles to factors and back: whole numbers, which float32 holds. */
export interface Transforms {
  /** A tile's 36 inputs to 36 factors, [36, 36]. */
  input: Float32Array;
  /** 36 products to a tile's 16 outputs, [16, 36]. */
  output: Float32Array;
  /** The same along rows alone, 6 products to 4 outputs, [4, 6]. */
  outputRows: Float32Array;
  /** And along columns, from the right, [6, 4]. */
  outputColumns: Float32Array;
}

/** A filter's 9 taps to 36 factors, [36, 9]. */
export const FILTER = Float64Array.from(square(FILTER_TRANSFORM));

export const FORWARD = transforms(INPUT_TRANSFORM, OUTPUT_TRANSFORM);

/**
 * For a convolution with the filter turned by 180 degrees, as the gradient for the input is, from the same transformed filter: turning
 * inputs, taps and outputs round leaves a convolution as it is, so it is enough to turn the inputs and the outputs.
 */
export const TURNED = transforms(
  INPUT_TRANSFORM.map((row) => [...row].reverse()),
  [...OUTPUT_TRANSFORM].reverse(),
);

function transforms(input: Matrix, output: Matrix): Transforms {
  return {
    input: Float32Array.from(square(input)),
    output: Float32Array.from(square(output)),
    outputRows: Float32Array.from(output.flat()),
    outputColumns: Float32Array.from(output[0]?.flatMap((_, j) => output.map((row) => row[j])) ?? []),
  };
}

/** The coefficients, lowest power first, of the polynomial with these roots. */
function coefficients(roots: readonly number[]): number[] {
  return roots.reduce(
    (polynomial, root) => {
      const [shifted, scaled] = [
        [0, ...polynomial],
        [...polynomial.map((c) => -root * c), 0],
      ];
      return shifted.map((c, i) => c + scaled[i]);
    },
    [1],
  );
}

function powersOf(point: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => point ** i);
}

/** The Kronecker product of a matrix with itself, row-major. */
function square(matrix: Matrix): number[] {
  const rows = matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))));
  return rows.flat();
}
