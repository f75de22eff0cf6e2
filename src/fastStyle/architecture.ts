/**
 * The form of a fast style network, as data: its convolutions in order, and where each style's numbers lie. Johnson, Alahi and Fei-Fei 2016,
 * "Perceptual Losses for Real-Time Style Transfer", at half their width, with conditional instance norm (Dumoulin, Shlens and Kudlur
 * 2017, "A Learned Representation for Artistic Style"): styles share all kernels, and each has scales and shifts of its own.
 */

/** How wide and deep a network is. */
export interface Architecture {
  /** Channels at the picture's size, at half and at a quarter of it. */
  widths: readonly [number, number, number];
  /** Residual blocks, at a quarter of the size. */
  blocks: number;
}

/** The two that there are: one for pictures to keep, one for a webcam. */
export const ARCHITECTURES = {
  quality: { widths: [16, 32, 64], blocks: 4 },
  webcam: { widths: [8, 16, 32], blocks: 4 },
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof ARCHITECTURES;

/** One convolution. Before it the picture is padded by (kernel - 1) / 2 on each side, mirrored at the edge (`reflect`). */
export interface ConvolutionSpec {
  name: string;
  /** The side of its kernel: 3 or 5. */
  kernel: number;
  /** Channels in and out. */
  from: number;
  to: number;
  /** 2 halves rows and columns; odd ones are rounded up. */
  stride: 1 | 2;
  /** Whether instance norm follows, with this layer's part of the style vector. Only the last layer has a bias instead. */
  isNormalised: boolean;
}

/**
 * The convolutions in the order in which they compute:
 *
 *     encoder1    5 x 5            3 -> w1   norm, relu
 *     encoder2    3 x 3, stride 2  w1 -> w2  norm, relu
 *     encoder3    3 x 3, stride 2  w2 -> w3  norm, relu
 *     residual1a  3 x 3            w3 -> w3  norm, relu     y
 *     residual1b  3 x 3            w3 -> w3  norm           y = y + this; and so on to the last block
 *     decoder1    3 x 3            w3 -> w2  norm, relu     before it each pixel becomes 2 x 2, cut to encoder2's size
 *     decoder2    3 x 3            w2 -> w1  norm, relu     before it each pixel becomes 2 x 2, cut to encoder1's size
 *     output      5 x 5            w1 -> 3   bias; 127.5 + 150 tanh
 *
 * The parameters are NAME/kernel [kernel, kernel, from, to] of each, and output/bias [3].
 */
export function convolutions({ widths: [w1, w2, w3], blocks }: Architecture): ConvolutionSpec[] {
  const layer = (name: string, kernel: number, from: number, to: number, stride: 1 | 2 = 1) => {
    return { name, kernel, from, to, stride, isNormalised: name !== 'output' };
  };
  const residuals = Array.from({ length: blocks }, (_, i) =>
    ['a', 'b'].map((half) => layer(`residual${i + 1}${half}`, 3, w3, w3)),
  );
  return [
    layer('encoder1', 5, 3, w1),
    layer('encoder2', 3, w1, w2, 2),
    layer('encoder3', 3, w2, w3, 2),
    ...residuals.flat(),
    layer('decoder1', 3, w3, w2),
    layer('decoder2', 3, w2, w1),
    layer('output', 5, w1, 3),
  ];
}

/** Where a layer's numbers lie in a style vector: `channels` scales from `scales` on, and as many shifts from `shifts` on. */
export interface StylePart {
  channels: number;
  scales: number;
  shifts: number;
}

/** The parts of a style vector, by layer: each normalised convolution's scales and then its shifts, in the order of the convolutions. */
export function styleParts(architecture: Architecture): Record<string, StylePart> {
  let end = 0;
  const parts = convolutions(architecture)
    .filter(({ isNormalised }) => isNormalised)
    .map(({ name, to }) => {
      const part = { channels: to, scales: end, shifts: end + to };
      end += 2 * to;
      return [name, part] as const;
    });
  return Object.fromEntries(parts);
}

/** How many numbers a style vector has. */
export function styleLength(architecture: Architecture): number {
  return Object.values(styleParts(architecture)).reduce((sum, { channels }) => sum + 2 * channels, 0);
}

/** The shape of every shared parameter, by name, in a fixed order. */
export function parameterShapes(architecture: Architecture): Record<string, readonly number[]> {
  const kernels = convolutions(architecture).map(
    ({ name, kernel, from, to }) => [`${name}/kernel`, [kernel, kernel, from, to]] as const,
  );
  return { ...Object.fromEntries(kernels), 'output/bias': [3] };
}
