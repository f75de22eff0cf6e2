/**
 * Runs the lessons, and the exercises with their solutions, through a real Jupyter: `npx tsx test/jupyter/nbconvert.ts`. Needs `jupyter nbconvert`; VGG19's weights come from
 * where they are found.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Output, parseNotebook } from '../../scripts/notebooks/ipynb';
import { jupyterEnvironment } from '../../scripts/notebooks/jupyterEnvironment';
import { lessons } from '../../scripts/notebooks/lessons';
import { writeCopy, writeSolved } from './copies';

async function main(): Promise<void> {
  for (const name of await lessons()) {
    const pictures = run(await writeCopy(name)).filter(
      (each) => each.output_type === 'display_data' && 'image/png' in each.data,
    ).length;
    if (pictures < 6) throw new Error(`${name}: expected at least 6 pictures, but found ${pictures}.`);
    console.log(`${name}: ${pictures} pictures, no error`);

    const exercise = await writeSolved(name);
    if (exercise === undefined) continue;
    const said = run(exercise).flatMap((each) =>
      each.output_type === 'stream' ? each.text.split('\n') : [],
    );
    const right = said.filter((line) => /^\w+: right\.$/.test(line)).length;
    const wrong = said.filter((line) => /^\w+: not yet\./.test(line));
    if (right === 0 || wrong.length > 0)
      throw new Error(`${name}: a solution is not right. ${wrong.join(' ')}`);
    console.log(`${name}, solved: ${right} checks say that the answer is right`);
  }
}

/** Runs a notebook in Jupyter and returns what it shows. */
function run(file: string): Output[] {
  execFileSync(
    'jupyter',
    ['nbconvert', '--to', 'notebook', '--execute', '--inplace', '--ExecutePreprocessor.timeout=600', file],
    { env: jupyterEnvironment(), stdio: 'inherit' },
  );
  const outputs = parseNotebook(readFileSync(file, 'utf8')).flatMap((cell) => cell.outputs);
  for (const output of outputs) {
    if (output.output_type === 'stream' && output.name === 'stderr')
      throw new Error(`${file}: ${output.text}`);
  }
  return outputs;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
