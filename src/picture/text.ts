/** Text in figures: one font that comes along, so that labels look the same everywhere, also on a machine without fonts. */
import path from 'node:path';
import { loadSharp } from './sharp';
import { PROJECT_FOLDER } from '../project';

export const FONT = 'DejaVu Sans';
const FONT_FILE = path.join(PROJECT_FOLDER, 'assets', 'DejaVuSans.ttf');

let registered: Promise<unknown> | undefined;

/** Draws an SVG whose text is in FONT. `scale` makes more pixels of it. */
export async function drawSvg(svg: string, scale = 1): Promise<Buffer> {
  const sharp = await loadSharp();
  // Text that sharp draws from a font file makes that font known to its SVG renderer as well, once for the process.
  registered ??= sharp({ text: { text: '.', font: FONT, fontfile: FONT_FILE } }).toBuffer();
  await registered;
  return await sharp(Buffer.from(svg), { density: 72 * scale })
    .png()
    .toBuffer();
}

/** About how wide text is, in pixels, for a layout that cannot ask a browser. */
export function textWidth(text: string, fontSize: number): number {
  const em = [...text].reduce(
    (sum, char) => sum + (/[iljft.,:;|!' ()[\]]/.test(char) ? 0.36 : /[mwMW]/.test(char) ? 0.95 : 0.63),
    0,
  );
  return em * fontSize;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
