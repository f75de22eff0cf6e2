/** The lessons as notebooks that a real Jupyter runs in CI: without outputs, at a small size, in a folder that git ignores. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatNotebook, withoutOutputs } from '../../scripts/notebooks/ipynb';
import { readCells } from '../../scripts/notebooks/lessons';
import { withParameters } from '../../scripts/notebooks/percent';

export const COPIES = path.join(__dirname, '..', '..', '.cache', 'jupyter');

const SMALL: Record<string, Record<string, string>> = {
  'style-transfer': { imgHeight: '64', iterations: '2' },
  layers: { imgHeight: '32', evaluations: '3' },
};

/** @param parameters other values for the constants of tagged cells */
export async function writeCopy(name: string, parameters = SMALL[name] ?? {}): Promise<string> {
  await mkdir(COPIES, { recursive: true });
  const file = path.join(COPIES, `${name}.ipynb`);
  await writeFile(file, formatNotebook(withoutOutputs(withParameters(await readCells(name), parameters))));
  return file;
}
