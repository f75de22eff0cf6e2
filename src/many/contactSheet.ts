/** A contact sheet: contents in rows, styles in columns, and each content in each style where they meet. */
import { loadSharp } from '../picture/sharp';
import { FONT, drawSvg, escapeXml, textWidth } from '../picture/text';
import { nameOf } from './pairs';

export interface SheetOptions {
  /** Paths of pictures. */
  contents: readonly string[];
  styles: readonly string[];
  /** The path of the picture of a pair, or why there is none, in a few words. */
  cell: (content: string, style: string) => { picture: string } | { missing: string };
}

/** In pixels. A picture keeps its proportions within its cell, and a name stands below each content and style. */
const CELL = { width: 320, height: 240 };
const GAP = 12;
const NAME = 28;
const FONT_SIZE = 17;
/** Of the whole sheet: with more pictures the cells become smaller. */
const MOST_PIXELS = 60e6;

/** Draws the sheet as a PNG. */
export async function contactSheet({ contents, styles, cell }: SheetOptions): Promise<Buffer> {
  const columns = styles.length + 1;
  const rows = contents.length + 1;
  const whole = columns * (CELL.width + GAP) * rows * (CELL.height + NAME + GAP);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / whole));
  const box = { width: Math.round(CELL.width * scale), height: Math.round(CELL.height * scale) };
  const at = (row: number, column: number) => ({
    left: GAP + column * (box.width + GAP),
    top: GAP + row * (box.height + NAME + GAP),
  });
  const width = at(0, columns).left;
  const height = at(rows, 0).top;

  const pictures: { file: string; row: number; column: number; name?: string }[] = [];
  const texts: string[] = [];
  const text = (words: string, row: number, column: number, baseline: number) => {
    const { left, top } = at(row, column);
    texts.push(
      `<text x="${left + box.width / 2}" y="${top + baseline}">${escapeXml(shortened(words, box.width))}</text>`,
    );
  };
  pictures.push(
    ...styles.map((file, i) => ({ file, row: 0, column: i + 1, name: nameOf(file) })),
    ...contents.map((file, i) => ({ file, row: i + 1, column: 0, name: nameOf(file) })),
  );
  for (const [i, content] of contents.entries()) {
    for (const [j, style] of styles.entries()) {
      const found = cell(content, style);
      if ('picture' in found) pictures.push({ file: found.picture, row: i + 1, column: j + 1 });
      else text(found.missing, i + 1, j + 1, box.height / 2);
    }
  }

  const sharp = await loadSharp();
  const drawn = [];
  for (const { file, row, column, name } of pictures) {
    const { data, info } = await sharp(file)
      .autoOrient()
      .resize({ ...box, fit: 'inside' })
      .toColourspace('srgb')
      .png()
      .toBuffer({ resolveWithObject: true })
      .catch(() => ({ data: undefined, info: undefined }));
    const above = Math.round((box.height - (info?.height ?? FONT_SIZE)) / 2);
    if (name !== undefined) text(name, row, column, box.height - above + FONT_SIZE + 3);
    if (!data) {
      text('cannot be read', row, column, above);
      continue;
    }
    const { left, top } = at(row, column);
    drawn.push({ input: data, left: left + Math.round((box.width - info.width) / 2), top: top + above });
  }
  const labels = await drawSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
      `<g font-family="${FONT}" font-size="${FONT_SIZE}" fill="#222" text-anchor="middle">${texts.join('')}</g></svg>`,
  );
  return await sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite([...drawn, { input: labels, left: 0, top: 0 }])
    .withIccProfile('srgb')
    .png()
    .toBuffer();
}

/** The text, cut where it would be wider. */
function shortened(text: string, width: number): string {
  const characters = [...text];
  const cut = (length: number) => `${characters.slice(0, length).join('')}…`;
  if (textWidth(text, FONT_SIZE) <= width) return text;
  let length = characters.length;
  while (length > 1 && textWidth(cut(length), FONT_SIZE) > width) length--;
  return cut(length);
}
