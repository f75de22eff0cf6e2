/** Chooses the channels of a layer that best represent all of them: greedy column subset selection. */

/**
 * Chooses channels one by one. Each time it takes the one after which a linear combination of those chosen leaves the least of all
 * channels' energy (Farahat et al. 2011, "An efficient greedy method for unsupervised feature selection").
 *
 * @param moments the channels' second moments [n, n], row-major: sums of products over pixels
 * @param count how many, at most n
 * @returns their indices, the best first
 */
export function selectChannels(moments: ArrayLike<number>, n: number, count: number): number[] {
  // What the chosen channels do not explain yet.
  const residual = Float64Array.from(moments);
  const chosen: number[] = [];
  while (chosen.length < count) {
    const best = bestChannel(residual, n, chosen);
    const pivot = residual[best * n + best];
    chosen.push(best);
    if (pivot <= 0) continue;
    const column = residual.slice(best * n, (best + 1) * n);
    for (let i = 0; i < n; i++) {
      const factor = column[i] / pivot;
      for (let j = 0; j < n; j++) residual[i * n + j] = residual[i * n + j] - factor * column[j];
    }
  }
  return chosen;
}

function bestChannel(residual: Float64Array, n: number, chosen: readonly number[]): number {
  let best = -1;
  let bestGain = -1;
  for (let i = 0; i < n; i++) {
    if (chosen.includes(i)) continue;
    const own = residual[i * n + i];
    let explained = 0;
    for (let j = 0; j < n; j++) explained += residual[i * n + j] ** 2;
    // A channel that the others explain already to rounding errors has nothing to add.
    const gain = own > 1e-9 * explained ** 0.5 ? explained / own : 0;
    if (gain > bestGain) [best, bestGain] = [i, gain];
  }
  return best;
}
