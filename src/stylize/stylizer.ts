/** A fast style network that is ready to paint: a picture in, a picture out. */
import { type ModelSession, type SessionOptions, openModel } from '../compile/session';
import { UserError } from '../errors';
import { ARCHITECTURES, type ArchitectureName } from '../fastStyle/architecture';
import { fastStyleOnnx } from '../fastStyle/onnx';
import { STYLIZED } from '../fastStyle/onnxGraph';
import { noiseOfPictures } from '../fastStyle/seeds';
import type { Picture, Size } from '../picture/image';
import type { StyleModel } from './models';
import { LEAST_SIDE, blended, planesOf } from './planes';

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
  const noiseFor = noiseOfPictures();
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
  const { width, height } = picture;
  if (Math.min(width, height) < LEAST_SIDE) {
    throw new UserError(
      `A picture of ${width} x ${height} pixels is too small. Use one of ${LEAST_SIDE} x ${LEAST_SIDE} or more.`,
    );
  }
  const results = await session.run([{ data: planesOf(picture, noise), shape: [1, 3, height, width] }]);
  return blended(picture, results[STYLIZED].data, strength);
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
