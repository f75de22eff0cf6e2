// %% [markdown]
// # One pass
//
// The slow way optimises the pixels of one picture, for minutes. The chapter's last paragraph has a shortcut: fix one style, make many
// pairs of a photograph and its painting, and train a small network on them. Painting is then one forward pass, a fraction of a second.
//
// Why can one pass be enough? The slow way does much the same to every photograph: it pulls patches of it towards strokes of the one
// style. That is a function of a patch, and small convolutional networks learn such functions well. What the slow way finds out anew for each
// picture, the network learns once.
//
// You make pairs, train on them, see what plain pixels as a loss do, train with the losses of the chapter themselves, and switch instance
// norm off. At the end is your own painting. Everything takes some ten minutes on two cores. *Interrupt* (■) ends a training early, and the
// next cells use what there is.

// %%
import * as tf from '@tensorflow/tfjs';
import {
  IMAGENET_MEANS_BGR,
  PROJECT_FOLDER,
  type LossPoint,
  type Picture,
  chapterSize,
  compile,
  contentTermRelative,
  interruptible,
  loadImage,
  lossComparison,
  openNetwork,
  paint,
  pictureGrid,
  pictureSize,
  preprocess,
  showLive,
  show,
  styleTermRelative,
  targetsOf,
  transferLoss,
  useEagerBackend,
} from 'wheatfield';

process.chdir(PROJECT_FOLDER);
const backend = await useEagerBackend();
console.log(backend.instead ?? `Eager tensors run in ${backend.name}.`);

// %% [markdown]
// Choose the style, the photographs to train on, and one that the network never sees. `cropSize` is the side of the squares that it trains
// on. More steps make a better picture and take longer.

// %% tags=["parameters"]
const stylePath = 'img/vangogh_village_street_auvers_1890.png';
const photoPaths = [
  'img/black-canyon.jpg',
  'img/dust-bowl-home.jpg',
  'img/french-alpine-landscape.jpg',
  'img/march-pastoral.jpg',
];
const heldOutPath = 'img/nagasaki-boats.jpg';
const cropSize = 96;
const pairCount = 8;
const pairEvaluations = 30;
const pixelSteps = 500;
const perceptualSteps = 1000;
const comparedSteps = 300;
const imgHeight = 256; // of the pictures that the network paints
const ownPath = 'img/cassatt_summertime_1894.png';
const network = 'vgg19-slim'; // it judges; 'vgg19' is slower and stricter

// %%
async function atHeight(file: string, height: number): Promise<Picture> {
  const size = chapterSize(await pictureSize(file), height);
  return loadImage(file, { size: { height: size.imgHeight, width: size.imgWidth } });
}

const stylePicture = await atHeight(stylePath, imgHeight);
const photos: Picture[] = [];
for (const file of photoPaths) photos.push(await atHeight(file, Math.max(imgHeight, cropSize)));
const heldOut = await atHeight(heldOutPath, imgHeight);

// Random numbers that are the same at every run.
let seed = 1;
function random(): number {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32;
  return seed / 2 ** 32;
}

function crop(): Picture {
  const photo = photos[Math.floor(random() * photos.length)];
  const left = Math.floor(random() * (photo.width - cropSize));
  const top = Math.floor(random() * (photo.height - cropSize));
  const data = new Uint8Array(cropSize * cropSize * 3);
  for (let row = 0; row < cropSize; row++) {
    const from = ((top + row) * photo.width + left) * 3;
    data.set(photo.data.subarray(from, from + cropSize * 3), row * cropSize * 3);
  }
  return { width: cropSize, height: cropSize, data: data };
}

await show('style-and-photo', pictureGrid({ 'the style': stylePicture, 'never seen': heldOut }));

// %% [markdown]
// ## Pairs, made and looked at
//
// Each pair is a crop of a photograph and what the slow way makes of it. Look at them: the network cannot become better than its examples.

// %%
const layers = ['block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1'];
const terms = [
  contentTermRelative({ weight: 0.1, layers: { block4_conv2: 1 } }),
  styleTermRelative({
    weight: 1,
    layers: Object.fromEntries(layers.map((layer) => [layer, 1 / layers.length])),
  }),
];
const cropShape = [1, cropSize, cropSize, 3];
const judge = await openNetwork({
  network: network,
  layers: [...layers, 'block4_conv2'],
  size: { width: cropSize, height: cropSize },
});
const setup = { styles: [stylePicture], height: cropSize, terms: terms, evaluations: pairEvaluations };

const pairs: { photo: Picture; painted: Picture }[] = [];
const shownPairs: Record<string, Picture> = {};
await interruptible(async (signal) => {
  const photo = crop();
  const figure = await showLive('pairs', pictureGrid({ 'the first photograph': photo }));
  for (let i = 0; i < pairCount; i++) {
    const next = i === 0 ? photo : crop();
    const painted = await paint({
      ...setup,
      content: next,
      openNetwork: () => Promise.resolve({ ...judge, dispose: () => undefined }),
      signal: signal,
    });
    pairs.push({ photo: next, painted: painted });
    if (i < 4) {
      shownPairs[`${i + 1}`] = next;
      shownPairs[`${i + 1}, painted`] = painted;
      await figure.update(pictureGrid(shownPairs, { columns: 4, pictureWidth: 200 }));
    }
  }
});
console.log(`${pairs.length} pairs.`);

// %% [markdown]
// ## The network
//
// The network halves the picture once, changes it in two residual blocks, and doubles it again. It is the form of Johnson et al. (2016), at
// a tenth of the size. Three details matter. Doubling repeats pixels and convolves, because a transposed convolution leaves a checkerboard.
// Edges are mirrored, because zeros leave a frame. And after each convolution there is *instance norm*: it subtracts the mean of each
// channel of this picture and divides by its deviation. So the contrast of the photograph is gone, and that of the style can come in.

// %%
const shapes = [
  [5, 5, 3, 12],
  [3, 3, 12, 24],
  ...Array.from({ length: 4 }, () => [3, 3, 24, 24]),
  [3, 3, 24, 12],
  [5, 5, 12, 3],
];
// Each convolution but the last has a scale and a shift for each channel after it.
const normShapes = shapes.slice(0, -1).flatMap((shape) => [[shape[3]], [shape[3]]]);
const parameterShapes = [...shapes, ...normShapes];

function run(x: tf.Tensor4D, parameters: tf.Tensor[], withNorm: boolean): tf.Tensor4D {
  let next = 0;
  const convolve = (y: tf.Tensor4D, stride = 1) => {
    const kernel = parameters[next++] as tf.Tensor4D;
    const pad = (kernel.shape[0] - 1) / 2;
    const padded = tf.mirrorPad(
      y,
      [
        [0, 0],
        [pad, pad],
        [pad, pad],
        [0, 0],
      ],
      'reflect',
    );
    return tf.conv2d(padded, kernel, stride, 'valid');
  };
  const norm = (y: tf.Tensor4D): tf.Tensor4D => {
    const [scale, shift] = parameters.slice(shapes.length + 2 * (next - 1));
    const centred = withNorm ? y.sub(y.mean([1, 2], true)) : y;
    const deviation = centred.square().mean([1, 2], true).add(1e-5).sqrt();
    return (withNorm ? centred.div(deviation) : y).mul(scale).add(shift);
  };
  const layer = (y: tf.Tensor4D, stride = 1) => tf.relu(norm(convolve(y, stride)));
  let y = layer(layer(x.div(64)), 2);
  for (let block = 0; block < 2; block++) y = y.add(norm(convolve(layer(y))));
  const [, height, width] = x.shape;
  y = layer(tf.image.resizeNearestNeighbor(y, [height, width]));
  // BGR minus ImageNet's means, as the judge takes it, within what can be displayed.
  const grey = tf.tensor1d(IMAGENET_MEANS_BGR.map((mean) => 127.5 - mean));
  return convolve(y).tanh().mul(127.5).add(grey);
}

function beginning(): Float32Array[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return parameterShapes.map((shape, i) => {
    const size = shape.reduce((product, n) => product * n, 1);
    // A convolution begins with He's random numbers, a scale with 1, a shift with 0.
    if (i >= shapes.length) return new Float32Array(size).fill((i - shapes.length) % 2 === 0 ? 1 : 0);
    const deviation = Math.sqrt(2 / (size / shape[3])) * (i === shapes.length - 1 ? 0.3 : 1);
    return Float32Array.from({ length: size }, () => deviation * normal());
  });
}
console.log(`${beginning().reduce((sum, array) => sum + array.length, 0)} numbers to train`);

// %% [markdown]
// A training step computes the loss of one crop and its gradient with respect to all the network's numbers, in one compiled function. Adam
// moves the numbers. After every few steps the network paints the photograph that it never sees, so you can watch the picture come into
// being.

// %%
type Loss = (painted: tf.Tensor4D, photo: tf.Tensor4D, target: tf.Tensor4D) => tf.Scalar;

function arrayOf(picture: Picture): Float32Array {
  return Float32Array.from(preprocess(picture).dataSync());
}

function pictureOf(data: ArrayLike<number>, height: number, width: number): Picture {
  const levels = Uint8ClampedArray.from({ length: data.length }, (_, i) => {
    const channel = 2 - (i % 3);
    return data[i - (i % 3) + channel] + IMAGENET_MEANS_BGR[channel];
  });
  return { width: width, height: height, data: new Uint8Array(levels.buffer) };
}

async function painter(picture: Picture, withNorm: boolean) {
  const shape = [1, picture.height, picture.width, 3];
  const compiled = await compile(
    (x: tf.Tensor, ...parameters: tf.Tensor[]) => run(x as tf.Tensor4D, parameters, withNorm),
    shape,
    ...parameterShapes,
  );
  const x = arrayOf(picture);
  return async (parameters: Float32Array[]) => {
    const painted = await compiled(x, ...parameters);
    return pictureOf(painted.data, picture.height, picture.width);
  };
}

interface Training {
  name: string;
  loss: Loss;
  steps: number;
  draw: () => { photo: Picture; target: Picture };
  withNorm?: boolean;
}

async function train({ name, loss, steps, draw, withNorm = true }: Training, signal: AbortSignal) {
  const step = await compile(
    (photo: tf.Tensor, target: tf.Tensor, ...parameters: tf.Tensor[]) => {
      const lossOf = (...each: tf.Tensor[]) =>
        loss(run(photo as tf.Tensor4D, each, withNorm), photo as tf.Tensor4D, target as tf.Tensor4D);
      return tf.valueAndGrads(lossOf)(parameters);
    },
    cropShape,
    cropShape,
    ...parameterShapes,
  );
  const paintHeldOut = await painter(heldOut, withNorm);
  const parameters = beginning();
  const means = parameters.map((array) => new Float32Array(array.length));
  const squares = parameters.map((array) => new Float32Array(array.length));
  const points: LossPoint[] = [];
  const figure = await showLive(
    name,
    pictureGrid({ 'before the first step': await paintHeldOut(parameters) }),
  );
  let smooth = 0;
  for (let i = 1; i <= steps && !signal.aborted; i++) {
    const { photo, target } = draw();
    const { value, grads } = await step(arrayOf(photo), arrayOf(target), ...parameters);
    const rate = 0.008 * Math.min(1, i / 20) * (0.5 + 0.5 * Math.cos((Math.PI * i) / (steps + 1)));
    parameters.forEach((array, k) => {
      const [mean, square, grad] = [means[k], squares[k], grads[k].data];
      for (let j = 0; j < array.length; j++) {
        mean[j] += 0.1 * (grad[j] - mean[j]);
        square[j] += 0.01 * (grad[j] * grad[j] - square[j]);
        const size = Math.sqrt(square[j] / (1 - 0.99 ** i)) + 1e-8;
        array[j] -= (rate * (mean[j] / (1 - 0.9 ** i))) / size;
      }
    });
    smooth = i === 1 ? value.data[0] : 0.95 * smooth + 0.05 * value.data[0];
    points.push({ evaluations: i, loss: smooth, terms: {} });
    await figure.refresh(async () => pictureGrid({ [`after ${i} steps`]: await paintHeldOut(parameters) }));
  }
  const painted = await paintHeldOut(parameters);
  await figure.update(pictureGrid({ [`${name}, after ${points.length} steps`]: painted }));
  await step.dispose();
  return { parameters: parameters, points: points, painted: painted };
}

// %% [markdown]
// ## Pixels as a loss: blur
//
// The first idea: the painting should be the target, pixel by pixel. The loss is the mean squared difference. It falls nicely. Look at the
// picture: the colours arrive, and the strokes do not. A stroke could lie here or a little further on; the network cannot know where the
// slow way put it. The mean of all possibilities has the least squared difference, and a mean of strokes is a blur.

// %%
type Trained = Awaited<ReturnType<typeof train>>;
const pixelLoss: Loss = (painted, _, target) => painted.sub(target).div(255).square().mean();
const drawPair = () => {
  const { photo, painted } = pairs[Math.floor(random() * pairs.length)];
  return { photo: photo, target: painted };
};
let byPixels: Trained;
const pixelsWereInterrupted = await interruptible(async (signal) => {
  byPixels = await train({ name: 'pixels', loss: pixelLoss, steps: pixelSteps, draw: drawPair }, signal);
});
if (pixelsWereInterrupted) console.log('Interrupted: the next cells use what there is.');

// %% [markdown]
// ## The chapter's losses as a loss: strokes
//
// Johnson et al. leave the pairs out. The loss of the network is the chapter's own: content from the photograph, Gram matrices from the
// style. It does not ask where a stroke lies, only that there are strokes. Any crop of any photograph is an example, and none has to be
// painted first.

// %%
const styleTargets = await compile(
  (x: tf.Tensor) => targetsOf(terms, 0, judge.extractor)(x as tf.Tensor4D),
  [1, stylePicture.height, stylePicture.width, 3],
);
const styleArrays = (await styleTargets(preprocess(stylePicture))).style;
await styleTargets.dispose();
const style = styleArrays.map(({ data, shape }) => tf.tensor(data, [...shape]));

const perceptualLoss: Loss = (painted, photo) => {
  const { content } = targetsOf(terms, 'content', judge.extractor)(photo);
  const parts = transferLoss(terms, judge.extractor, { content: content, style: style })(painted);
  return parts.content.add(parts.style);
};
const drawCrop = () => {
  const photo = crop();
  return { photo: photo, target: photo };
};
let byLosses: Trained;
const lossesWereInterrupted = await interruptible(async (signal) => {
  byLosses = await train(
    { name: 'perceptual', loss: perceptualLoss, steps: perceptualSteps, draw: drawCrop },
    signal,
  );
});
if (lossesWereInterrupted) console.log('Interrupted: the next cells use what there is.');

// %% [markdown]
// Side by side, from the same network with the same number of weights. Only the loss differs.

// %%
await show(
  'blur-and-strokes',
  pictureGrid({
    'never seen': heldOut,
    'trained on pixels': byPixels.painted,
    'trained on losses': byLosses.painted,
  }),
);
await show(
  'curve',
  lossComparison({ perceptual: byLosses.points }, 'The loss of the network (an evaluation is a step)'),
);

// %% [markdown]
// ## Instance norm, off and on
//
// The same training, shorter, once without instance norm. Without it, the network must learn every contrast of a photograph by itself, and
// the loss falls more slowly. (With batch norm in its place, as in the first version of Johnson et al., it is much the same: Ulyanov,
// Vedaldi and Lempitsky found in 2016 that this one change was most of the difference.)

// %%
const comparisonWasInterrupted = await interruptible(async (signal) => {
  const common = { loss: perceptualLoss, steps: comparedSteps, draw: drawCrop };
  const off = await train({ ...common, name: 'without-norm', withNorm: false }, signal);
  const on = await train({ ...common, name: 'with-norm' }, signal);
  await show('norm-pictures', pictureGrid({ 'without instance norm': off.painted, 'with it': on.painted }));
  await show(
    'norm-curves',
    lossComparison({ without: off.points, with: on.points }, 'Instance norm (an evaluation is a step)'),
  );
});
if (comparisonWasInterrupted) console.log('Interrupted: run this cell again.');

// %% [markdown]
// ## Your own painting
//
// The network paints any picture now, of any size, in one pass. Set `ownPath` above to a photograph of yours.

// %%
const own = await atHeight(ownPath, imgHeight);
const paintOwn = await painter(own, true);
const began = performance.now();
const ownPainting = await paintOwn(byLosses.parameters);
console.log(`One pass: ${((performance.now() - began) / 1000).toFixed(2)} s.`);
await show('own', pictureGrid({ 'your picture': own, 'in one pass': ownPainting }));

// %% [markdown]
// ## To try
//
// - Another style: change `stylePath`, and run all cells again.
// - More steps: `perceptualSteps = 5000`. The paint becomes calmer and the strokes longer.
// - Larger crops: `cropSize = 160`. Then the network sees larger strokes.
// - More of the photograph: a weight of 0.5 for the content in `terms`.
// - Films: `npx wheatfield stylize` runs networks of ten times this size on pictures, folders, animations and videos.
