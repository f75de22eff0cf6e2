/** A fast style network that is ready to paint: a picture in, a picture out. */
import { type ModelSession, type SessionOptions, openModel } from '../compile/session';
import { UserError } from '../errors';
import { ARCHITECTURES, type ArchitectureName } from '../fastStyle/architecture';
import { fastStyleOnnx } from '../fastStyle/onnx';
import { STYLIZED } from '../fastStyle/onnxGraph';
import { seedNoise } from '../fastStyle/seeds';
import type { Picture, Size } from '../picture/image';
import type { StyleModel } from './models';

/** The least rows and columns: what the 5 x 5 kernels' mirrored edges need. */
const LEAST_SIDE = 5;

export interface Stylizer {
  /** The model's name. */
  name: string;
  architecture: ArchitectureName;
  /**
   * The picture in the model's style, at its own size.
   *
   * @param strength 1 for all of the style, 0 for the picture as it was, and a blend of the two between
   * @throws UserError where it is too small
   */
  stylize: (picture: Picture, strength?: number) => Promise<Picture>;
  /** Frees the native memory. */
  dispose: () => Promise<void>;
}

/** @throws Error as openModel does */
export async function openStylizer(
  { name, model, style }: StyleModel,
  options: Pick<SessionOptions, 'threads' | 'device' | 'profilePrefix'> = {},
): Promise<Stylizer> {
  const bytes = await fastStyleOnnx(model, style, { precision: 'float32' });
  const session = await openModel(bytes, [], options);
  // The frames of a film have one size, and the same noise.
  let noise: Size & { data: Float32Array } = { width: 0, height: 0, data: new Float32Array() };
  const noiseFor = ({ width, height }: Size) => {
    const isRight = noise.width === width && noise.height === height;
    if (!isRight) noise = { width, height, data: seedNoise(height, width, 0) };
    return noise.data;
  };
  return {
    name,
    architecture: model.architecture,
    stylize: (picture, strength = 1) => stylized(session, picture, noiseFor(picture), strength),
    dispose: session.dispose,
  };
}

async function stylized(
  session: ModelSession,
  picture: Picture,
  noise: Float32Array,
  strength: number,
): Promise<Picture> {
  const { width, height, data } = picture;
  if (Math.min(width, height) < LEAST_SIDE) {
    throw new UserError(
      `A picture of ${width} x ${height} pixels is too small. Use one of ${LEAST_SIDE} x ${LEAST_SIDE} or more.`,
    );
  }
  const size = width * height;
  const planes = new Float32Array(3 * size);
  for (let pixel = 0, i = 0; pixel < size; pixel++) {
    planes[pixel] = data[i++] + noise[pixel];
    planes[size + pixel] = data[i++] + noise[pixel];
    planes[2 * size + pixel] = data[i++] + noise[pixel];
  }
  const results = await session.run([{ data: planes, shape: [1, 3, height, width] }]);
  const painted = results[STYLIZED].data;
  // Assigning to a Uint8ClampedArray rounds.
  const levels = new Uint8ClampedArray(data.length);
  for (let pixel = 0, i = 0; pixel < size; pixel++) {
    for (let channel = 0; channel < 3; channel++, i++) {
      levels[i] = data[i] + strength * (painted[channel * size + pixel] - data[i]);
    }
  }
  return { width, height, data: new Uint8Array(levels.buffer) };
}

/**
 * What ONNX Runtime takes for each number of the network's widest layer, which has its second width of channels at the picture's size: that
 * layer, padded, in another layout, and what its arena cannot reuse. 12 to 14 were measured at 1000 x 800 to 3200 x 2400.
 */
const BYTES_PER_NUMBER = 16;

/** Bytes that painting a picture of this size takes, estimated. */
export function bytesToStylize(architecture: ArchitectureName, { width, height }: Size): number {
  const [, channels] = ARCHITECTURES[architecture].widths;
  return width * height * channels * BYTES_PER_NUMBER;
}
