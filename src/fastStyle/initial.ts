/** A network to begin a training with. */
import { type Parameters, parameter } from '../train/parameters';
import { Random } from '../train/random';
import { type Architecture, parameterShapes, styleParts, styleLength } from './architecture';

/** The first pictures lie near grey, where tanh is steep. */
const OUTPUT_SHARE = 0.3;

/**
 * Random kernels, after He et al. 2015, and a bias of 0. The same seed gives the same numbers.
 */
export function initialParameters(architecture: Architecture, seed: number): Parameters {
  const random = new Random(seed, 4);
  const parameters = Object.entries(parameterShapes(architecture)).map(([name, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const from = shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const deviation = name.endsWith('/bias')
      ? 0
      : Math.sqrt(2 / from) * (name === 'output/kernel' ? OUTPUT_SHARE : 1);
    return [
      name,
      parameter(
        shape,
        Array.from({ length: size }, () => deviation * random.normal()),
      ),
    ] as const;
  });
  return Object.fromEntries(parameters);
}

/** A style vector that changes nothing yet: scales of 1 and shifts of 0. */
export function initialStyle(architecture: Architecture): Float32Array {
  const style = new Float32Array(styleLength(architecture));
  for (const { scales, channels } of Object.values(styleParts(architecture))) {
    style.fill(1, scales, scales + channels);
  }
  return style;
}
