import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { kernelModule } from '../scripts/kernel';
import { Corrections } from '../src/lbfgsb/corrections';

/** Numbers of about one size whose sums round; the same ones at every call. */
function numbers(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin(1 + i * 0.7 + seed * 31.3));
}

/** Holding `pairs` pairs, more than m of them appended so that the oldest are gone; the last ones are numbers(n, ..). */
function filled(n: number, m: number, pairs: number): Corrections {
  const corrections = new Corrections(n, m);
  for (let k = 0; k < pairs; k++) {
    const { s, y } = corrections.append();
    s.set(numbers(n, 2 * k));
    y.set(numbers(n, 2 * k + 1));
  }
  return corrections;
}

describe("the optimiser's kernel", () => {
  it('in kernel.ts is what kernel.wat says', async () => {
    const embedded = await readFile(path.join(__dirname, '../src/lbfgsb/kernel.ts'), 'utf8');
    assert.equal(embedded.replaceAll('\r\n', '\n'), await kernelModule(), 'Run npm run build:kernel.');
  });

  for (const [n, m, pairs] of [
    [1, 1, 1],
    [3, 2, 1],
    [4, 3, 3],
    [9, 3, 5],
    [31, 10, 9],
    [64, 5, 7],
  ]) {
    it(`multiplies and adds ${Math.min(m, pairs)} of ${pairs} pairs of ${n} variables as plain loops do, from any place on`, () => {
      const corrections = filled(n, m, pairs);
      const { s, y, count } = corrections;
      assert.equal(count, Math.min(m, pairs));
      const vectors = [...y, ...s];
      for (let start = 0; start < n; start += 5) {
        for (let end = start + 1; end <= n; end += 3) {
          const v = numbers(end - start, 99);
          const products = numbers(2 * m, 98);
          const expected = products.map((was, k) =>
            k < 2 * count ? v.reduce((sum, vi, i) => sum + vi * vectors[k][start + i], was) : was,
          );
          corrections.addProducts(start, v, products);
          assert.deepEqual(products, expected);

          const weights = numbers(2 * count, 97);
          const combined = v.map((vi, i) =>
            s.reduce(
              (sum, sj, j) => sum + weights[j] * y[j][start + i] + weights[count + j] * sj[start + i],
              vi,
            ),
          );
          corrections.addCombination(start, v, weights.subarray(0, count), weights.subarray(count));
          assert.deepEqual(v, combined);
        }
      }
    });
  }

  it('adds nothing where there are no pairs, or none any more', () => {
    const corrections = filled(8, 2, 2);
    corrections.clear();
    const v = numbers(8, 1);
    const products = numbers(4, 2);
    corrections.addProducts(0, v, products);
    corrections.addCombination(0, v, products, products);
    assert.deepEqual([v, products], [numbers(8, 1), numbers(4, 2)]);
  });

  it('lets an infinity in a block touch its own product only', () => {
    const corrections = filled(6, 2, 1);
    corrections.y[0][2] = Infinity;
    const products = new Float64Array(2);
    const v = new Float64Array(6).fill(1);
    corrections.addProducts(0, v, products);
    assert.equal(products[0], Infinity);
    assert.ok(Number.isFinite(products[1]));
    corrections.addCombination(0, v, Float64Array.of(1), Float64Array.of(1));
    assert.deepEqual([...v].map(Number.isFinite), [true, true, false, true, true, true]);
  });

  it('gives every optimiser pairs of its own', () => {
    const all = Array.from({ length: 300 }, (_, k) => {
      const corrections = new Corrections(2, 1);
      corrections.append().s.fill(k);
      return corrections;
    });
    all.forEach(({ s }, k) => assert.deepEqual([...s[0]], [k, k]));
  });

  it('says how many variables there may be', () => {
    assert.throws(() => new Corrections(26_900_000, 10), {
      name: 'UserError',
      message: /^26900000 variables are too many for m = 10, .* 268\d{5} fill 4 GiB\. Choose a smaller m/,
    });
  });
});
