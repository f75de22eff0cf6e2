// %% [markdown]
// # From the chapter's picture to one for the wall
//
// The chapter's method paints a picture, but you would hardly hang it up: it is grainy, a frame runs around it, and the paint ignores the
// large forms. This lesson changes one thing at a time, and looks at what it does. In the end it has the settings that
// `wheatfield transfer` uses by default, the preset `painter`. Then it tries what you can choose: strokes, strength, colours, styles.
//
// The notebook `style-transfer` explains the method, and `layers` what each layer sees. `wf` is Wheatfield, this project. If a cell
// complains `Cannot find name 'paintings'`, choose *Run All Above* first. *Interrupt* (■) ends a cell early.

// %%
import * as wf from 'wheatfield';

process.chdir(wf.PROJECT_FOLDER);
const backend = await wf.useEagerBackend();
console.log(backend.instead ?? `TensorFlow.js computes in ${backend.name}.`);

// %% [markdown]
// Choose the pictures, the height, and how many evaluations each picture gets. The bundled network, vgg19-slim, is good enough to compare
// settings, and about four times as fast as VGG19. For the picture that you will hang up, take `'vgg19'`, a height of 800 or more, and 80
// evaluations.

// %% tags=["parameters"]
const contentPath = 'img/lake-sherburne.jpg';
const stylePath = 'img/vangogh_village_street_auvers_1890.png';
const otherStylePath = 'img/hokusai_great-wave_1831.png';
const imgHeight = 160;
const evaluations = 16;
const network = 'vgg19-slim'; // or 'vgg19'

// %%
const { choice, open } = await wf.loadModel(network);
console.log(choice);
await wf.show(
  'pictures',
  wf.pictureGrid({
    content: await wf.loadImage(contentPath),
    style: await wf.loadImage(stylePath),
    'another style': await wf.loadImage(otherStylePath),
  }),
);

// %% [markdown]
// `styleTransfer` is the whole method in one call. It takes the two pictures and any settings; the others come from the preset. These are
// the settings of the command line, with the same names: `--style-scale` is `styleScale` here. `paintings` paints a picture for each of its
// entries and shows each as soon as it is done.

// %%
type Choice = Partial<wf.StyleTransferRequest>;

async function paintings(name: string, columns: number, choices: Record<string, Choice>) {
  const done: Record<string, wf.Picture> = {};
  const grid = () => wf.pictureGrid(done, { columns: columns, pictureWidth: 300 });
  const began = Date.now();
  let figure: wf.LiveFigure | undefined;
  const interrupted = await wf.interruptible(async (signal) => {
    for (const [caption, changes] of Object.entries(choices)) {
      const run = wf.styleTransfer(
        {
          content: contentPath,
          style: stylePath,
          height: imgHeight,
          iterations: 1,
          evaluations: evaluations,
          ...changes,
        },
        { openNetwork: open, signal: signal },
      );
      for await (const event of run) {
        if (event.type === 'end' && event.reason === 'stopped') return;
      }
      done[caption] = await run.picture();
      if (figure) await figure.update(grid());
      else figure = await wf.showLive(name, grid());
    }
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  console.log(interrupted ? `Interrupted after ${seconds} s.` : `Done in ${seconds} s.`);
}

// %% [markdown]
// ## 1. One change at a time
//
// We begin with the preset `chapter`, and make five changes, each on top of the ones before.
//
// 1. **A pyramid instead of pixels.** L-BFGS moves smooth layers of all sizes, so whole areas take the colours of the style. Compare the sky.
// 2. **Shares instead of sums, at several sizes.** Each layer's difference is measured as a share of what the layer sees in the target, so that
//    no layer drowns the others. The network looks at the picture at full, half and quarter size, so strokes of all sizes count. The content
//    layer is nearer to the picture. Compare the mountains, which keep their outlines, and the size of the strokes.
// 3. **More total variation.** The grain between the strokes goes. Look closely at flat areas.
// 4. **A margin.** Beyond the border the network sees black, and paints a frame against it. Now the canvas is a little larger than the
//    picture, and the frame is cut off with the rest of the margin. Compare the edges.
// 5. **Against clipping.** Values are kept away from plain black and white, where no stroke can be seen. Compare the clouds and the snow.
//
// In the first line of the cell, `bounds`, `restart` and `winograd` differ from the book, so that all six pictures are made in the same way.
// `bounds` keeps pixels within what a screen can show, `restart: false` lets L-BFGS keep its memory, and `winograd` is a faster way to compute
// the same convolutions.

// %%
const plain: Choice = { preset: 'chapter', bounds: true, restart: false, winograd: true };
const withPyramid: Choice = { ...plain, variables: 'pyramid' };
const { measure, contentLayer, styleLayers, contentWeight, styleWeight } = wf.PRESETS.painter;
const withShares: Choice = {
  ...withPyramid,
  measure: measure,
  contentLayer: [...contentLayer],
  styleLayers: [...styleLayers],
  contentWeight: contentWeight,
  styleWeight: styleWeight,
  resize: 'lanczos3',
};
const withSmoothness: Choice = { ...withShares, tvWeight: wf.PRESETS.painter.tvWeight };
const withMargin: Choice = { ...withSmoothness, margin: wf.PRESETS.painter.margin };
const withoutClipping: Choice = { ...withMargin, clippingWeight: wf.PRESETS.painter.clippingWeight };

await paintings('one-by-one', 3, {
  'the chapter': plain,
  '1. a pyramid': withPyramid,
  '2. shares, three sizes': withShares,
  '3. more total variation': withSmoothness,
  '4. a margin': withMargin,
  '5. against clipping': withoutClipping,
});

// %% [markdown]
// The last picture has all settings of the preset `painter`. From here on we start with that preset, and change one setting.
// `console.log(wf.PRESETS.painter)` prints them.
//
// ## 2. How strong is the style?
//
// `strength` goes from 0 to 1, in steps that look even. 0.5 is the preset's own balance, and each 0.25 more divides the content's weight by 4.
// Look at how long you can still tell the trees from the water.

// %%
await paintings('strength', 3, {
  'strength 0.2': { strength: 0.2 },
  'strength 0.5': { strength: 0.5 },
  'strength 0.8': { strength: 0.8 },
});

// %% [markdown]
// ## 3. How large are the strokes?
//
// `styleScale` is the size at which the network sees the style picture, beside that of the result. Twice the size makes strokes twice as large.
// Follow one stroke in the sky from picture to picture. Strokes that are larger than the things that they paint swallow them.

// %%
await paintings('style-scale', 3, {
  'scale 0.5': { styleScale: 0.5 },
  'scale 1': { styleScale: 1 },
  'scale 2': { styleScale: 2 },
});

// %% [markdown]
// ## 4. Whose colours?
//
// A style brings its colours with it. If you want only the brush and not the palette, there are two ways. `content` recolours the style
// picture first, so that it has the colours of the content. `luminance` paints only light and dark, and keeps the content's colours
// exactly. Compare the water: with `content`, single strokes still differ in colour; with `luminance` they differ only in brightness.

// %%
await paintings('color', 3, {
  "the style's colours": { color: 'style' },
  "the content's colours": { color: 'content' },
  'only light and dark': { color: 'luminance' },
});

// %% [markdown]
// ## 5. Two styles
//
// `style` can be a list, and `styleWeights` says how much each counts. Only their ratio matters: `[3, 1]` is the
// same as `[0.75, 0.25]`. In the middle you see both: Van Gogh's colours with Hokusai's outlines.

// %%
const both = { style: [stylePath, otherStylePath] };
await paintings('two-styles', 3, {
  'Van Gogh 3, Hokusai 1': { ...both, styleWeights: [3, 1] },
  'half and half': { ...both, styleWeights: [1, 1] },
  'Van Gogh 1, Hokusai 3': { ...both, styleWeights: [1, 3] },
});

// %% [markdown]
// ## 6. A style for each part
//
// `mask` is a grey picture of the content's shape. Where it is white, the first style is painted; where it is black, the second; grey is a
// soft edge between the two. You can draw one in any program. Here, everything above the line `shore` is white. Compare the strokes above
// and below the shore, then move it and run the cell again.

// %%
const shore = 0.74; // as a share of the height, from the top
const softEdge = 0.05;

const contentSize = await wf.pictureSize(contentPath);
const { width, height } = contentSize;
const mask: wf.Picture = { ...contentSize, data: new Uint8Array(width * height * 3) };
for (let y = 0; y < height; y++) {
  const white = Math.min(Math.max((shore - y / height) / softEdge + 0.5, 0), 1);
  mask.data.fill(255 * white, y * width * 3, (y + 1) * width * 3);
}
const contentPicture = await wf.loadImage(contentPath);
await wf.show('mask', wf.pictureGrid({ content: contentPicture, mask: mask }, { pictureWidth: 300 }));
await paintings('regions', 2, {
  'Van Gogh above, Hokusai below': { ...both, mask: mask },
  'Hokusai above, Van Gogh below': { style: [otherStylePath, stylePath], mask: mask },
});

// %% [markdown]
// ## Your picture
//
// Now paint your own. On the command line, all of this is one line:
//
// ```sh
// npx wheatfield transfer --content photo.jpg --style painting.jpg --height 800 --strength 0.6 --style-scale 1.5 --out results/mine
// ```
//
// - Start small, with `--height 200`, until you like the strength and the strokes. Both look the same at a larger size.
// - Choose a style whose strokes are smaller than the things that you want to see.
// - A print of 30 cm at 200 dots per inch needs 2400 pixels.
