/** Powers in steps of a quarter are products and square roots: many times faster than Pow, and as exact. */
import type { Computation, Value } from '../graph';
import { numberOf, rewrite, sameDims } from './rewrite';

/** Beyond this, products lose more digits than Pow. */
const GREATEST = 4;

/** Pow with a number among 0.25, 0.5, ..., 4 as its exponent. */
export function powers(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, outputs: [result] }) => {
    if (op !== 'Pow') return undefined;
    const [base, exponent] = inputs as [Value, Value];
    const p = numberOf(exponent);
    if (p === undefined || p <= 0 || p > GREATEST || !Number.isInteger(4 * p)) return undefined;
    if (!sameDims(base, result)) return undefined;
    const root = (x: Value) => graph.add('Sqrt', [x], base.dims);
    const factors = new Array<Value>(Math.floor(p)).fill(base);
    if (p % 1 >= 0.5) factors.push(root(base));
    if (p % 0.5 !== 0) factors.push(root(root(base)));
    return [factors.reduce((a, b) => graph.add('Mul', [a, b], base.dims))];
  });
}
