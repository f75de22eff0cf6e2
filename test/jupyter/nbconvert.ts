/**
 * Runs the lessons through a real Jupyter: `npx tsx test/jupyter/nbconvert.ts`. Needs `jupyter nbconvert`; VGG19's weights come from
 * where they are found.
 */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parseNotebook } from '../../scripts/notebooks/ipynb';
import { jupyterEnvironment } from '../../scripts/notebooks/jupyterEnvironment';
import { lessons } from '../../scripts/notebooks/lessons';
import { writeCopy } from './copies';

async function main(): Promise<void> {
  for (const name of await lessons()) {
    const file = await writeCopy(name);
    const began = Date.now();
    execFileSync(
      'jupyter',
      ['nbconvert', '--to', 'notebook', '--execute', '--inplace', '--ExecutePreprocessor.timeout=600', file],
      { env: jupyterEnvironment(), stdio: 'inherit' },
    );
    const outputs = parseNotebook(await readFile(file, 'utf8')).flatMap((cell) => cell.outputs);
    const pictures = outputs.filter(
      (each) => each.output_type === 'display_data' && 'image/png' in each.data,
    ).length;
    for (const output of outputs) {
      if (output.output_type === 'stream' && output.name === 'stderr')
        throw new Error(`${name}: ${output.text}`);
    }
    if (pictures < 6) throw new Error(`${name}: expected at least 6 pictures, but found ${pictures}.`);
    console.log(`${name}: ${pictures} pictures, no error, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
