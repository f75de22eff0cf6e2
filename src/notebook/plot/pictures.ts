/** Pictures side by side, each with its caption. */
import { UserError } from '../../errors';
import type { Picture } from '../../picture/image';
import { loadSharp } from '../../picture/sharp';
import type { Figure } from './figure';
import { FONT, drawSvg, escapeXml } from '../../picture/text';

export interface GridOptions {
  /** Pictures in a row; default all of them, at most four. */
  columns?: number;
  /** Width of each picture in pixels; default what makes a row 960 wide, at most 480. */
  pictureWidth?: number;
}

/** 256 colours: a quarter of the size of all of them, so that a notebook with many figures stays small. */
export const SMALL_PNG = { palette: true, effort: 2 } as const;

const ROW = 960;
const GAP = 12;
const CAPTION = 26;
const FONT_SIZE = 15;

/**
 * A figure of pictures in rows, all as wide as one another. Small ones are enlarged without smoothing, so that each pixel is seen.
 *
 * @param named pictures by caption, in order
 * @throws UserError where there is none
 */
export function pictureGrid(named: Readonly<Record<string, Picture>>, options: GridOptions = {}): Figure {
  const captions = Object.keys(named);
  if (captions.length === 0) throw new UserError('There is no picture to show. Pass at least one.');
  const { columns = Math.min(captions.length, 4) } = options;
  const { pictureWidth = Math.min(Math.floor(ROW / columns), 480) } = options;
  const pictures = Object.values(named);
  const heights = pictures.map(({ width, height }) =>
    Math.max(Math.round((height * pictureWidth) / width), 1),
  );
  const rows = Math.ceil(pictures.length / columns);
  const rowHeights = Array.from({ length: rows }, (_, row) =>
    Math.max(...heights.slice(row * columns, (row + 1) * columns)),
  );
  const left = (i: number) => (i % columns) * (pictureWidth + GAP);
  const top = (i: number) =>
    rowHeights.slice(0, Math.floor(i / columns)).reduce((sum, height) => sum + height + CAPTION, 0);
  const width = columns * (pictureWidth + GAP) - GAP;
  const height = rowHeights.reduce((sum, each) => sum + each + CAPTION, 0);

  return {
    text: `Pictures: ${captions.join(', ')}.`,
    width,
    height,
    async png() {
      const labels = captions.map((caption, i) => {
        const [x, y] = [left(i) + pictureWidth / 2, top(i) + heights[i] + CAPTION - 9];
        return `<text x="${x}" y="${y}">${escapeXml(caption)}</text>`;
      });
      const overlay = await drawSvg(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
          `<g font-family="${FONT}" font-size="${FONT_SIZE}" fill="#222" text-anchor="middle">${labels.join('')}</g></svg>`,
      );
      const drawn = await Promise.all(
        pictures.map(async (picture, i) => ({
          input: await scaled(picture, pictureWidth, heights[i]),
          left: left(i),
          top: top(i),
        })),
      );
      const sharp = await loadSharp();
      return await sharp({ create: { width, height, channels: 3, background: 'white' } })
        .composite([...drawn, { input: overlay, left: 0, top: 0 }])
        .png(SMALL_PNG)
        .toBuffer();
    },
  };
}

async function scaled(picture: Picture, width: number, height: number): Promise<Buffer> {
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const kernel = width >= 2 * picture.width ? 'nearest' : 'lanczos3';
  const sharp = await loadSharp();
  return await sharp(picture.data, { raw }).resize(width, height, { fit: 'fill', kernel }).png().toBuffer();
}
