/** A lesson's two files, notebooks/NAME.ts and notebooks/NAME.ipynb, and what is done with them. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exerciseEdition, lessonEdition, withExercises } from './editions';
import { executeCells, type ExecutedCell } from './execute';
import { formatNotebook, keepOutputs, parseNotebook, withoutOutputs } from './ipynb';
import { startKernel } from './kernel';
import { formatPercent, parsePercent, withParameters } from './percent';

const FOLDER = path.join(__dirname, '..', '..', 'notebooks');
const MOST_BYTES = 3e6;

export const scriptPath = (name: string) => path.join(FOLDER, `${name}.ts`);
export const notebookPath = (name: string) => path.join(FOLDER, `${name}.ipynb`);
/** Where a lesson with tasks has its exercise edition, without solutions and outputs. */
export const exercisePath = (name: string) => path.join(FOLDER, 'exercises', `${name}.ipynb`);

/** The lessons by name: the scripts in notebooks/. */
export async function lessons(): Promise<string[]> {
  const scripts = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts'));
  return scripts.map((file) => path.parse(file).name).sort();
}

/** The cells of a lesson's script: those of the lesson, and those that only its exercise edition has. */
export async function readCells(name: string) {
  return parsePercent(await readFile(scriptPath(name), 'utf8'));
}

/** The cells of the lesson. */
export async function readLesson(name: string) {
  return lessonEdition(await readCells(name));
}

/** The cells of a lesson's notebook; none where it was not built yet. */
export async function readNotebook(name: string) {
  return parseNotebook(await readFile(notebookPath(name), 'utf8').catch(() => '{"cells": []}'));
}

/** The script becomes the notebook; outputs stay as long as the code before them is the same. Its exercise edition is written anew. */
export async function build(name: string): Promise<void> {
  await writeFile(
    notebookPath(name),
    formatNotebook(keepOutputs(await readLesson(name), await readNotebook(name))),
  );
  const exercise = await exerciseText(name);
  if (exercise === undefined) return;
  await mkdir(path.dirname(exercisePath(name)), { recursive: true });
  await writeFile(exercisePath(name), exercise);
}

/** The exercise edition's file; undefined where the lesson has no task. */
async function exerciseText(name: string): Promise<string | undefined> {
  const cells = exerciseEdition(await readCells(name));
  return cells.length > 0 ? formatNotebook(withoutOutputs(cells)) : undefined;
}

/** The notebook, edited in a front end, becomes the script. */
export async function script(name: string): Promise<void> {
  await writeFile(
    scriptPath(name),
    formatPercent(withExercises(await readCells(name), await readNotebook(name))),
  );
}

/** Takes the outputs out of the notebook. */
export async function strip(name: string): Promise<void> {
  await writeFile(notebookPath(name), formatNotebook(withoutOutputs(await readNotebook(name))));
}

/** @throws Error where the notebook's cells are not the script's, or its exercise edition is another */
export async function check(name: string): Promise<void> {
  const [cells, notebook] = [await readLesson(name), await readNotebook(name)];
  if (formatPercent(cells) !== formatPercent(notebook)) {
    throw new Error(
      `notebooks/${name}.ipynb and .ts differ. Run npm run notebooks:build to keep the script, or npm run notebooks:script to keep the notebook.`,
    );
  }
  const exercise = await readFile(exercisePath(name), 'utf8').catch(() => undefined);
  if (exercise !== (await exerciseText(name))) {
    throw new Error(
      `notebooks/exercises/${name}.ipynb is not what notebooks/${name}.ts gives. Run npm run notebooks:build.`,
    );
  }
}

/**
 * Runs the script's cells in the kernel and writes the notebook with their outputs. With parameters (constants of cells tagged
 * "parameters") it only runs.
 *
 * @throws Error for the first cell that fails, and where the notebook would be too large or name a path of this machine
 */
export async function execute(name: string, parameters: Readonly<Record<string, string>>): Promise<void> {
  const cells = withParameters(await readLesson(name), parameters);
  const kernel = await startKernel({ cwd: FOLDER });
  const done: ExecutedCell[] = [];
  try {
    for await (const cell of executeCells(kernel, cells)) {
      done.push(cell);
      if (cell.kind !== 'code') continue;
      console.log(
        `${cell.seconds.toFixed(1).padStart(7)} s  ${cell.status}  ${cell.source.split('\n', 1)[0]}`,
      );
      if (cell.status !== 'ok') {
        const said = cell.outputs.map((output) => (output.output_type === 'stream' ? output.text : ''));
        throw new Error(`notebooks/${name}.ts: a cell failed.\n${cell.source}\n\n${said.join('')}`);
      }
    }
  } finally {
    await kernel.shutdown();
  }
  if (Object.keys(parameters).length > 0) return;
  const file = formatNotebook(done);
  if (file.length > MOST_BYTES) {
    throw new Error(
      `${name}.ipynb would have ${(file.length / 1e6).toFixed(1)} MB, and 3 is the most. Show fewer or smaller pictures.`,
    );
  }
  if (file.includes(path.dirname(FOLDER))) {
    throw new Error(
      `The outputs of ${name}.ipynb would hold ${path.dirname(FOLDER)}, a path of this machine. Show no absolute paths.`,
    );
  }
  await writeFile(notebookPath(name), file);
}
