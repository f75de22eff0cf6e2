/**
 * The lessons' two forms: notebooks/NAME.ts, the source, and notebooks/NAME.ipynb, built from it. Usage:
 *
 *   npm run notebooks:build            .ts to .ipynb; outputs of unchanged cells are kept
 *   npm run notebooks:script           .ipynb, edited in a notebook, back to .ts
 *   npm run notebooks:execute          runs the cells in the tslab kernel and keeps their outputs in the .ipynb
 *   npm run notebooks:strip            takes the outputs out
 *   npm run notebooks:check            fails where the two differ
 *
 * each followed by `-- NAME` for one lesson, else all. With execute, `-- NAME --set imgHeight=400` changes a constant of a cell tagged
 * "parameters" and prints instead of keeping.
 */
import { parseArgs } from 'node:util';
import { build, check, execute, lessons, script, strip } from './notebooks/lessons';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { set: { type: 'string', multiple: true, default: [] } },
  });
  const [command = '', ...names] = positionals;
  const parameters = Object.fromEntries(
    values.set.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const commands: Record<string, (name: string) => Promise<void>> = {
    build,
    script,
    strip,
    check,
    execute: (name) => execute(name, parameters),
  };
  const run = commands[command];
  if (!run)
    throw new Error(
      `There is no command '${command}'. The commands are ${Object.keys(commands).join(', ')}.`,
    );
  for (const name of names.length > 0 ? names : await lessons()) await run(name);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
