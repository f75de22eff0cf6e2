/** The targets of a loss, window by window: what the network sees of pictures that are too large to be seen whole. */
import type * as tf from '@tensorflow/tfjs';
import { abortable } from '../abortable';
import { type NDArray, type SessionOptions, compile } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { halvings, sizeAtOctave } from '../losses/octaves';
import { type LayerTerm, type LossTerm, comparisons, termsAbout } from '../losses/terms';
import type { Picture, Size } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import type { SizedPictures } from '../problem/sources';
import { type Field, addTo, copy, cut, fieldOf, zeros } from './arrays';
import { type Guides, guidesOf } from './guides';
import type { Traceable } from './passes';
import {
  type OctavePlan,
  type Window,
  countedIn,
  layerSize,
  octavePlans,
  pixelsOf,
  positionsIn,
  windowsOf,
} from './plan';
import type { TargetArrays } from './tiledLoss';

export interface TiledTargetsOptions {
  /** About how long the sides of a window are, in pixels. */
  tile: number;
  device: NonNullable<SessionOptions['device']>;
  threads: number;
  signal?: AbortSignal;
}

/** The targets of all terms. Errors as those of computeTargets. */
export async function tiledTargets(
  terms: readonly LossTerm[],
  extractor: FeatureExtractor,
  { content, styles }: SizedPictures,
  options: TiledTargetsOptions,
): Promise<TargetArrays> {
  const targets: Record<string, readonly NDArray[]> = {};
  for (const [source, picture] of [['content', content] as const, ...styles.entries()]) {
    const about = termsAbout(terms, source);
    if (about.length > 0) Object.assign(targets, await targetsOfPicture(about, extractor, picture, options));
  }
  return targets;
}

/** What is looked at in a picture, for one comparison or several. */
interface Wanted {
  octave: number;
  layer: string;
  compares: LayerTerm['compares'];
}

async function targetsOfPicture(
  terms: readonly LayerTerm[],
  extractor: FeatureExtractor,
  picture: Picture,
  options: TiledTargetsOptions,
): Promise<TargetArrays> {
  const wantedBy = (term: LayerTerm): Wanted[] =>
    comparisons(term).map(({ layer, octave }) => ({ layer, octave, compares: term.compares }));
  const keyOf = ({ layer, octave, compares }: Wanted) => `${layer} ${octave} ${compares}`;
  const wanted = new Map(terms.flatMap(wantedBy).map((each) => [keyOf(each), each]));
  const plans = octavePlans([...wanted.values()], picture, options.tile);
  const guides = guidesOf(picture, []);
  const found = new Map<string, NDArray>();
  const octaves = await halved(picture, plans, options);
  for (const [i, plan] of plans.entries()) {
    const seen = await seenIn(plan, octaves[i], picture, extractor, guides, options);
    plan.wanted.forEach((each, k) => found.set(keyOf(each), seen[k]));
  }
  return Object.fromEntries(
    terms.map((term) => [
      term.name,
      wantedBy(term).map((each) => {
        const target = found.get(keyOf(each)) as NDArray;
        if (term.compares === 'activations' || !term.perPosition) return target;
        const area = guides.areaOf({ ...each, sum: 'gramMatrix', region: undefined });
        return { ...target, data: Float32Array.from(target.data, (sum) => sum / area) };
      }),
    ]),
  );
}

/** The picture in the octaves of the plans. */
async function halved(
  picture: Picture,
  plans: readonly OctavePlan[],
  { device, threads, signal }: TiledTargetsOptions,
): Promise<Field[]> {
  const fn = (x: tf.Tensor4D) => plans.map(({ octave }) => octave).map(halvings(x));
  const x = preprocess(picture);
  try {
    const compiled = await compile(fn, x.shape, { device, threads, keepsMemory: false });
    try {
      return (await abortable(compiled(x), signal)).map(fieldOf);
    } finally {
      await compiled.dispose();
    }
  } finally {
    x.dispose();
  }
}

/** Whole activations, and Gram matrices of the whole picture, in one octave. */
async function seenIn(
  plan: OctavePlan<Wanted>,
  picture: Field,
  size: Size,
  extractor: FeatureExtractor,
  guides: Guides,
  { device, threads, signal }: TiledTargetsOptions,
): Promise<NDArray[]> {
  const { fn, shapes } = lookAt(plan, extractor);
  // A function that is called a few times would not win back the time in which its filters are transformed.
  const options = { device, threads, winograd: false, keepsMemory: false };
  const compiled = await abortable(compile(fn, ...shapes, options), signal, (late) => late.dispose());
  const collectors = plan.wanted.map((each) =>
    each.compares === 'activations' ? activationsOf(plan, each, size) : gramMatrixOf(),
  );
  try {
    for (const window of windowsOf(plan)) {
      const inputs = plan.wanted.map(({ octave, layer }) =>
        guides.guide(plan, window, { sum: 'gramMatrix', octave, layer, region: undefined }),
      );
      const parts = await abortable(compiled(cut(picture, pixelsOf(plan, window)), ...inputs), signal);
      collectors.forEach((collector, i) => collector.take(parts[i], window));
    }
  } finally {
    await compiled.dispose();
  }
  return collectors.map((collector) => collector.result());
}

/** Puts the windows' parts together. */
interface Collector {
  take(part: NDArray, window: Window): void;
  result(): NDArray;
}

function gramMatrixOf(): Collector {
  let [sum, shape]: [Float64Array, readonly number[]] = [new Float64Array(0), []];
  return {
    take(part) {
      if (sum.length === 0) [sum, shape] = [new Float64Array(part.data.length), part.shape];
      addTo(sum, part.data);
    },
    result: () => ({ data: Float32Array.from(sum), shape }),
  };
}

function activationsOf(plan: OctavePlan, { octave, layer }: Wanted, size: Size): Collector {
  const { height, width } = sizeAtOctave(size, octave);
  const whole = layerSize(layer, { rows: height, columns: width });
  let field: Field | undefined;
  return {
    take(part, window) {
      const activations = fieldOf(part);
      field ??= zeros(whole.height, whole.width, activations.channels);
      const [counted, all] = [countedIn(plan, window, layer), positionsIn(plan, window, layer)];
      const place = { ...counted, row: counted.row - all.row, column: counted.column - all.column };
      copy(activations, place, field, counted.row, counted.column);
    },
    result() {
      const { data, channels } = field as Field;
      return { data, shape: [whole.height, whole.width, channels] };
    },
  };
}

/** From a window and a guide for each layer to its activations, or their Gram matrix. */
function lookAt(
  { rows, columns, wanted }: OctavePlan<Wanted>,
  extractor: FeatureExtractor,
): Traceable<tf.Tensor[]> {
  return {
    fn: (x, ...guides) => {
      const features = extractor(x as tf.Tensor4D);
      return wanted.map(({ layer, compares }, i) =>
        compares === 'activations'
          ? features.activations(layer)
          : features.gramMatrix(layer, guides[i] as tf.Tensor2D),
      );
    },
    shapes: [
      [1, rows.length, columns.length, 3],
      ...wanted.map(({ layer }) => {
        const { height, width } = layerSize(layer, { rows: rows.length, columns: columns.length });
        return [height, width];
      }),
    ],
  };
}
