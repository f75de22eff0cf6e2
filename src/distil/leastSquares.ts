/** Linear least squares from sums over samples: the normal equations in float64, with a ridge, by Cholesky's factorisation. */

/** Sums over samples of features f [n] and targets t [m]. */
export interface NormalEquations {
  features: number;
  targets: number;
  /** Sum of f f' [n, n], row-major. */
  ff: Float64Array;
  /** Sum of f t' [n, m], row-major. */
  ft: Float64Array;
}

export function startNormalEquations(features: number, targets: number): NormalEquations {
  return {
    features,
    targets,
    ff: new Float64Array(features * features),
    ft: new Float64Array(features * targets),
  };
}

/** Adds the sums of some samples. */
export function accumulate(sums: NormalEquations, ff: ArrayLike<number>, ft: ArrayLike<number>): void {
  for (let i = 0; i < ff.length; i++) sums.ff[i] = sums.ff[i] + ff[i];
  for (let i = 0; i < ft.length; i++) sums.ft[i] = sums.ft[i] + ft[i];
}

/**
 * The matrix W [n, m] that minimises the sum of |f W - t|^2 plus the ridge times |W|^2, every feature taken relative to its own size.
 *
 * @param ridge relative to the features' sums of squares; it keeps the solution small where features depend on each other
 */
export function solveLeastSquares(
  { features: n, targets: m, ff, ft }: NormalEquations,
  ridge: number,
): Float64Array {
  const size = Float64Array.from({ length: n }, (_, i) => Math.sqrt(ff[i * n + i]) || 1);
  const scaled = ff.map((sum, k) => sum / (size[Math.floor(k / n)] * size[k % n]));
  for (let i = 0; i < n; i++) scaled[i * n + i] = scaled[i * n + i] + ridge;
  const lower = cholesky(scaled, n);
  const weights = ft.map((sum, k) => sum / size[Math.floor(k / m)]);
  substitute(lower, n, weights, m);
  return weights.map((weight, k) => weight / size[Math.floor(k / m)]);
}

/** The lower factor L of a = L L' [n, n], row by row; a's own memory. */
function cholesky(a: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = a.subarray(i * n, (i + 1) * n);
    for (let j = 0; j <= i; j++) {
      const above = a.subarray(j * n, j * n + j);
      let sum = row[j];
      for (let k = 0; k < j; k++) sum -= row[k] * above[k];
      if (j < i) row[j] = sum / a[j * n + j];
      else if (sum > 0) row[j] = Math.sqrt(sum);
      else
        throw new Error(`Least squares: the matrix is not positive definite at row ${i}; raise the ridge.`);
    }
  }
  return a;
}

/** Solves L L' x = b for the columns of b [n, m], in place. */
function substitute(lower: Float64Array, n: number, b: Float64Array, m: number): void {
  const subtract = (from: number, factor: number, row: number) => {
    const [target, source] = [b.subarray(from * m, (from + 1) * m), b.subarray(row * m, (row + 1) * m)];
    for (let c = 0; c < m; c++) target[c] = target[c] - factor * source[c];
  };
  const divide = (row: number) => {
    const pivot = lower[row * n + row];
    for (let c = row * m; c < (row + 1) * m; c++) b[c] = b[c] / pivot;
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, lower[i * n + k], k);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    divide(i);
    for (let k = 0; k < i; k++) subtract(k, lower[i * n + k], i);
  }
}
