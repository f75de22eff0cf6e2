// %% [markdown]
// # What each layer sees
//
// This is a lab for the layers of the network. Each experiment is one cell, with its settings at the top. Change a setting and run the cell
// again. The pictures are small, so an experiment takes seconds, half a minute at most. The notebook `style-transfer` explains the parts of
// the loss. `wf` is Wheatfield, this project.
//
// If a cell complains `Cannot find name 'experiment'`, choose *Run All Above* first. *Interrupt* (■) ends an experiment early.

// %%
import * as wf from 'wheatfield';

process.chdir(wf.PROJECT_FOLDER);
const backend = await wf.useEagerBackend();
console.log(backend.instead ?? `TensorFlow.js computes in ${backend.name}.`);

// %% [markdown]
// Choose the two pictures, the height of all pictures below, and the number of evaluations for each. More evaluations make a better
// picture and take longer. The default network, vgg19-slim, is a small stand-in for VGG19, about four times as fast. It responds almost like
// VGG19, except in block5, where it is less accurate. The last experiment shows the two networks side by side.

// %% tags=["parameters"]
const contentPath = 'img/lake-sherburne.jpg';
const stylePath = 'img/hokusai_great-wave_1831.png';
const imgHeight = 160;
const evaluations = 20;
const network = 'vgg19-slim'; // or 'vgg19'
const otherNetwork = 'auto'; // beside it in the last experiment: VGG19, if its weights are here or can be downloaded

// %%
const imgWidth = wf.chapterSize(await wf.pictureSize(contentPath), imgHeight).imgWidth;
const size = { height: imgHeight, width: imgWidth };
const contentPicture = await wf.loadImage(contentPath, { size: size });
const stylePicture = await wf.loadImage(stylePath, { size: size });
// Faint noise around grey: strong noise takes long to wipe away.
const faintNoise = { ...size, data: wf.noise(size, 0).data.map((level) => 128 + (level - 128) / 8) };

const { model, choice, open } = await wf.loadModel(network);
console.log(choice);
console.log('layers:', model.layers.map((layer) => layer.name).join(', '));

// %% [markdown]
// `paint` is the whole of style transfer in one call: targets, loss, gradient, optimiser. Its `terms` are the parts of the loss. Each term
// has a weight and the layers that it compares: `contentTerm({ weight: 100, layers: { block5_conv2: 1 } })`. (In vgg19-slim, use the layers
// without `_slim` in their names: they respond in VGG19's channels. The others are its narrow inner layers.) An `experiment` paints one
// picture for each of its entries and shows it as soon as it is done.

// %%
const setup = { content: contentPicture, styles: [stylePicture], height: imgHeight, openNetwork: open };
const smooth = wf.totalVariationTerm({ weight: 1e-4 });

const waiting: wf.Picture = { ...size, data: new Uint8Array(imgHeight * imgWidth * 3).fill(235) };

async function experiment(
  name: string,
  columns: number,
  shown: Record<string, wf.Picture>,
  choices: Record<string, Partial<wf.PaintOptions>>,
) {
  const pictures = { ...shown };
  for (const caption of Object.keys(choices)) pictures[caption] = waiting;
  const grid = () => wf.pictureGrid(pictures, { columns: columns, pictureWidth: 230 });
  const began = Date.now();
  const figure = await wf.showLive(name, grid());
  const interrupted = await wf.interruptible(async (signal) => {
    for (const [caption, each] of Object.entries(choices)) {
      pictures[caption] = await wf.paint({ ...setup, evaluations: evaluations, ...each, signal: signal });
      await figure.update(grid());
    }
  });
  console.log(
    `${interrupted ? 'Interrupted after' : 'Done in'} ${((Date.now() - began) / 1000).toFixed(1)} s.`,
  );
}

// %% [markdown]
// ## 1. What a layer knows of the content
//
// We start from noise and paint a picture to which one layer responds as it does to the content picture. Apart from a little smoothness, we
// ask for nothing else.
//
// Compare the mountains, layer by layer. With a layer near the picture, everything comes back, colours too. With block4, the outlines
// come back, but the colours are free to change. With block5, little more than the places of things is left. The network learned to
// recognise a thing in any light, so the higher a layer, the less it says about colours.

// %%
const contentLayers = ['block1_conv2', 'block2_conv2', 'block3_conv2', 'block4_conv2', 'block5_conv2'];

await experiment(
  'content-by-layer',
  3,
  { 'the content picture': contentPicture },
  Object.fromEntries(
    contentLayers.map((layer) => [
      layer,
      { terms: [wf.contentTerm({ weight: 1, layers: { [layer]: 1 } }), smooth], first: () => faintNoise },
    ]),
  ),
);

// %% [markdown]
// ## 2. What layers know of the style
//
// We start from noise again, but now we ask for the Gram matrices of the style picture, from more and more layers. Nothing but the style
// holds this picture, so its loss needs care. `styleTermRelative` measures each layer's difference as a share, so that no layer drowns the
// others. `clippingTerm` keeps the picture away from plain white and black: no gradient brings a colour back from there.
//
// Compare the size of the strokes. The first layer knows the colours, and paints fine grain. Each further layer adds larger strokes, up to
// pieces of waves and foam. No layer knows where they belong.

// %%
const textureTerms = (layers: string[]) => [
  wf.styleTermRelative({
    weight: 1,
    layers: Object.fromEntries(layers.map((layer) => [layer, 1 / layers.length])),
  }),
  wf.squaredVariationTerm({ weight: 1 }),
  wf.clippingTerm({ weight: 1 }),
];
const growingSets = [1, 2, 3, 4, 5].map((blocks) =>
  Array.from({ length: blocks }, (_, i) => `block${i + 1}_conv1`),
);

await experiment(
  'style-by-layers',
  3,
  { 'the style picture': stylePicture },
  Object.fromEntries(
    growingSets.map((layers) => [
      layers.length === 1 ? 'block1' : `block1 to block${layers.length}`,
      {
        terms: textureTerms(layers),
        first: () => faintNoise,
      },
    ]),
  ),
);

// %% [markdown]
// ## 3. The content layer, moved down the network
//
// The transfer stays the same, and only the content layer changes. Look at the ridge of the mountains and at the water. A high layer keeps
// only the arrangement, so everything is painted anew. A low layer lets the photograph show through. Responses differ in size and number
// from layer to layer, so each layer has its own weight. We found these weights by trying: with each, you see something of the photograph and
// something of the style. Tune them.

// %%
const styleLayers = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`block${i}_conv1`, 1 / 5]));
const style = wf.styleTerm({ weight: 1, layers: styleLayers });
const contentWeights = {
  block5_conv2: 100,
  block4_conv2: 0.3,
  block3_conv2: 1,
  block2_conv2: 0.5,
  block1_conv2: 1,
};

await experiment(
  'content-layer',
  3,
  { 'the content picture': contentPicture },
  Object.fromEntries(
    Object.entries(contentWeights).map(([layer, weight]) => [
      layer,
      { terms: [wf.contentTerm({ weight: weight, layers: { [layer]: 1 } }), style, smooth] },
    ]),
  ),
);

// %% [markdown]
// ## 4. Content weight by style weight
//
// In each row, the style gets stronger from left to right. In each column, the content gets stronger from top to bottom. Only the ratio of
// the two weights matters, as long as total variation is small beside them. So the pictures along the diagonal, from the top left to the
// bottom right, are nearly the same.
//
// The content loss adds up over positions. The style loss is divided by the square of the size, so it does not grow with the size. A small
// picture has fewer positions, and needs a larger content weight than the book's 0.025 for the same effect. The weights below are much
// larger on purpose: they show the content after a few evaluations.

// %%
const contentChoices = [10, 100, 1000];
const styleChoices = [0.1, 1, 10];

await experiment(
  'weights',
  3,
  {},
  Object.fromEntries(
    contentChoices.flatMap((contentWeight) =>
      styleChoices.map((styleWeight) => [
        `content ${contentWeight}, style ${styleWeight}`,
        {
          terms: [
            wf.contentTerm({ weight: contentWeight, layers: { block5_conv2: 1 } }),
            wf.styleTerm({ weight: styleWeight, layers: styleLayers }),
            smooth,
          ],
        },
      ]),
    ),
  ),
);

// %% [markdown]
// ## 5. Maximum or average
//
// Between its blocks, VGG19 keeps the largest of every four values. The average of the four lets gradients reach all four pixels. The
// inventors of the method found the pictures smoother with it. Look at the sky to judge for yourself. The network was not trained for
// averages, so its responses get weaker.

// %%
const poolings = ['max', 'avg'] as const;
const content = wf.contentTerm({ weight: 100, layers: { block5_conv2: 1 } });

const networks: Record<string, Partial<wf.PaintOptions>> = {};
for (const pooling of poolings) {
  const pooled = await wf.loadModel(network, { pooling: pooling });
  networks[`${pooling} pooling`] = { terms: [content, style, smooth], openNetwork: pooled.open };
}
await experiment('pooling', 2, {}, networks);

// %% [markdown]
// ## 6. Where to begin
//
// The loss has many valleys, and the optimiser walks down into a near one. The content picture already has the motif. From the style
// picture, the optimiser has to dig the motif out: look for what is left of the great wave. From noise, the loss has to supply everything,
// so this experiment takes the terms by shares again.

// %%
const motif = wf.contentTermRelative({ weight: 0.3, layers: { block4_conv2: 1 } });
const beginnings = { content: contentPicture, style: stylePicture, noise: faintNoise };

await experiment(
  'beginnings',
  3,
  {},
  Object.fromEntries(
    Object.entries(beginnings).map(([name, picture]) => [
      `begun at the ${name}`,
      { terms: [motif, ...textureTerms(Object.keys(styleLayers))], first: () => picture },
    ]),
  ),
);

// %% [markdown]
// ## 7. The small network beside VGG19
//
// vgg19-slim learned to respond as VGG19 does. Where does it matter that it is only a stand-in? Each row shows one network. Compare the
// columns: for the style alone, the two are hard to tell apart. For the content of block5, VGG19 brings back more of the mountains. In the
// whole transfer, that difference is small, because the picture starts at the content. VGG19 takes about four times as long.

// %%
const other = await wf.loadModel(otherNetwork);
console.log(other.choice);
const faint = () => faintNoise;

const compared: Record<string, Partial<wf.PaintOptions>> = {};
for (const [name, openNetwork] of Object.entries({
  [network]: open,
  [`${other.name}, beside it`]: other.open,
})) {
  compared[`${name}: style`] = {
    terms: textureTerms(Object.keys(styleLayers)),
    first: faint,
    openNetwork: openNetwork,
  };
  compared[`${name}: content`] = { terms: [content, smooth], first: faint, openNetwork: openNetwork };
  compared[`${name}: both`] = { terms: [content, style, smooth], openNetwork: openNetwork };
}
await experiment('networks', 3, {}, compared);
