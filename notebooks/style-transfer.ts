// %% [markdown]
// # Neural style transfer, cell by cell
//
// One picture gives the content, another the style, and a third is painted that has both. No network is trained here: a network
// that has learned to recognise things is asked what it sees in a picture, and the *pixels* are changed until it sees the content of
// the one and the style of the other.
//
// The cells follow section 8.3 of *Deep Learning with Python*, In [15] to In [24], in their order and with their names.
//
// Run the cells from top to bottom (Shift+Enter). If one complains `Cannot find name 'model'`, the cell that makes `model` has not
// run yet: choose *Run All Above*. After a change, run the changed cell and those below it.

// %% [markdown]
// ## In [15]: Getting ready
//
// Keras had to be told here not to compute at once, but to build a graph first. TensorFlow.js computes at once, and that is good for
// looking at things. Where speed counts, in In [23], a function is compiled to a graph.
//
// All paths in this notebook start at the project's folder.

// %%
import * as tf from '@tensorflow/tfjs';
import {
  type Checkpoint,
  PROJECT_FOLDER,
  type Picture,
  UserError,
  type Variables,
  compile,
  featureMaps,
  features,
  fminLbfgsb,
  heatMaps,
  interruptible,
  loadImage,
  loadModel,
  lossComparison,
  lossCurves,
  pictureGrid,
  pictureSize,
  pixels,
  pyramid,
  saveImage,
  show,
  showLive,
  transfer,
  useEagerBackend,
} from 'wheatfield';
import { mkdirSync } from 'node:fs';

process.chdir(PROJECT_FOLDER);
const backend = await useEagerBackend();
console.log(backend.instead ?? `Eager tensors run in ${backend.name}.`);

// %% [markdown]
// ## In [16]: Two paintings
//
// To use other pictures, change the two paths. The result gets the height that you choose and the proportions of the content picture;
// the style picture is stretched to the same size, as in the book: Gram matrices (In [20]) add up over positions, and only sums over equally
// many can be compared. Where its proportions are very different its strokes get distorted; crop it first.
//
// The work grows with the number of pixels. The book takes a height of 400; 240 is a first look.

// %% tags=["parameters"]
const targetImagePath = 'img/bazille_ramparts_aigues-mortes_1867.png';
const styleReferenceImagePath = 'img/vangogh_village_street_auvers_1890.png';

const { width, height } = await pictureSize(targetImagePath);
const imgHeight = 240;
const imgWidth = Math.floor((width * imgHeight) / height);

// %%
await show(
  'paintings',
  pictureGrid({
    'content (the target image)': await loadImage(targetImagePath),
    'style (the style reference image)': await loadImage(styleReferenceImagePath),
  }),
);
console.log(`The result will be ${imgWidth} x ${imgHeight} pixels.`);

// %% [markdown]
// ## In [17]: From picture to tensor and back
//
// VGG19 was trained on pictures whose channels stood in the order blue, green, red, and from each of which the average of all of
// ImageNet had been subtracted. Fed with anything else it would see wrong colours. `deprocessImage` undoes both, so that a person can
// look at what the optimiser is doing.
//
// Two things differ from the book's cell: pictures are made smaller by Lanczos's filter, where Keras takes the nearest pixel
// (`resize: 'nearest'` does that), and values are rounded, not cut off, on the way back. Nor are the book's own two pictures part of this
// project, so that its printed losses will not appear here.

// %%
const imageNetMeans = tf.tensor1d([103.939, 116.779, 123.68]); // blue, green, red

async function preprocessImage(imagePath: string): Promise<tf.Tensor4D> {
  const { data } = await loadImage(imagePath, { size: { height: imgHeight, width: imgWidth } });
  const rgb = tf.tensor4d(Float32Array.from(data), [1, imgHeight, imgWidth, 3]);
  return tf.sub<tf.Tensor4D>(tf.reverse(rgb, 3), imageNetMeans);
}

function deprocessImage(x: ArrayLike<number>): Picture {
  const bgr = tf.add(tf.tensor(Float32Array.from(x), [imgHeight, imgWidth, 3]), imageNetMeans);
  const rgb = tf.clipByValue(tf.round(tf.reverse(bgr, 2)), 0, 255);
  return { height: imgHeight, width: imgWidth, data: Uint8Array.from(rgb.dataSync()) };
}

// %% [markdown]
// What the network gets, taken for a picture as it is (values below 0 are black), and the same tensor brought back:

// %%
const targetImage = await preprocessImage(targetImagePath);
const styleReferenceImage = await preprocessImage(styleReferenceImagePath);

const asItIs = Uint8Array.from(targetImage.clipByValue(0, 255).dataSync());
await show(
  'preprocessed',
  pictureGrid({
    'preprocessed, taken for a picture': { height: imgHeight, width: imgWidth, data: asItIs },
    'and deprocessed again': deprocessImage(targetImage.dataSync()),
  }),
);
console.log('shape:', targetImage.shape);
console.log(
  'from',
  targetImage.min().dataSync()[0].toFixed(1),
  'to',
  targetImage.max().dataSync()[0].toFixed(1),
);

// %% [markdown]
// ## In [18]: The network
//
// VGG19 is sixteen convolutions in five blocks, each block half as high and wide as the one before, with 64, 128, 256, 512 and 512
// channels. (A summary of vgg19-slim also lists its narrow inside, in layers that end in `_slim`.) The book
// puts target, style and combination image into one batch. Here the first two, which never change, go through the network once, and
// only the combination image is computed again and again.
//
// VGG19's weights are 80 MB, which are downloaded once. Where they cannot be had, a smaller network takes its place that comes with
// the project and was trained to answer as VGG19 does: `vgg19-slim`. It is many times faster, too.

// %% tags=["parameters"]
const network = 'auto'; // or 'vgg19', or 'vgg19-slim'

// %%
const { model, choice } = await loadModel(network);
console.log(choice);
model.summary();

// %% [markdown]
// What do the layers see? Near the picture a channel answers to an edge or a colour, at full resolution: one could still trace the
// painting from it. In the last block a channel answers to something large, a roof or a tree, somewhere around here: what is in the
// picture has stayed, what it looks like is nearly gone. This is why content is compared high up in the network.
//
// The eight channels that vary most, of each layer:

// %%
for (const layerName of ['block1_conv2', 'block5_conv2']) {
  const activations = features(model, [layerName])(targetImage)[layerName];
  console.log(layerName, activations.shape);
  await show(`feature-maps-${layerName}`, pictureGrid(featureMaps(activations), { pictureWidth: 230 }));
}

// %% [markdown]
// ## In [19]: The content loss
//
// Two pictures have the same content when a high layer answers the same to both: the sum of the squared differences, position by
// position. It is 0 for the target image itself.

// %%
function contentLoss(base: tf.Tensor, combination: tf.Tensor): tf.Tensor {
  if (base.shape.join() !== combination.shape.join()) {
    throw new UserError(
      `Expected pictures of one size, but the layer has [${base.shape.join()}] for one and [${combination.shape.join()}] for the other: ` +
        'run all cells from In [16] on again.',
    );
  }
  return tf.sum(tf.square(tf.sub(combination, base)));
}

// %% [markdown]
// ## In [20]: The Gram matrix and the style loss
//
// Style is what remains when it does not matter *where* something is. For each pair of channels the Gram matrix adds up, over all
// positions, how strongly both answer together: blue with slanting strokes, say. Positions are summed away; which features go
// together is kept. The style loss compares two such matrices.

// %%
function gramMatrix(x: tf.Tensor): tf.Tensor2D {
  const [, rows, columns, channels] = x.shape;
  const flat = tf.reshape<tf.Rank.R2>(tf.transpose(x, [0, 3, 1, 2]), [channels, rows * columns]);
  return tf.matMul(flat, flat, false, true);
}

function styleLoss(style: tf.Tensor, combination: tf.Tensor): tf.Tensor {
  const S = gramMatrix(style);
  const C = gramMatrix(combination);
  const channels = 3;
  const size = imgHeight * imgWidth;
  return tf.div(tf.sum(tf.square(tf.sub(S, C))), 4 * channels ** 2 * size ** 2);
}

// %% [markdown]
// Two styles as the 64 channels of block1_conv1 see them. Row and column are channels, the diagonal is a channel with itself. Bright
// spots stand in different places: that difference is the style loss.

// %%
const otherStyleImage = await preprocessImage('img/cassatt_summertime_1894.png');
const firstLayer = features(model, ['block1_conv1']);
await show(
  'gram-matrices',
  heatMaps(
    {
      'Gram matrix of the style reference image': gramMatrix(firstLayer(styleReferenceImage)['block1_conv1']),
      'Gram matrix of another style (Cassatt)': gramMatrix(firstLayer(otherStyleImage)['block1_conv1']),
    },
    { label: 'sum over pixels', scale: 'log', pictureWidth: 420 },
  ),
);

// %% [markdown]
// ## In [21]: The total variation loss
//
// Nothing so far minds a speckled picture. Total variation does: it compares each pixel with the one below and the one to the right,
// and asks for small differences. The map shows what each pixel of the target image adds; edges are dear, even areas are free.

// %%
function totalVariationMap(x: tf.Tensor): tf.Tensor {
  const size = [1, imgHeight - 1, imgWidth - 1, 3];
  const corner = tf.slice(x, [0, 0, 0, 0], size);
  const a = tf.square(tf.sub(corner, tf.slice(x, [0, 1, 0, 0], size)));
  const b = tf.square(tf.sub(corner, tf.slice(x, [0, 0, 1, 0], size)));
  return tf.pow(tf.add(a, b), 1.25);
}

function totalVariationLoss(x: tf.Tensor): tf.Tensor {
  return tf.sum(totalVariationMap(x));
}

// %%
const variation = tf.sum(totalVariationMap(targetImage), 3);
await show(
  'total-variation',
  heatMaps(
    { 'total variation of the target image': variation },
    { label: 'per pixel', scale: 'log', pictureWidth: 640 },
  ),
);

// %% [markdown]
// ## In [22]: The loss to be minimised
//
// One high layer for the content, one layer of each block for the style (strokes of every size), a little total variation. The three
// weights say what matters how much. Turn `contentWeight` up, and the motif stays clearer; down, and the paint takes over.
//
// A weight of 0 leaves a part out; at least one must be more than 0.

// %% tags=["parameters"]
const outputsDict = Object.fromEntries(model.layers.map((layer) => [layer.name, layer.output]));

const contentLayer = 'block5_conv2';
const styleLayers = [1, 2, 3, 4, 5].map((i) => `block${i}_conv1`);

const totalVariationWeight = 1e-4;
const styleWeight = 1.0;
const contentWeight = 0.025;

// %%
console.log('outputsDict has', Object.keys(outputsDict).join(', '));
if (!(totalVariationWeight > 0 || styleWeight > 0 || contentWeight > 0)) {
  throw new UserError('Expected a weight above 0, but all three are 0: there is nothing to minimise.');
}

// features() looks the names up in outputsDict and gives the function from a picture to those outputs.
const layerFeatures = features(model, [contentLayer, ...styleLayers]);
const targetImageFeatures = layerFeatures(targetImage);
const styleReferenceFeatures = layerFeatures(styleReferenceImage);

function lossTerms(combinationImage: tf.Tensor): Record<string, tf.Tensor> {
  const combinationFeatures = layerFeatures(combinationImage as tf.Tensor4D);

  let content = contentLoss(targetImageFeatures[contentLayer], combinationFeatures[contentLayer]);
  content = tf.mul(content, contentWeight);

  let style: tf.Tensor = tf.scalar(0);
  for (const layerName of styleLayers) {
    const sl = styleLoss(styleReferenceFeatures[layerName], combinationFeatures[layerName]);
    style = tf.add(style, tf.mul(sl, styleWeight / styleLayers.length));
  }

  const totalVariation = tf.mul(totalVariationLoss(combinationImage), totalVariationWeight);
  return { content: content, style: style, totalVariation: totalVariation };
}

function loss(combinationImage: tf.Tensor): tf.Tensor {
  return tf.addN(Object.values(lossTerms(combinationImage)));
}

// %% [markdown]
// ## In [23]: The gradient, and the Evaluator
//
// `tf.valueAndGrad` gives the function that computes the loss and its gradient with respect to the picture: for each of its values, which
// way and how much to change it. `compile` runs that function once, writes down what it does, and from then on runs the recording,
// many times faster (Keras: `K.gradients` and `K.function`). It records the parts of the loss as well, for the plot; since they are
// computed anyway, they cost nothing.
//
// The optimiser asks for the loss and then for the gradient at the same place. Both come from one pass, so the `Evaluator` keeps the
// gradient until it is asked for.
//
// (In a notebook write `{ q: q }`, not `{ q }`, for a name from an earlier cell: the kernel does not know the short form.)

// %%
const fetchLossAndGrads = await compile(
  (x: tf.Tensor) => ({ ...tf.valueAndGrad(loss)(x), terms: lossTerms(x), picture: x }),
  [1, imgHeight, imgWidth, 3],
);

class Evaluator {
  gradValues: Float64Array | null = null;

  loss = async (x: Float64Array) => {
    const outs = await fetchLossAndGrads(x);
    this.gradValues = Float64Array.from(outs.grad.data);
    return outs.value.data[0];
  };

  grads = () => {
    if (this.gradValues === null) throw new UserError('Expected loss(x) to be asked before grads(x).');
    const gradValues = this.gradValues;
    this.gradValues = null;
    return gradValues;
  };
}

const evaluator = new Evaluator();

// %% [markdown]
// ## In [24]: The loop
//
// L-BFGS walks downhill, and guesses from the gradients of its last steps how the ground is curved. The first picture is the target
// image. One call of `fminLbfgsb` is one iteration of the book's loop; here is the beginning of the first, with a line for each step:

// %%
const targetValues = Float64Array.from(targetImage.dataSync());
console.log('loss of the target image:', await evaluator.loss(targetValues));

const [, minVal, info] = await fminLbfgsb(evaluator.loss, targetValues, {
  fprime: evaluator.grads,
  maxfun: 4,
  callback: () => console.log('a step is taken'),
});
console.log('after', info.funcalls, 'evaluations:', minVal);

// %% [markdown]
// `transfer` is the book's loop around that call. It tells what it does by events: a `step`, with the loss and its terms, and after some
// 20 evaluations an `iteration`. The picture is asked for. The book lets values run beyond what a screen can show and cuts them off on
// saving; here the variables are `pixels` that stay displayable, so that what is optimised is what you see.
//
// The next cell sets everything back to the start. The book does 20 iterations.

// %% tags=["parameters"]
const iterations = 10;
const resultFolder = 'results/style-transfer';
mkdirSync(resultFolder, { recursive: true });
const resultFname = (i: number) => `${resultFolder}/result_at_iteration_${i}.png`;

let checkpoint: Checkpoint | undefined = undefined;
let result = deprocessImage(targetImage.dataSync());
const first = await fetchLossAndGrads(targetValues);
const firstTerms: Record<string, number> = {};
for (const [name, term] of Object.entries(first.terms)) firstTerms[name] = term.data[0];
const history = [{ evaluations: 0, loss: first.value.data[0], terms: firstTerms }];
const filmstrip: Record<string, Picture> = { 'target image': result };

// %% [markdown]
// This cell paints. Watch the picture and the curves while it runs. The *Interrupt* button (■) stops it; run the cell again, and it goes
// on from there.
//
// At first the style loss falls by itself; content rises from 0, for every stroke costs a little of it.

// %%
const preview = await showLive('preview', pictureGrid({ 'the combination image': result }));
const curves = await showLive('loss-curves', lossCurves(history));

const size = { height: imgHeight, width: imgWidth };
const problem = {
  ...size,
  variables: pixels(size),
  z0: targetValues,
  lossAndGrads: fetchLossAndGrads,
};
const interrupted = await interruptible(async (signal) => {
  const run = transfer(problem, {
    iterations: iterations,
    evaluations: 20,
    restart: false,
    rounding: 'round',
    signal: signal,
    from: checkpoint,
  });
  for await (const event of run) {
    if (event.type === 'step') {
      history.push(event);
      await preview.refresh(async () =>
        pictureGrid({ [`iteration ${event.iteration}`]: await run.picture() }),
      );
      await curves.refresh(() => lossCurves(history));
    }
    if (event.type === 'iteration') {
      filmstrip[`iteration ${event.iteration}`] = await run.picture();
      await saveImage(await run.picture(), resultFname(event.iteration));
      console.log(
        `iteration ${event.iteration}: loss ${event.loss.toExponential(4)}, ${event.seconds.toFixed(1)} s`,
      );
    }
    if (event.type === 'end') console.log(event.message);
  }
  [result, checkpoint] = [await run.picture(), await run.checkpoint()];
});
await preview.update(pictureGrid({ [interrupted ? 'interrupted' : 'result']: result }));
await curves.update(lossCurves(history));
console.log(interrupted ? 'Interrupted: run this cell again to go on.' : 'Done.');

// %% [markdown]
// ## What came of it

// %%
await show(
  'side-by-side',
  pictureGrid({
    content: await loadImage(targetImagePath, { size: { height: imgHeight, width: imgWidth } }),
    style: await loadImage(styleReferenceImagePath, { size: { height: imgHeight, width: imgWidth } }),
    result: result,
  }),
);

// %% [markdown]
// A filmstrip of the iterations. Most happens in the first ones; later ones sharpen the strokes.

// %%
await show('filmstrip', pictureGrid(filmstrip, { columns: 4, pictureWidth: 230 }));

// %% [markdown]
// ## Beyond the book: what the optimiser moves
//
// L-BFGS moved single pixels. To give a cloud another colour, a thousand of them have to move together, and that takes many steps. Let it
// move a *pyramid* instead: layers of half, a quarter, an eighth of the size and so on, which are enlarged smoothly and added up. One number
// of a coarse layer then moves a whole cloud. The loss is the same, and so is the optimiser; only its variables differ.
//
// `variables.picture` makes a picture of the variables, and is compiled in front of the loss. This takes twice as many evaluations as the
// next cell says: some for the pixels, as many for the pyramid.

// %% tags=["parameters"]
const evaluationsOfEach = 25;

// %%
async function paintWith(variables: Variables, signal: AbortSignal) {
  const lossOfVariables = (z: tf.Tensor) => loss(variables.picture(z as tf.Tensor1D));
  const compiled = await compile(
    (z: tf.Tensor) => {
      const picture = variables.picture(z as tf.Tensor1D);
      return { ...tf.valueAndGrad(lossOfVariables)(z), terms: lossTerms(picture), picture: picture };
    },
    [variables.length],
  );
  const run = transfer(
    { ...size, variables: variables, z0: variables.from(targetValues), lossAndGrads: compiled },
    { iterations: 1, evaluations: evaluationsOfEach, restart: false, rounding: 'round', signal: signal },
  );
  const falling = [history[0]];
  for await (const event of run) {
    if (event.type === 'step') falling.push(event);
  }
  const picture = await run.picture();
  await compiled.dispose();
  return { picture: picture, falling: falling };
}

await interruptible(async (signal) => {
  const single = await paintWith(pixels(size), signal);
  const layered = await paintWith(pyramid(size), signal);
  await show(
    'pixels-against-pyramid',
    lossComparison(
      { pixels: single.falling, pyramid: layered.falling },
      'The same loss and optimiser, other variables',
    ),
  );
  await show(
    'pictures-of-either',
    pictureGrid({
      [`pixels, ${evaluationsOfEach} evaluations`]: single.picture,
      [`pyramid, ${evaluationsOfEach} evaluations`]: layered.picture,
    }),
  );
});

// %% [markdown]
// Look at the sky and at the faces: with pixels the paint is a fine grain on top of the photograph's colours; with the pyramid the colours
// themselves have become those of the style, and the figures are still whole. From here on the program takes the pyramid (`wheatfield
// transfer`); `--chapter` stays with pixels.

// %% [markdown]
// ## To try
//
// - Other paintings: two paths in In [16]. The folder `img` has more, and your own will do.
// - `contentWeight` ten times as large, ten times as small (In [22]).
// - `contentLayer = 'block2_conv2'`: nearer to the picture, so that more than the motif is kept.
// - Only one of the style layers: `styleLayers = ['block1_conv1']` takes over the colours and hardly more.
// - Begin with the style picture (`const targetValues = Float64Array.from(styleReferenceImage.dataSync())` in In [24]).
// - The second notebook, `layers`, plays with all of these on small pictures.
