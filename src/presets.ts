/** The presets as data: for every setting in which they differ, its value in each. The painter's are the defaults of settings.ts. */

const STYLE_LAYERS = [1, 2, 3, 4, 5].map((block) => `block${block}_conv1`);

export const PRESETS = {
  /**
   * A picture for the wall: what judge, eye and clock liked best of what was tried. See README.md.
   *
   * What is lost where one part is taken away: style and content loss by bench/ablation.ts (img/lake-sherburne.jpg by
   * img/hokusai_great-wave_1831.png, vgg19-slim, 160 pixels high, 36 evaluations), and what the eye or a measure from outside says.
   *
   *     without                 style  content
   *     nothing                 146.0     61.8
   *     the pyramid             152.7     57.9  the sky stays grey
   *     shares                  447.0    102.1  white holes in the sky: 7.3 % of the values are clipped
   *     half and quarter size   305.7     85.1  small strokes only
   *     quarter size            256.3     64.9
   *     content at half size    140.2     94.4
   *     content at block4       134.2    165.4  strokes swallow the woods
   *     total variation         136.4     63.9  2.9 dB more grain
   *     against clipping        133.1     61.9  2.4 % of the values are clipped
   *     lanczos3                143.1     80.2  4.2 dB more grain
   *     the margin               74.0     58.4  a fringe along the sky; the loss, which sees black beyond the border, likes it
   */
  painter: {
    resize: 'lanczos3',
    init: 'draft',
    measure: 'shares',
    contentLayer: ['block4_conv2', 'block4_conv2/2'],
    styleLayers: [
      ...STYLE_LAYERS.slice(0, 4),
      ...STYLE_LAYERS.map((layer) => `${layer}/2`),
      ...STYLE_LAYERS.map((layer) => `${layer}/4`),
    ],
    contentWeight: 250,
    styleWeight: 1000,
    tvWeight: 2500,
    clippingWeight: 1000,
    margin: 16,
    iterations: 5,
    evaluations: 13,
    restart: false,
    variables: 'pyramid',
    bounds: true,
    winograd: true,
    rounding: 'round',
  },
  /** Section 8.3 of Deep Learning with Python, to the letter. */
  chapter: {
    resize: 'nearest',
    init: 'content',
    measure: 'sums',
    contentLayer: ['block5_conv2'],
    styleLayers: STYLE_LAYERS,
    contentWeight: 0.025,
    styleWeight: 1,
    tvWeight: 1e-4,
    clippingWeight: 0,
    margin: 0,
    iterations: 20,
    evaluations: 20,
    restart: true,
    variables: 'pixels',
    bounds: false,
    winograd: false,
    rounding: 'truncate',
  },
} as const;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
