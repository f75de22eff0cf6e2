/**
 * Where a lesson's figures go: below the cell in a notebook, into files where there is none. A figure that is already shown can be drawn
 * again in its place, while the cell still runs.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cellOutput } from './cellOutput';
import type { Figure } from './plot';

/**
 * Shows a figure below the running cell of a notebook. Outside of a notebook it is written to
 * results/LESSON/NN-NAME.png, and plots also to an interactive NN-NAME.html.
 *
 * @param name of the file, such as feature-maps
 */
export async function show(name: string, figure: Figure): Promise<void> {
  await (cellDisplay() ?? fileDisplay(name))(figure);
}

/** A figure that is drawn again in the same place. */
export interface LiveFigure {
  update(figure: Figure): Promise<void>;
  /**
   * Draws the figure again if there is time: not while the last drawing took more than a fifth of the time since. For a loop that
   * calls it at every step; end with update.
   */
  refresh(draw: () => Figure | Promise<Figure>): Promise<void>;
}

/**
 * Shows a figure, as show does, that changes while the cell still runs.
 *
 * @param name of the file, such as loss-curves
 */
export async function showLive(name: string, figure: Figure): Promise<LiveFigure> {
  const draw = cellDisplay() ?? fileDisplay(name);
  let busyUntil = 0;
  const update = async (next: Figure) => {
    const began = performance.now();
    await draw(next);
    const drawn = performance.now();
    busyUntil = drawn + 4 * (drawn - began);
  };
  await update(figure);
  return {
    update,
    refresh: async (drawNext) => {
      if (performance.now() >= busyUntil) await update(await drawNext());
    },
  };
}

type Draw = (figure: Figure) => Promise<void>;

/** Draws below the cell of a tslab notebook; undefined outside of one. */
function cellDisplay(): Draw | undefined {
  const below = cellOutput();
  if (!below) return undefined;
  const id = randomUUID();
  let isUpdate = false;
  return async ({ text, width, height, png, plotly }) => {
    const image = (await png()).toString('base64');
    const data = {
      'text/plain': text,
      'image/png': image,
      ...(plotly && { 'application/vnd.plotly.v1+json': { ...plotly, config: { responsive: true } } }),
    };
    below({ data, metadata: { 'image/png': { width, height } }, transient: { display_id: id } }, isUpdate);
    isUpdate = true;
  };
}

const shownFiles: string[] = [];

/** Draws into files, numbered in the order in which they were first shown. */
function fileDisplay(name: string): Draw {
  const lesson = path.parse(process.argv[1] ?? 'lesson').name;
  const folder = path.join('results', lesson);
  shownFiles.push(name);
  const file = path.join(folder, `${String(shownFiles.length).padStart(2, '0')}-${name}`);
  let announced = false;
  return async (figure) => {
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.png`, await figure.png());
    if (figure.plotly) {
      await copyFile(require.resolve('plotly.js/plotly.min.js'), path.join(folder, 'plotly.min.js'));
      await writeFile(`${file}.html`, interactivePage(name, figure));
    }
    if (!announced) console.log(`${figure.text} -> ${file}.png${figure.plotly ? ' and .html' : ''}`);
    announced = true;
  };
}

/** A page with the plot; plotly.min.js lies beside it. */
function interactivePage(title: string, { plotly }: Figure): string {
  // Escapes what could end the script.
  const figure = JSON.stringify({ ...plotly, config: { responsive: true } }).replace(/</g, '\\u003c');
  return [
    '<!doctype html>',
    `<html lang="en"><meta charset="utf-8"><title>${title}</title>`,
    '<script src="plotly.min.js"></script>',
    '<body><div id="plot"></div>',
    `<script>Plotly.newPlot('plot', ${figure});</script></body></html>`,
    '',
  ].join('\n');
}
