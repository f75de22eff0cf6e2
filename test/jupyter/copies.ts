/**
 * The lessons, and the exercises with their solutions, as notebooks that a real Jupyter runs in CI: without outputs, at a small size, in a
 * folder that git ignores.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatNotebook, withoutOutputs } from '../../scripts/notebooks/ipynb';
import { solvedExercise } from '../../scripts/notebooks/editions';
import { readCells, readLesson } from '../../scripts/notebooks/lessons';
import type { Cell } from '../../scripts/notebooks/percent';
import { withParameters } from '../../scripts/notebooks/percent';

export const COPIES = path.join(__dirname, '..', '..', '.cache', 'jupyter');

const SMALL: Record<string, Record<string, string>> = {
  'style-transfer': { imgHeight: '64', iterations: '2', evaluationsToCompare: '6', evaluationsOfEach: '6' },
  layers: { imgHeight: '32', evaluations: '3' },
  painter: { imgHeight: '64', evaluations: '3' },
  'fast-style': {
    imgHeight: '64',
    cropSize: '32',
    pairCount: '2',
    pairEvaluations: '3',
    pixelSteps: '3',
    perceptualSteps: '3',
    comparedSteps: '3',
  },
};

/** @param parameters other values for the constants of tagged cells */
export async function writeCopy(name: string, parameters = SMALL[name] ?? {}): Promise<string> {
  return await write(name, withParameters(await readLesson(name), parameters));
}

/** The exercise edition of a lesson with its solutions; undefined where the lesson has no task. */
export async function writeSolved(name: string): Promise<string | undefined> {
  const cells = solvedExercise(await readCells(name));
  return cells.length > 0
    ? await write(`${name}-solved`, withParameters(cells, SMALL[name] ?? {}))
    : undefined;
}

async function write(name: string, cells: readonly Cell[]): Promise<string> {
  await mkdir(COPIES, { recursive: true });
  const file = path.join(COPIES, `${name}.ipynb`);
  await writeFile(file, formatNotebook(withoutOutputs(cells)));
  return file;
}
