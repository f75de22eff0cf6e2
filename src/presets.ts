/** The presets as data: for every setting in which they differ, its value in each. The painter's are the defaults of settings.ts. */

const STYLE_LAYERS = [1, 2, 3, 4, 5].map((block) => `block${block}_conv1`);

export const PRESETS = {
  /** A picture for the wall: what judge, eye and clock liked best of what was tried. See README.md. */
  painter: {
    resize: 'lanczos3',
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
    evaluations: 14,
    restart: false,
    variables: 'pyramid',
    bounds: true,
    winograd: true,
    rounding: 'round',
  },
  /** Section 8.3 of Deep Learning with Python, to the letter. */
  chapter: {
    resize: 'nearest',
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
