/**
 * The few dense operations that L-BFGS-B needs. Matrices are small (at most 2m x 2m), row-major in a Float64Array
 * with `stride` elements a row; element (i, j) is `a[offset + i * stride + j]`.
 */

/** The inner product of two vectors of the same length, summed in index order. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The inner product of the first `length` elements of two vectors. */
export function dotOfFirst(length: number, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[i] * b[i];
  return sum;
}

/** y += alpha * x over the first `length` elements. */
export function addScaled(length: number, alpha: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < length; i++) y[i] += alpha * x[i];
}

/**
 * Cholesky factorisation in place: reads the upper triangle of A (n x n at `offset`) and leaves R there, A = R'R
 * (LINPACK's dpofa). False when A is not positive definite; a NaN passes through, as in LINPACK.
 */
export function choleskyUpper(a: Float64Array, stride: number, offset: number, n: number): boolean {
  for (let j = 0; j < n; j++) {
    let squares = 0;
    for (let k = 0; k < j; k++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += a[offset + i * stride + k] * a[offset + i * stride + j];
      const r = (a[offset + k * stride + j] - sum) / a[offset + k * stride + k];
      a[offset + k * stride + j] = r;
      squares += r * r;
    }
    const pivot = a[offset + j * stride + j] - squares;
    if (pivot <= 0) return false;
    a[offset + j * stride + j] = Math.sqrt(pivot);
  }
  return true;
}

function hasZeroOnDiagonal(r: Float64Array, stride: number, n: number): boolean {
  for (let j = 0; j < n; j++) if (r[j * stride + j] === 0) return true;
  return false;
}

/** Solves R'x = b for upper triangular R (n x n), b = x[at..at+n-1] replaced by x. False when R is singular. */
export function solveUpperTransposed(
  r: Float64Array,
  stride: number,
  n: number,
  x: Float64Array,
  at: number,
): boolean {
  if (hasZeroOnDiagonal(r, stride, n)) return false;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < j; i++) sum += r[i * stride + j] * x[at + i];
    x[at + j] = (x[at + j] - sum) / r[j * stride + j];
  }
  return true;
}

/** Solves Rx = b for upper triangular R (n x n), b = x[at..at+n-1] replaced by x. False when R is singular. */
export function solveUpper(r: Float64Array, stride: number, n: number, x: Float64Array, at: number): boolean {
  if (hasZeroOnDiagonal(r, stride, n)) return false;
  for (let j = n - 1; j >= 0; j--) {
    x[at + j] /= r[j * stride + j];
    for (let i = 0; i < j; i++) x[at + i] -= x[at + j] * r[i * stride + j];
  }
  return true;
}
