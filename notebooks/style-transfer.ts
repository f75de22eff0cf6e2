// %% [markdown]
// # Neural style transfer, cell by cell
//
// One picture gives the content, another gives the style, and we paint a third that has both. We train no network. We take a network
// that has learned to recognise things and ask it what it sees in a picture. Then we change the *pixels* until it sees the content of the
// first picture and the style of the second.
//
// The cells follow section 8.3 of *Deep Learning with Python*. They keep the book's order and its names. Each heading gives the number of
// the book's cell, from In [15] to In [24]; you do not need the book to follow.
//
// %% [markdown] tags=["exercise"]
// **This is the exercise edition.** Eight tasks wait for you, marked _Task 1_ to _Task 8_. In each, replace the line that throws by your
// code, run the cell, and run the check below it. The check says in words what is wrong. A task takes 5 to 15 minutes. You need the
// earlier tasks for the later cells. The notebook `style-transfer` in the folder above has the solutions; look there only afterwards.

// %% [markdown]
// Run the cells from top to bottom (Shift+Enter). If a cell complains `Cannot find name 'model'`, the cell that makes `model` has not run
// yet. Choose *Run All Above*. After a change, run the changed cell and the cells below it.

// %% [markdown]
// ## In [15]: Getting ready
//
// In the book, Keras has to be told to build a graph first instead of computing at once. TensorFlow.js computes at once, which makes it
// easy to look at things. Where speed matters, the section "The gradient, and the Evaluator" compiles a function to a graph.
//
// `tf` is TensorFlow.js, and `wf` is Wheatfield, this project. All paths in this notebook start at the project's folder.

// %%
import * as tf from '@tensorflow/tfjs';
import * as wf from 'wheatfield';
import { mkdirSync } from 'node:fs';

process.chdir(wf.PROJECT_FOLDER);
const backend = await wf.useEagerBackend();
console.log(backend.instead ?? `TensorFlow.js computes in ${backend.name}.`);

// %% tags=["exercise"]
import * as check from 'wheatfield/exercises'; // the checks of the tasks

// %% [markdown]
// ## In [16]: Two paintings
//
// To use other pictures, change the two paths. You choose the height of the result; it keeps the proportions of the content picture. The
// style picture is stretched to the same size, as in the book, because Gram matrices add up over positions and only sums over equally many
// positions can be compared. If its proportions are very different, its strokes get distorted. Crop it first.
//
// The work grows with the number of pixels, and so does the memory: VGG19 takes 1 to 2 GB at the book's height of 400. A height of 200
// is enough for a first look.

// %% tags=["parameters"]
const targetImagePath = 'img/bazille_ramparts_aigues-mortes_1867.png';
const styleReferenceImagePath = 'img/vangogh_village_street_auvers_1890.png';

const { width, height } = await wf.pictureSize(targetImagePath);
const imgHeight = 200;
const imgWidth = Math.floor((width * imgHeight) / height);

// %%
await wf.show(
  'paintings',
  wf.pictureGrid({
    'content (the target image)': await wf.loadImage(targetImagePath),
    'style (the style reference image)': await wf.loadImage(styleReferenceImagePath),
  }),
);
console.log(`The result will be ${imgWidth} x ${imgHeight} pixels.`);

// %% [markdown]
// ## In [17]: From picture to tensor and back
//
// VGG19 was trained on pictures with their channels in the order blue, green, red. The average of all ImageNet pictures was subtracted from
// each channel. Without these two steps the network sees wrong colours. `deprocessImage` undoes both, so that you can look at the
// optimiser's work.
//
// Two things differ from the book's cell. We shrink pictures with Lanczos's filter, while Keras takes the nearest pixel
// (`resize: 'nearest'` does the same). On the way back we round values, while the book cuts off the decimals. The book's own two pictures
// are not part of this project, so you will not see the book's losses here.

// %%
// The picture as a tensor [1, imgHeight, imgWidth, 3]: a batch of one picture; red, green and blue, from 0 to 255.
async function imgToArray(imagePath: string): Promise<tf.Tensor4D> {
  const { data } = await wf.loadImage(imagePath, { size: { height: imgHeight, width: imgWidth } });
  return tf.tensor4d(Float32Array.from(data), [1, imgHeight, imgWidth, 3]);
}

// %% [markdown] tags=["exercise"]
// ### Task 1: preprocess and deprocess
//
// `preprocessImage` starts with `imgToArray(imagePath)`. Turn red, green, blue into blue, green, red (`tf.reverse` along an axis), and
// subtract `imageNetMeans`. Keep the shape [1, imgHeight, imgWidth, 3].
//
// `deprocessImage` gets the same numbers as a flat list. Make a tensor [imgHeight, imgWidth, 3] of them and undo both steps, in which
// order? Round, clip to 0 to 255 (`tf.clipByValue`), and return `{ height: imgHeight, width: imgWidth, data: ... }`, where `data` is a
// `Uint8Array`.

// %% tags=["solution"]
const imageNetMeans = tf.tensor1d([103.939, 116.779, 123.68]); // blue, green, red

async function preprocessImage(imagePath: string): Promise<tf.Tensor4D> {
  const rgb = await imgToArray(imagePath);
  return tf.sub<tf.Tensor4D>(tf.reverse(rgb, 3), imageNetMeans);
}

function deprocessImage(x: ArrayLike<number>): wf.Picture {
  const bgr = tf.add(tf.tensor(Float32Array.from(x), [imgHeight, imgWidth, 3]), imageNetMeans);
  const rgb = tf.clipByValue(tf.round(tf.reverse(bgr, 2)), 0, 255);
  return { height: imgHeight, width: imgWidth, data: Uint8Array.from(rgb.dataSync()) };
}

// %% tags=["exercise"]
console.log(await check.preprocess(preprocessImage, targetImagePath, { height: imgHeight, width: imgWidth }));
console.log(await check.deprocess(deprocessImage, { height: imgHeight, width: imgWidth }));

// %% [markdown]
// Here is the network's input, shown as if it were a picture (values below 0 are black), and the same tensor converted back:

// %%
const targetImage = await preprocessImage(targetImagePath);
const styleReferenceImage = await preprocessImage(styleReferenceImagePath);

const asItIs = Uint8Array.from(targetImage.clipByValue(0, 255).dataSync());
await wf.show(
  'preprocessed',
  wf.pictureGrid({
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
// VGG19 has sixteen convolutions in five blocks. Each block is half as high and half as wide as the one before. The blocks have 64, 128,
// 256, 512 and 512 channels. (A summary of vgg19-slim also lists its narrow inner layers; their names end in `_slim`.) The book puts the
// target, style and combination images into one batch. The first two never change, so here they go through the network once. Only the
// combination image is computed again and again.
//
// Why so old a network? The inventors of the method took it, and newer ones paint worse. In a ResNet, for example, shortcuts past the
// layers leave a few large peaks in the responses, and the Gram matrices see little else (Wang, Li and Vasconcelos, 2021).
//
// VGG19's weights are 80 MB, and are downloaded once. If the download fails, the notebook tells you and uses `vgg19-slim`, a smaller
// network that comes with the project. It was trained to imitate VGG19, and it is several times faster.

// %% tags=["parameters"]
const network = 'auto'; // or 'vgg19', or 'vgg19-slim'

// %%
const { model, choice, open } = await wf.loadModel(network);
console.log(choice);
model.summary();

// %% [markdown]
// What does one layer do? It slides small filters, 3 x 3 pixels, over the picture. Each filter has a weight for each pixel and channel
// below it. The layer multiplies, adds up, adds a bias for each filter, and replaces what is negative by 0 (ReLU). Edges are padded with
// zeros, so that the size stays. The cell below computes the first layer by hand and compares it with the network's own:

// %% [markdown] tags=["exercise"]
// ### Task 2: a layer of your own
//
// `convolution` gets pictures [1, height, width, channels], the filters [3, 3, channels, filters] and a bias [filters]. Use `tf.conv2d`,
// which wants a stride and a padding as well, then the bias, then `tf.relu`.

// %% tags=["solution"]
function convolution(x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor): tf.Tensor {
  return tf.relu(tf.add(tf.conv2d(x, kernel, 1, 'same'), bias));
}

// %% tags=["exercise"]
console.log(await check.convolution(convolution));

// %%
const firstConvolution = model.layers[1];
const [kernel, bias] = firstConvolution.getWeights();
const byHand = convolution(targetImage, kernel as tf.Tensor4D, bias);
const byNetwork = firstConvolution.apply(targetImage) as tf.Tensor;
const apart = tf.max(tf.abs(tf.sub(byHand, byNetwork))).dataSync()[0];
console.log(`${firstConvolution.name}: filters [${kernel.shape.join()}], output [${byHand.shape.join()}],`);
console.log(`at most ${apart.toPrecision(2)} away from the network's own output.`);

// %% [markdown]
// What do the layers see? Near the picture, a channel responds to an edge or a colour at full resolution. You could still trace the
// painting from it. In the last block, a channel responds to something large, such as a roof or a tree, somewhere in the area. The network
// still knows the things in the picture, but has nearly lost their look. This is why we compare content high up in the network.
//
// These are the eight channels that vary most in each layer:

// %%
for (const layerName of ['block1_conv2', 'block5_conv2']) {
  const activations = wf.features(model, [layerName])(targetImage)[layerName];
  console.log(layerName, activations.shape);
  await wf.show(
    `feature-maps-${layerName}`,
    wf.pictureGrid(wf.featureMaps(activations), { pictureWidth: 230 }),
  );
}

// %% [markdown]
// ## In [19]: The content loss
//
// Two pictures have the same content when a high layer responds to both in the same way. The content loss is the sum of the squared
// differences at all positions. It is 0 for the target image itself. Squares make one large difference count more than many small ones, and
// their gradient is simple: twice the difference.

// %% [markdown] tags=["exercise"]
// ### Task 3: the content loss
//
// Both arguments have the shape [1, rows, columns, channels]. Return a tensor without axes: one number. (The example checks the shapes
// first. You need not.)

// %% tags=["solution"]
function contentLoss(base: tf.Tensor, combination: tf.Tensor): tf.Tensor {
  if (base.shape.join() !== combination.shape.join()) {
    throw new wf.UserError(
      `The layer has different shapes for the two pictures: [${base.shape.join()}] and [${combination.shape.join()}]. ` +
        'Run all cells again from "Two paintings" on.',
    );
  }
  return tf.sum(tf.square(tf.sub(combination, base)));
}

// %% tags=["exercise"]
console.log(await check.contentLoss(contentLoss));

// %% [markdown]
// ## In [20]: The Gram matrix and the style loss
//
// Style is what remains when it does not matter *where* something is. For each pair of channels, the Gram matrix adds up over all positions
// how strongly both respond together: blue and slanting strokes, for example. The sum drops the positions and keeps the combinations of
// features. The style loss compares two such matrices.

// %% [markdown] tags=["exercise"]
// ### Task 4: the Gram matrix
//
// From activations x [1, rows, columns, channels], put the channels first (`tf.transpose`), make each channel one row (`tf.reshape` to
// [channels, rows * columns]), and multiply by the transpose (`tf.matMul` can transpose its second argument). The result is [channels,
// channels]. Divide by nothing: the book does that in the style loss.

// %% tags=["solution"]
function gramMatrix(x: tf.Tensor): tf.Tensor2D {
  const [, rows, columns, channels] = x.shape;
  const flat = tf.reshape<tf.Rank.R2>(tf.transpose(x, [0, 3, 1, 2]), [channels, rows * columns]);
  return tf.matMul(flat, flat, false, true);
}

// %% tags=["exercise"]
console.log(await check.gramMatrix(gramMatrix));

// %% [markdown]
// The style loss is the sum of the squared differences of two Gram matrices, divided by 4 channels² size². The channels are the
// picture's 3, and the size is the picture's, imgHeight x imgWidth, whatever the layer. A Gram matrix grows with the number of positions;
// the division makes its square independent of that number. It is only a scale, and `styleWeight` could do the same.

// %% [markdown] tags=["exercise"]
// ### Task 5: the style loss

// %% tags=["solution"]
function styleLoss(style: tf.Tensor, combination: tf.Tensor): tf.Tensor {
  const S = gramMatrix(style);
  const C = gramMatrix(combination);
  const channels = 3;
  const size = imgHeight * imgWidth;
  return tf.div(tf.sum(tf.square(tf.sub(S, C))), 4 * channels ** 2 * size ** 2);
}

// %% tags=["exercise"]
console.log(await check.styleLoss(styleLoss, { height: imgHeight, width: imgWidth }));

// %% [markdown]
// Here are two styles, as the 64 channels of block1_conv1 see them. Rows and columns are channels; the diagonal shows each channel with
// itself. The two matrices have their bright spots in different places. The style loss measures that difference.

// %%
const otherStyleImage = await preprocessImage('img/cassatt_summertime_1894.png');
const firstLayer = wf.features(model, ['block1_conv1']);
await wf.show(
  'gram-matrices',
  wf.heatMaps(
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
// So far, nothing in the loss prevents a speckled picture. Total variation does: it compares each pixel with the one below and the one to
// the right, and it is small when the differences are small. The map shows how much each pixel of the target image could save by a change.
// Edges are bright, because they cost a lot. Flat areas are dark. The power of 1.25 is the book's choice: large differences cost more than
// in proportion, so speckles go first.

// %% [markdown] tags=["exercise"]
// ### Task 6: the total variation loss
//
// For pictures x [1, imgHeight, imgWidth, 3]: a is the square of each pixel's difference to the one below, b that to the one on the
// right. Raise a + b to the power of 1.25 and add up everything. Leave out the last row and the last column, which lack a neighbour
// (`tf.slice` with a begin and a size).

// %% tags=["solution"]
function totalVariationLoss(x: tf.Tensor): tf.Tensor {
  const size = [1, imgHeight - 1, imgWidth - 1, 3];
  const corner = tf.slice(x, [0, 0, 0, 0], size);
  const a = tf.square(tf.sub(corner, tf.slice(x, [0, 1, 0, 0], size)));
  const b = tf.square(tf.sub(corner, tf.slice(x, [0, 0, 1, 0], size)));
  return tf.sum(tf.pow(tf.add(a, b), 1.25));
}

// %% tags=["exercise"]
console.log(await check.totalVariation(totalVariationLoss, { height: imgHeight, width: imgWidth }));

// %%
// The gradient of the loss says where it comes from.
const variationGradient = tf.grad(totalVariationLoss)(targetImage);
await wf.show(
  'total-variation',
  wf.heatMaps(
    {
      'total variation of the target image: what each pixel could save': tf
        .sum(tf.abs(variationGradient), 3)
        .squeeze(),
    },
    { label: 'gradient', scale: 'log', pictureWidth: 480 },
  ),
);

// %% [markdown]
// ## In [22]: The loss to be minimised
//
// The loss has three parts: one high layer for the content, one layer of each block for the style (strokes of every size), and a little
// total variation. Three weights balance them. They are so different because the sums are: the content loss adds up thousands of responses,
// and the style loss is divided by a large number. Raise `contentWeight` to keep the motif clearer. Lower it to let the paint take over.
//
// A weight of 0 leaves a part out. At least one weight must be above 0.

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
  throw new wf.UserError('Every weight is 0, so there is nothing to minimise. Raise one of them.');
}

// features() looks the names up in outputsDict and gives the function from a picture to those outputs.
const layerFeatures = wf.features(model, [contentLayer, ...styleLayers]);
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
// `tf.valueAndGrad` returns a function that computes the loss and its gradient. For each value of the picture, the gradient says in which
// direction to change it and how much. `compile` runs that function once and records its operations. From then on it runs the recording,
// many times faster (in Keras: `K.gradients` and `K.function`). It also records the parts of the loss for the plot. They are computed
// anyway, so they cost nothing.
//
// The optimiser asks for the loss, and then for the gradient at the same place. One pass computes both, so the `Evaluator` keeps the
// gradient until the optimiser asks for it.
//
// (In a notebook, write `{ q: q }` instead of `{ q }` for a name from an earlier cell. The kernel does not know the short form.)

// %%
const fetchLossAndGrads = await wf.compile(
  (x: tf.Tensor) => ({ ...tf.valueAndGrad(loss)(x), terms: lossTerms(x), picture: x }),
  [1, imgHeight, imgWidth, 3],
);

// %% [markdown] tags=["exercise"]
// ### Task 7: the Evaluator
//
// `loss(x)` calls `fetchLossAndGrads(x)`, waits for it, keeps the gradient as a `Float64Array` and returns the loss as a number. What it
// gets is `{ value, grad }`, each with its numbers in `data`. `grads()` returns the gradient that was kept. If there is none yet, it throws
// an error.

// %% tags=["solution"]
class Evaluator {
  gradValues: Float64Array | null = null;

  constructor(readonly fetchLossAndGrads: wf.FetchLossAndGrads) {}

  loss = async (x: Float64Array) => {
    const outs = await this.fetchLossAndGrads(x);
    this.gradValues = Float64Array.from(outs.grad.data);
    return outs.value.data[0];
  };

  grads = () => {
    if (this.gradValues === null) {
      throw new wf.UserError('There is no gradient yet. Call loss(x) before grads(x).');
    }
    const gradValues = this.gradValues;
    this.gradValues = null;
    return gradValues;
  };
}

// %% tags=["exercise"]
console.log(await check.evaluator(Evaluator));

// %%
const evaluator = new Evaluator(fetchLossAndGrads);

// %% [markdown]
// What does each part of the loss want? Take a picture half way between the two paintings. The gradient of each part says how to change
// it. The figure shows the change that makes each part smaller: grey stays, light gets lighter, dark gets darker. Each is shown as strongly
// as the eye needs; the number says how strong it really is.
//
// Look where each part pulls. The content loss pulls hardest where the roofs and trees of the village stand in Bazille's sky, and
// leaves the quiet places alone. The style loss pulls everywhere, in dabs as large as brush strokes. The total variation loss pulls along
// the edges of both paintings, and nowhere else. The sum of the three is what the optimiser follows.

// %%
const halfWay = tf.mul(tf.add(targetImage, styleReferenceImage), 0.5);
const gradientOf = (name: string, x: tf.Tensor) => tf.grad((y: tf.Tensor) => lossTerms(y)[name])(x);
const fetchGradients = await wf.compile(
  (x: tf.Tensor) => ({
    content: gradientOf('content', x),
    style: gradientOf('style', x),
    'total variation': gradientOf('totalVariation', x),
  }),
  [1, imgHeight, imgWidth, 3],
);

const wishes: Record<string, wf.Picture> = { 'half way': deprocessImage(halfWay.dataSync()) };
for (const [name, { data }] of Object.entries(await fetchGradients(Float64Array.from(halfWay.dataSync())))) {
  const gradient = tf.tensor(Float32Array.from(data));
  const strength = tf.sqrt(tf.mean(tf.square(gradient))).dataSync()[0];
  // Around grey, in the form that deprocessImage expects.
  const change = tf.sub(128, tf.mul(gradient, 50 / strength)).reshape([1, imgHeight, imgWidth, 3]);
  wishes[`${name} (${strength.toPrecision(2)})`] = deprocessImage(tf.sub(change, imageNetMeans).dataSync());
}
await wf.show('what-each-loss-wants', wf.pictureGrid(wishes, { columns: 2, pictureWidth: 340 }));
await fetchGradients.dispose();

// %% [markdown]
// ## In [24]: The loop
//
// Downhill is against the gradient. The simplest optimiser, plain gradient descent, takes a step of a fixed size times the gradient, again
// and again. How large should the step be?

// %% [markdown] tags=["exercise"]
// ### Task 8: one step of gradient descent
//
// Return new numbers, one for each of x. Leave x itself as it is. (`x.map((value, i) => ...)` makes new numbers from old ones.)

// %% tags=["solution"]
function gradientStep(x: Float64Array, gradient: Float64Array, stepSize: number): Float64Array {
  return x.map((value, i) => value - stepSize * gradient[i]);
}

// %% tags=["exercise"]
console.log(await check.gradientStep(gradientStep));

// %% [markdown]
// L-BFGS chooses the size of each step itself. It uses the gradients of its last steps to estimate how the ground curves, and goes far
// where it is flat. Both optimisers start at the target image and get the same number of evaluations. The step size of plain gradient
// descent is the best of three: each is tried for two steps, and you see what becomes of the loss. Too small a step hardly moves, too large
// a step jumps over the valley.
//
// In the curves, look at the beginning first: L-BFGS knows nothing yet, and tries tiny steps. Then look where the lines cross.

// %% tags=["parameters"]
const evaluationsToCompare = 15;
const stepSizes = [1e-6, 1e-5, 1e-4];

// %%
const targetValues = Float64Array.from(targetImage.dataSync());

async function descend(stepSize: number, evaluations: number) {
  const falling: wf.LossPoint[] = [];
  let x: Float64Array = targetValues;
  while (falling.length < evaluations) {
    falling.push({ evaluations: falling.length, loss: await evaluator.loss(x), terms: {} });
    x = gradientStep(x, evaluator.grads(), stepSize);
  }
  return falling;
}

const trials: { stepSize: number; loss: number }[] = [];
for (const stepSize of stepSizes) {
  const falling = await descend(stepSize, 3);
  trials.push({ stepSize: stepSize, loss: falling[2].loss });
  console.log(`step size ${stepSize}: loss ${falling.map(({ loss }) => loss.toExponential(2)).join(', ')}`);
}
const best = trials.reduce((least, trial) => (trial.loss < least.loss ? trial : least));

// One call of fminLbfgsb is one iteration of the book's loop.
const byLbfgs: wf.LossPoint[] = [];
const [, minVal, info] = await wf.fminLbfgsb(
  async (x: Float64Array) => {
    const value = await evaluator.loss(x);
    byLbfgs.push({ evaluations: byLbfgs.length, loss: value, terms: {} });
    return value;
  },
  targetValues,
  { fprime: evaluator.grads, maxfun: evaluationsToCompare },
);
console.log(`L-BFGS: loss ${minVal.toExponential(2)} after ${info.funcalls} evaluations`);

await wf.show(
  'optimisers',
  wf.lossComparison(
    {
      [`gradient descent, steps of ${best.stepSize}`]: await descend(best.stepSize, evaluationsToCompare),
      'L-BFGS': byLbfgs,
    },
    'The same loss, two optimisers',
  ),
);

// %% [markdown]
// `transfer` is the book's loop around that call. It reports its progress as events: a `step` with the loss and its terms, and an
// `iteration` after about 20 evaluations. You ask for the picture when you want it. In the book, values can leave the range that a screen
// can show, and saving cuts them off. Here we optimise `pixels` that always stay displayable, so you see exactly the picture that the
// optimiser works on.
//
// The next cell resets everything to the start. The book does 20 iterations.

// %% tags=["parameters"]
const iterations = 4;
const resultFolder = 'results/style-transfer';
mkdirSync(resultFolder, { recursive: true });
const resultFname = (i: number) => `${resultFolder}/result_at_iteration_${i}.png`;

let checkpoint: wf.Checkpoint | undefined = undefined;
let result = deprocessImage(targetImage.dataSync());
const first = await fetchLossAndGrads(targetValues);
const firstTerms: Record<string, number> = {};
for (const [name, term] of Object.entries(first.terms)) firstTerms[name] = term.data[0];
const history = [{ evaluations: 0, loss: first.value.data[0], terms: firstTerms }];
const filmstrip: Record<string, wf.Picture> = { 'target image': result };

// %% [markdown]
// This cell paints. Watch the picture and the curves while it runs. The *Interrupt* button (■) stops it. Run the cell again to continue.
//
// At first, the style loss falls quickly. The content loss rises from 0, because every stroke changes the content a little.

// %%
const preview = await wf.showLive('preview', wf.pictureGrid({ 'the combination image': result }));
const curves = await wf.showLive('loss-curves', wf.lossCurves(history));

const size = { height: imgHeight, width: imgWidth };
const problem = {
  ...size,
  variables: wf.pixels(size),
  z0: targetValues,
  lossAndGrads: fetchLossAndGrads,
};
const interrupted = await wf.interruptible(async (signal) => {
  const run = wf.transfer(problem, {
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
        wf.pictureGrid({ [`iteration ${event.iteration}`]: await run.picture() }),
      );
      await curves.refresh(() => wf.lossCurves(history));
    }
    if (event.type === 'iteration') {
      filmstrip[`iteration ${event.iteration}`] = await run.picture();
      await wf.saveImage(await run.picture(), resultFname(event.iteration));
      console.log(
        `iteration ${event.iteration}: loss ${event.loss.toExponential(4)}, ${event.seconds.toFixed(1)} s`,
      );
    }
    if (event.type === 'end') console.log(event.message);
  }
  [result, checkpoint] = [await run.picture(), await run.checkpoint()];
});
await preview.update(wf.pictureGrid({ [interrupted ? 'interrupted' : 'result']: result }));
await curves.update(wf.lossCurves(history));
console.log(interrupted ? 'Interrupted: run this cell again to go on.' : 'Done.');

// %% [markdown]
// ## The result

// %%
await wf.show(
  'side-by-side',
  wf.pictureGrid({
    content: await wf.loadImage(targetImagePath, { size: { height: imgHeight, width: imgWidth } }),
    style: await wf.loadImage(styleReferenceImagePath, { size: { height: imgHeight, width: imgWidth } }),
    result: result,
  }),
);

// %% [markdown]
// Here are the iterations as a filmstrip. The first ones change the most; later ones sharpen the strokes.

// %%
await wf.show('filmstrip', wf.pictureGrid(filmstrip, { columns: 5, pictureWidth: 190 }));

// %% [markdown]
// ## Beyond the book: what clipping does
//
// The book's optimiser may choose any numbers. A file cannot hold them: saving clips what lies below 0 or above 255. So the saved picture is
// not the one whose loss was printed. Below, the optimiser runs twice, once without bounds, as in the book, and once with the bounds that a
// screen has. After each step, the loss is computed for the optimiser's numbers and for the picture as it would be saved.
//
// In the curves, compare the two lines without bounds: the saved picture is much worse than the loss that the book prints. With bounds,
// both lines are one. The map shows where the numbers left the range; black pixels are those that a file can hold.

// %%
async function follow(bounds?: wf.Bounds) {
  const steps: { evaluations: number; loss: number; x: Float64Array }[] = [];
  let evaluations = 0;
  let lastLoss = 0;
  await wf.fminLbfgsb(
    async (x: Float64Array) => {
      evaluations++;
      lastLoss = await evaluator.loss(x);
      return lastLoss;
    },
    targetValues,
    {
      fprime: evaluator.grads,
      maxfun: evaluationsToCompare,
      bounds: bounds,
      // A step ends where the loss was computed last.
      callback: (x) => steps.push({ evaluations: evaluations, loss: lastLoss, x: x }),
    },
  );
  const [optimiser, saved] = [[history[0]], [history[0]]];
  for (const { evaluations, loss, x } of steps) {
    optimiser.push({ evaluations: evaluations, loss: loss, terms: {} });
    const asSaved = Float64Array.from(wf.preprocess(deprocessImage(x)).dataSync());
    saved.push({ evaluations: evaluations, loss: await evaluator.loss(asSaved), terms: {} });
  }
  return { optimiser: optimiser, saved: saved, x: steps[steps.length - 1].x };
}

const unbounded = await follow();
const bounded = await follow(wf.displayable(targetValues.length));
await wf.show(
  'clipping',
  wf.lossComparison(
    {
      "the book's loss": unbounded.optimiser,
      'its saved picture': unbounded.saved,
      'with bounds': bounded.optimiser,
      'with bounds, saved': bounded.saved,
    },
    'The loss before and after saving',
  ),
);

const levels = tf.add(tf.tensor(Float32Array.from(unbounded.x), [imgHeight, imgWidth, 3]), imageNetMeans);
const outside = tf.abs(tf.sub(levels, tf.clipByValue(levels, 0, 255)));
const share = tf.mean(tf.cast(tf.greater(outside, 0.5), 'float32')).dataSync()[0];
console.log(`${(100 * share).toFixed(0)} % of the values are outside of 0 to 255.`);
await wf.show(
  'outside',
  wf.heatMaps({ 'how far outside of 0 to 255': tf.sum(outside, 2) }, { label: 'levels', pictureWidth: 480 }),
);

// %% [markdown]
// ## Beyond the book: other variables for the optimiser
//
// So far, L-BFGS moved single pixels. To change the colour of a cloud, it has to move a thousand pixels together, and that takes many
// steps. Now let it move a *pyramid*: layers of full size, half size, a quarter and so on, which are enlarged smoothly and added up. One
// number of a coarse layer then moves a whole cloud. The loss and the optimiser stay the same. Only the variables change.
//
// `wholeTransfer` does in one call what the cells above do: it reads the pictures, opens the network, compiles the loss and runs the loop.
// It takes the loss as a list of terms; here the list has one term, the loss that we wrote. The cell below paints twice, once with pixels
// and once with the pyramid, so it takes twice as many evaluations as you set here.

// %% tags=["parameters"]
const evaluationsOfEach = 15;

// %%
async function paintWith(variables: wf.MakeVariables, signal: AbortSignal) {
  const run = wf.wholeTransfer(
    {
      content: targetImagePath,
      styles: [styleReferenceImagePath],
      height: imgHeight,
      terms: [{ name: 'our loss', weight: 1, loss: (x) => loss(x) as tf.Scalar }],
      variables: variables,
      openNetwork: open,
    },
    { iterations: 1, evaluations: evaluationsOfEach, restart: false, rounding: 'round', signal: signal },
  );
  const falling = [history[0]];
  for await (const event of run) {
    if (event.type === 'step') falling.push(event);
  }
  return { picture: await run.picture(), falling: falling };
}

const wasInterrupted = await wf.interruptible(async (signal) => {
  const single = await paintWith(wf.pixels, signal);
  const layered = await paintWith(wf.pyramid, signal);
  await wf.show(
    'pixels-against-pyramid',
    wf.lossComparison(
      { pixels: single.falling, pyramid: layered.falling },
      'The same loss and optimiser, other variables',
    ),
  );
  await wf.show(
    'pictures-of-either',
    wf.pictureGrid({
      [`pixels, ${evaluationsOfEach} evaluations`]: single.picture,
      [`pyramid, ${evaluationsOfEach} evaluations`]: layered.picture,
    }),
  );
});
if (wasInterrupted) console.log('Interrupted: run this cell again.');

// %% [markdown]
// Look at the sky and the field. With pixels, the paint is a fine grain on top of the painting's own colours. With the pyramid, whole
// areas take the colours of the style, and the loss is lower. Nothing in this loss holds a cloud's brightness, so some clouds turn white: a
// larger `contentWeight` holds them. `wheatfield transfer` uses the pyramid by default; with `--chapter` it uses pixels.

// %% [markdown]
// ## To try
//
// - Use other paintings: change the two paths under "Two paintings". The folder `img` has more, or take your own.
// - Make `contentWeight` ten times as large, or ten times as small.
// - Set `contentLayer = 'block2_conv2'`. It is nearer to the picture, so it keeps more than the motif.
// - Use only one style layer: `styleLayers = ['block1_conv1']` takes the colours and little else.
// - Start with the style picture: under "The loop", set
//   `const targetValues = Float64Array.from(styleReferenceImage.dataSync())`.
// - Open the second notebook, `layers`. It tries all of these on small pictures.
