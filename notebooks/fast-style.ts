// %% [markdown]
// # One pass
//
// The slow way optimises the pixels of one picture, for minutes. The chapter ends with a shortcut: fix one style, make many pairs of a
// photograph and its painting, and train a small network on them. To paint is then one forward pass, a fraction of a second.
//
// Why can one pass be enough? The slow way does much the same to every photograph: it pulls small patches towards the strokes of one style.
// That is a function of a patch, and convolutional networks learn such functions well. What the slow way finds out anew for each picture,
// the network learns once.
//
// You make pairs and train on their pixels, then with the chapter's own losses, and switch instance norm off. At the end you paint your
// own picture. Everything takes some ten minutes on two cores. The notebook `style-transfer` explains the losses. `wf` is Wheatfield,
// this project. If a cell complains `Cannot find name 'photos'`, choose *Run All Above* first. *Interrupt* (■) ends a training early, and
// the next cells use what there is.

// %%
import * as tf from '@tensorflow/tfjs';
import * as wf from 'wheatfield';
import * as fast from 'wheatfield/fast-style';

process.chdir(wf.PROJECT_FOLDER);
const backend = await wf.useEagerBackend();
console.log(backend.instead ?? `TensorFlow.js computes in ${backend.name}.`);

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
const ownPath = 'img/lake-sherburne.jpg';
const imgHeight = 256; // of the pictures that the network paints
const cropSize = 96;
const pairCount = 8;
const pairEvaluations = 30;
const pixelSteps = 400;
const perceptualSteps = 800;
const comparedSteps = 200;
const network = 'vgg19-slim'; // it judges; 'vgg19' is slower and stricter

// %%
async function atHeight(file: string, height: number): Promise<wf.Picture> {
  const size = wf.chapterSize(await wf.pictureSize(file), height);
  return wf.loadImage(file, { size: { height: size.imgHeight, width: size.imgWidth } });
}

const stylePicture = await atHeight(stylePath, imgHeight);
const heldOut = await atHeight(heldOutPath, imgHeight);
const photos: wf.Picture[] = [];
for (const file of photoPaths) photos.push(await atHeight(file, Math.max(imgHeight, cropSize)));

// Random numbers that are the same at every run.
let seed = 1;
function random(): number {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32;
  return seed / 2 ** 32;
}

function crop(): wf.Picture {
  const photo = photos[Math.floor(random() * photos.length)];
  const left = Math.floor(random() * (photo.width - cropSize + 1));
  const top = Math.floor(random() * (photo.height - cropSize + 1));
  const data = new Uint8Array(cropSize * cropSize * 3);
  for (let row = 0; row < cropSize; row++) {
    const from = ((top + row) * photo.width + left) * 3;
    data.set(photo.data.subarray(from, from + cropSize * 3), row * cropSize * 3);
  }
  return { width: cropSize, height: cropSize, data: data };
}

const sources = { 'the style': stylePicture, 'never seen': heldOut };
await wf.show('style-and-photo', wf.pictureGrid(sources, { pictureWidth: 340 }));

// %% [markdown]
// ## 1. Pairs, made and looked at
//
// Each pair is a crop of a photograph and what the slow way makes of it. Look at them: the network cannot become better than its examples.

// %%
const contentLayer = 'block4_conv2';
const styleLayers = ['block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1'];
const terms = [
  wf.contentTermRelative({ weight: 0.1, layers: { [contentLayer]: 1 } }),
  wf.styleTermRelative({
    weight: 1,
    // At full and at half size, for small and for large strokes.
    layers: Object.fromEntries(
      [...styleLayers, ...styleLayers.map((layer) => `${layer}/2`)].map((layer) => [layer, 1 / 8]),
    ),
  }),
  wf.squaredVariationTerm({ weight: 1.5 }),
];
const cropShape = [1, cropSize, cropSize, 3];
const judge = await wf.openNetwork({
  network: network,
  layers: [...styleLayers, contentLayer],
  size: { width: cropSize, height: cropSize },
});
console.log(judge.choice);

interface Pair {
  photo: wf.Picture;
  painted: wf.Picture;
}
const pairs: Pair[] = [];
await wf.interruptible(async (signal) => {
  const shown: Record<string, wf.Picture> = {};
  let figure: wf.LiveFigure | undefined;
  for (let i = 1; i <= pairCount; i++) {
    const photo = crop();
    const painted = await wf.paint({
      content: photo,
      styles: [stylePicture],
      height: cropSize,
      styleSize: (style) => style, // its own, though the crop is smaller
      terms: terms,
      evaluations: pairEvaluations,
      // It stays open for the next pair.
      openNetwork: () => Promise.resolve({ ...judge, dispose: () => undefined }),
      signal: signal,
    });
    pairs.push({ photo: photo, painted: painted });
    if (i > 4) continue;
    shown[`photograph ${i}`] = photo;
    shown[`painting ${i}`] = painted;
    const grid = wf.pictureGrid(shown, { columns: 4, pictureWidth: 200 });
    if (figure) await figure.update(grid);
    else figure = await wf.showLive('pairs', grid);
  }
});
console.log(`${pairs.length} pairs.`);

// %% [markdown]
// ## 2. The network
//
// The network halves the picture, changes it in two residual blocks, and doubles it again. It has the form of Johnson, Alahi and Fei-Fei
// (2016), at a fiftieth of the size. Three details matter:
//
// - Doubling repeats pixels and then convolves, because a transposed convolution leaves a checkerboard.
// - Edges are mirrored, because zeros leave a frame.
// - After each convolution there is *instance norm*. From each channel of this picture it subtracts the mean, and divides by the deviation. So
//   the contrast of the photograph goes, and that of the style can come in.

// %%
const kernelShapes = [
  [5, 5, 3, 12],
  [3, 3, 12, 24],
  ...Array.from({ length: 4 }, () => [3, 3, 24, 24]),
  [3, 3, 24, 12],
  [5, 5, 12, 3],
];
// After each convolution but the last, each channel has a scale and a shift.
const normShapes = kernelShapes.slice(0, -1).flatMap((shape) => [[shape[3]], [shape[3]]]);
const parameterShapes = [...kernelShapes, ...normShapes];

function paintedBy(parameters: tf.Tensor[], x: tf.Tensor4D, withNorm: boolean): tf.Tensor4D {
  let next = 0;
  const convolve = (y: tf.Tensor4D, stride = 1) => {
    const kernel = parameters[next++] as tf.Tensor4D;
    const pad: [number, number] = [(kernel.shape[0] - 1) / 2, (kernel.shape[0] - 1) / 2];
    return tf.conv2d(tf.mirrorPad(y, [[0, 0], pad, pad, [0, 0]], 'reflect'), kernel, stride, 'valid');
  };
  const norm = (y: tf.Tensor4D): tf.Tensor4D => {
    const [scale, shift] = parameters.slice(kernelShapes.length + 2 * (next - 1));
    if (!withNorm) return y.mul(scale).add(shift);
    const centred = y.sub(y.mean([1, 2], true));
    const deviation = centred.square().mean([1, 2], true).add(1e-5).sqrt();
    return centred.div(deviation).mul(scale).add(shift);
  };
  const layer = (y: tf.Tensor4D, stride = 1) => tf.relu(norm(convolve(y, stride)));

  // Levels of BGR minus the means reach from -124 to 151: the filters begin with numbers of about 1.
  let y = layer(layer(x.div(64)), 2);
  for (let block = 0; block < 2; block++) y = y.add(norm(convolve(layer(y))));
  // An odd row or column at the edge goes.
  const doubled = tf.image.resizeNearestNeighbor(y, [2 * y.shape[1], 2 * y.shape[2]]);
  y = layer(tf.slice(doubled, 0, [...x.shape.slice(0, 3), y.shape[3]]));
  // BGR minus ImageNet's means, as the judge takes it, within what can be displayed.
  const grey = tf.tensor1d(wf.IMAGENET_MEANS_BGR.map((mean) => 127.5 - mean));
  return convolve(y).tanh().mul(127.5).add(grey);
}

function firstParameters(): Float32Array[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return parameterShapes.map((shape, i) => {
    const size = shape.reduce((product, n) => product * n, 1);
    // A kernel begins with He's random numbers, a scale with 1, a shift with 0.
    if (i >= kernelShapes.length) return new Float32Array(size).fill(1 - ((i - kernelShapes.length) % 2));
    const deviation = Math.sqrt(2 / (size / shape[3])) * (i === kernelShapes.length - 1 ? 0.3 : 1);
    return Float32Array.from({ length: size }, () => deviation * normal());
  });
}
console.log(`${firstParameters().reduce((sum, { length }) => sum + length, 0)} numbers to train.`);

// %% [markdown]
// One training step computes the loss of one crop and its gradient in all of the network's numbers, in one compiled function. Adam moves the
// numbers: like plain gradient descent, but each number has a step size of its own, from the sizes of its last gradients. L-BFGS would not do
// here, because each step has another crop, and so another loss. Meanwhile the network paints the photograph that it never sees, so you can
// watch the picture come into being.

// %%
type Loss = (painted: tf.Tensor4D, photo: tf.Tensor4D, target: tf.Tensor4D) => Record<string, tf.Scalar>;

function arrayOf(picture: wf.Picture): Float32Array {
  const x = wf.preprocess(picture);
  const array = Float32Array.from(x.dataSync());
  x.dispose();
  return array;
}

// A function that paints this picture with any parameters.
async function painterOf(picture: wf.Picture, withNorm: boolean) {
  const shape = [1, picture.height, picture.width, 3];
  const compiled = await wf.compile(
    (x: tf.Tensor, ...parameters: tf.Tensor[]) => paintedBy(parameters, x as tf.Tensor4D, withNorm),
    shape,
    ...parameterShapes,
  );
  const x = arrayOf(picture);
  return {
    paint: async (parameters: Float32Array[]) => {
      const { data } = await compiled(x, ...parameters);
      return wf.deprocess({ ...picture, data: Float64Array.from(data) });
    },
    dispose: compiled.dispose,
  };
}

interface Training {
  name: string;
  loss: Loss;
  steps: number;
  draw: () => Pair;
  withNorm?: boolean;
}

interface Trained {
  parameters: Float32Array[];
  points: wf.LossPoint[];
  painting: wf.Picture;
}

async function train({ name, loss, steps, draw, withNorm = true }: Training): Promise<Trained> {
  let termNames: string[] = [];
  const step = await wf.compile(
    (photo: tf.Tensor, target: tf.Tensor, ...parameters: tf.Tensor[]) =>
      tf.valueAndGrads((...each: tf.Tensor[]) => {
        const painted = paintedBy(each, photo as tf.Tensor4D, withNorm);
        const values = loss(painted, photo as tf.Tensor4D, target as tf.Tensor4D);
        termNames = Object.keys(values);
        return tf.stack(Object.values(values)); // its gradient is the gradient of the sum
      })(parameters),
    cropShape,
    cropShape,
    ...parameterShapes,
  );
  const painter = await painterOf(heldOut, withNorm);
  const parameters = firstParameters();
  const means = parameters.map(({ length }) => new Float32Array(length));
  const squares = parameters.map(({ length }) => new Float32Array(length));
  const points: wf.LossPoint[] = [];
  const before = await painter.paint(parameters);
  const shown = (caption: string, painting: wf.Picture) =>
    wf.pictureGrid({ [caption]: painting }, { pictureWidth: 320 });
  const picture = await wf.showLive(name, shown('before the first step', before));
  let curves: wf.LiveFigure | undefined;
  const title = 'The loss of the network, smoothed (an evaluation is a step)';

  await wf.interruptible(async (signal) => {
    for (let i = 1; i <= steps && !signal.aborted; i++) {
      const { photo, painted } = draw();
      const { value, grads } = await step(arrayOf(photo), arrayOf(painted), ...parameters);
      // Adam, with a rate that rises at first and then falls to nothing.
      const rate = 0.002 * Math.min(1, i / 20) * (0.5 + 0.5 * Math.cos((Math.PI * i) / (steps + 1)));
      parameters.forEach((array, k) => {
        const [mean, square, grad] = [means[k], squares[k], grads[k].data];
        for (let j = 0; j < array.length; j++) {
          mean[j] += 0.1 * (grad[j] - mean[j]);
          square[j] += 0.01 * (grad[j] ** 2 - square[j]);
          const size = Math.sqrt(square[j] / (1 - 0.99 ** i)) + 1e-8;
          array[j] -= (rate * mean[j]) / (1 - 0.9 ** i) / size;
        }
      });
      // Each crop has another loss: the curves show a running mean.
      const last = points.at(-1)?.terms;
      const smooth = (term: string, now: number) => (last ? 0.95 * last[term] + 0.05 * now : now);
      const values = Object.fromEntries(termNames.map((term, k) => [term, smooth(term, value.data[k])]));
      const sum = Object.values(values).reduce((total, each) => total + each, 0);
      points.push({ evaluations: i, loss: sum, terms: values });
      await picture.refresh(async () => shown(`after ${i} steps`, await painter.paint(parameters)));
      if (curves) await curves.refresh(() => wf.lossCurves(points, title));
      else curves = await wf.showLive(`${name}-curves`, wf.lossCurves(points, title));
    }
  });
  const painting = await painter.paint(parameters);
  await picture.update(shown(`after ${points.length} steps`, painting));
  await curves?.update(wf.lossCurves(points, title));
  await step.dispose();
  await painter.dispose();
  return { parameters: parameters, points: points, painting: painting };
}

// %% [markdown]
// ## 3. Pixels as a loss: blur
//
// The first idea: the painting is the target, pixel by pixel. The loss is the mean squared difference. It falls nicely. Look at the picture:
// the colours and the outlines of the photograph arrive, and the strokes do not: what lies between the outlines is smooth. A stroke could lie
// here or a little further on. The network cannot know where the slow way put it. The mean of all possibilities has the least squared
// difference, and a mean of strokes is a blur.

// %%
const byPixels = await train({
  name: 'pixels',
  loss: (painted, _, target) => ({ pixels: painted.sub(target).div(255).square().mean() }),
  steps: pixelSteps,
  draw: () => pairs[Math.floor(random() * pairs.length)],
});

// %% [markdown]
// ## 4. The chapter's losses as a loss: strokes
//
// Johnson et al. leave the pairs out. The network's loss is the chapter's own: content from the photograph, Gram matrices from the style. It
// does not ask where a stroke lies, only that there are strokes. Any crop of any photograph is an example, and none has to be painted first.

// %%
const styleTargets = await wf.compile(
  (x: tf.Tensor) => wf.targetsOf(terms, 0, judge.extractor)(x as tf.Tensor4D),
  [1, stylePicture.height, stylePicture.width, 3],
);
const { style } = await styleTargets(arrayOf(stylePicture));
await styleTargets.dispose();
const grams = style.map(({ data, shape }) => tf.tensor(data, [...shape]));

const perceptualLoss: Loss = (painted, photo) => {
  const { content } = wf.targetsOf(terms, 'content', judge.extractor)(photo);
  return wf.transferLoss(terms, judge.extractor, { content: content, style: grams })(painted);
};
const drawCrop = () => {
  const photo = crop();
  return { photo: photo, painted: photo }; // this loss has no use for a painting
};
const byLosses = await train({
  name: 'perceptual',
  loss: perceptualLoss,
  steps: perceptualSteps,
  draw: drawCrop,
});

// %% [markdown]
// Side by side: the same network, with the same number of weights. Only the loss differs. The strokes are small, and plain areas are hatched:
// there were few steps, and small crops.

// %%
await wf.show(
  'blur-and-strokes',
  wf.pictureGrid({
    'never seen': heldOut,
    'trained on pixels': byPixels.painting,
    'trained on losses': byLosses.painting,
  }),
);

// %% [markdown]
// ## 5. Instance norm, off and on
//
// The same training, shorter, without instance norm and with it. Without it, the network must learn by itself what to do with each photograph's
// contrast. Compare where the two curves begin and end. In the first networks of this kind there was batch norm in its place. Ulyanov, Vedaldi and
// Lempitsky found in 2016 that this one change makes most of the difference.

// %%
const compared = { loss: perceptualLoss, steps: comparedSteps, draw: drawCrop };
const without = await train({ ...compared, name: 'without-norm', withNorm: false });
const withNorm = await train({ ...compared, name: 'with-norm' });
await wf.show(
  'norm-pictures',
  wf.pictureGrid({ 'without instance norm': without.painting, 'with it': withNorm.painting }),
);
await wf.show(
  'norm-curves',
  wf.lossComparison(
    { without: without.points, with: withNorm.points },
    'The loss without instance norm and with it (an evaluation is a step)',
  ),
);

// %% [markdown]
// ## 6. Your own picture
//
// Your network paints any picture now, of any size, in one pass. Set `ownPath` above to a photograph of yours. Beside it you see what an hour of
// training does: the network that comes with Wheatfield has fourteen times as many numbers, and learned twenty styles at once. All
// its kernels serve all styles, and a style is 1,344 scales and shifts of instance norm.

// %%
const own = await atHeight(ownPath, imgHeight);
const painter = await painterOf(own, true);
const began = performance.now();
const ownPainting = await painter.paint(byLosses.parameters);
console.log(`One pass of your network: ${((performance.now() - began) / 1000).toFixed(2)} s.`);

const stylizer = await fast.openStylizer(await fast.findModel('village-street'));
const between = performance.now();
const bundledPainting = await stylizer.stylize(own);
console.log(`One pass of the bundled network: ${((performance.now() - between) / 1000).toFixed(2)} s.`);
await stylizer.dispose();
await painter.dispose();

await wf.show(
  'own',
  wf.pictureGrid({
    'your picture': own,
    'your network': ownPainting,
    'the bundled network': bundledPainting,
  }),
);

// %% [markdown]
// The command line trains such a network on a painting of yours, from the bundled one, and paints folders and films with it:
//
// ```sh
// npx wheatfield train --style painting.jpg --minutes 10 --out my.onnx
// npx wheatfield stylize --model my.onnx holiday/ --out painted
// ```
//
// ## To try
//
// - Another style: change `stylePath`, and run all cells again.
// - More steps: `perceptualSteps = 5000`. The paint becomes calmer and the strokes longer.
// - Larger crops: `cropSize = 160`. The network sees larger strokes then.
// - More of the photograph: a weight of 0.5 for the content in `terms`.
// - Plain areas, such as a sky, get a regular hatching, because nothing there tells one place from another. Add faint noise to the photograph
//   before it is painted. The bundled network does the same.
