/** The linear map that gives colours another covariance. Apart from color.ts, so that ml-matrix loads only when it is used. */
import { EigenvalueDecomposition, Matrix, inverse } from 'ml-matrix';

/**
 * Of all linear maps from one covariance to another, the one that moves the colours least: the source's mode 'sym' (Monge-Kantorovich).
 *
 * @param own, wanted symmetric, positive definite matrices [channels, channels], in rows
 * @returns the map [channels, channels], in rows
 */
export function colorMap(own: number[][], wanted: number[][]): number[][] {
  const root = symmetricRoot(new Matrix(own));
  const unroot = inverse(root);
  const middle = symmetricRoot(root.mmul(new Matrix(wanted)).mmul(root));
  return unroot.mmul(middle).mmul(unroot).to2DArray();
}

/** The symmetric matrix whose square is this symmetric, positive definite one. */
function symmetricRoot(matrix: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0))));
  return eigenvectorMatrix.mmul(roots).mmul(eigenvectorMatrix.transpose());
}
