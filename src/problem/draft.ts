/**
 * A draft: the transfer at a quarter of the size, laid over the content picture. Painting begins there with colours and large strokes in
 * place. vgg19-slim judges it, whatever judges the picture, so that it takes seconds; it is the first picture to look at.
 */
import { paint } from '../paint';
import { type Picture, type Size, loadImage } from '../picture/image';
import type { Settings } from '../settings';
import { lossTerms, variablesOf } from './fromSettings';
import type { FirstPictureOptions } from './problem';
import type { SizedPictures } from './sources';

/** Sides of the picture, in sides of its draft. */
const FACTOR = 4;
/** After these, at this size, the loss falls slowly. */
const EVALUATIONS = 25;
/** In pixels. The network's deep layers see too little of a shorter side. */
const SHORTEST_SIDE = 64;

/**
 * The draft, with the content picture's fine detail. A picture that would have too small a draft is returned as it is.
 *
 * @param pictures of the transfer, at its size
 */
export async function draft(
  settings: Settings,
  { content, styles }: SizedPictures,
  { masks, signal }: FirstPictureOptions,
): Promise<Picture> {
  if (Math.min(content.width, content.height) < FACTOR * SHORTEST_SIDE) return content;
  const small = await resized(content, quarter(content));
  const painted = await paint({
    content: small,
    styles: await Promise.all(styles.map((style) => resized(style, quarter(style)))),
    styleSize: (style) => style,
    height: small.height,
    masks,
    margin: settings.margin,
    terms: lossTerms({
      ...settings,
      contentLayer: atFullSize(settings.contentLayer),
      styleLayers: atFullSize(settings.styleLayers),
    }),
    variables: variablesOf(settings),
    winograd: settings.winograd,
    threads: settings.threads,
    network: 'vgg19-slim',
    signal,
    evaluations: EVALUATIONS,
  });
  const [before, after] = await Promise.all([small, painted].map((picture) => resized(picture, content)));
  const data = content.data.map((level, i) =>
    Math.min(Math.max(level + after.data[i] - before.data[i], 0), 255),
  );
  return { ...content, data };
}

function quarter({ width, height }: Size): Size {
  const side = (length: number) => Math.max(1, Math.round(length / FACTOR));
  return { width: side(width), height: side(height) };
}

function resized(picture: Picture, { width, height }: Size): Promise<Picture> {
  return loadImage(picture, { size: { width, height }, resize: 'lanczos3' });
}

/** The same layers without the sizes at which they see a picture: a draft is small already. */
function atFullSize(specs: readonly string[]): string[] {
  return [...new Set(specs.map((spec) => spec.replace(/\/\d+/, '')))];
}
