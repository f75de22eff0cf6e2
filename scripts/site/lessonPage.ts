/** A notebook as a page: text, code, what it printed, its pictures, and its plots as interactive as in the notebook. */
import sharp from 'sharp';
import type { CellWithOutputs, Output } from '../notebooks/ipynb';
import { codeHtml, markdownHtml } from './markdown';
import { escapeHtml } from './page';

const PLOT = 'application/vnd.plotly.v1+json';

export interface LessonBody {
  html: string;
  /** The pictures that the page shows, as WebP, by their names beside it. A notebook's are PNG, more than twice as large. */
  pictures: Record<string, Buffer>;
  plots: boolean;
}

/** @param prefix of the pictures' names */
export async function lessonBody(cells: readonly CellWithOutputs[], prefix: string): Promise<LessonBody> {
  const pictures: Record<string, Buffer> = {};
  let plots = false;
  const outputHtml = async (output: Output): Promise<string> => {
    if (output.output_type === 'stream')
      return `<pre class="printed">${escapeHtml(output.text.trimEnd())}</pre>`;
    const { data, metadata } = output;
    const name = `${prefix}-${Object.keys(pictures).length + 1}.webp`;
    const png = Buffer.from(data['image/png'] as string, 'base64');
    pictures[name] = await sharp(png).webp({ quality: 90 }).toBuffer();
    const { width, height } = metadata['image/png'] as { width: number; height: number };
    const alt = escapeHtml(data['text/plain'] as string);
    const image = `<img src="${name}" width="${width}" height="${height}" alt="${alt}" loading="lazy">`;
    if (!(PLOT in data)) return `<figure>${image}</figure>`;
    plots = true;
    const figure = JSON.stringify(data[PLOT]).replace(/</g, '\\u003c');
    return `<figure>${image}<script type="${PLOT}">${figure}</script></figure>`;
  };
  const html: string[] = [];
  for (const { kind, source, outputs } of cells) {
    if (kind === 'markdown') html.push(await markdownHtml(source));
    else {
      html.push(codeHtml(source, 'ts'));
      for (const output of outputs) html.push(await outputHtml(output));
    }
  }
  return { html: html.join('\n'), pictures, plots };
}
