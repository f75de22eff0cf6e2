/** Lists of layers, as the settings have them: block4_conv2, block4_conv2:0.5, block4_conv2/2. */

export function isChosen(specs: readonly string[], layer: string): boolean {
  return specs.some((spec) => layerOf(spec) === layer);
}

/**
 * The list with the layer, or without it. A layer that is switched on counts at the full size; shares, and sizes such as /2, stay as they
 * are for the others. An empty list is none, which leaves the default.
 *
 * @param layers all of them, in their order
 */
export function toggled(
  specs: readonly string[],
  layer: string,
  layers: readonly string[],
): string[] | undefined {
  const next = isChosen(specs, layer) ? specs.filter((spec) => layerOf(spec) !== layer) : [...specs, layer];
  const order = (spec: string) => layers.indexOf(layerOf(spec));
  return next.length > 0 ? [...next].sort((a, b) => order(a) - order(b)) : undefined;
}

function layerOf(spec: string): string {
  return spec.split(/[:/]/)[0] ?? '';
}
