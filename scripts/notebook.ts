/**
 * npm run notebook: opens the lessons in JupyterLab or the classic notebook, whichever is installed, with this project's own tslab as a
 * kernel. Nothing is written to the user's home: Jupyter finds the kernel through JUPYTER_PATH.
 *
 * `npm run notebook -- code` opens VS Code, `-- lab` or `-- notebook` chooses; what follows is passed on, such as `--no-browser`.
 */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { jupyterEnvironment } from './notebooks/jupyterEnvironment';

const PROJECT = path.join(__dirname, '..');
const FRONT_ENDS: Record<string, { probe: string[]; start: string[] }> = {
  lab: { probe: ['jupyter', 'lab', '--version'], start: ['jupyter', 'lab', '--notebook-dir=notebooks'] },
  notebook: {
    probe: ['jupyter', 'notebook', '--version'],
    start: ['jupyter', 'notebook', '--notebook-dir=notebooks'],
  },
  code: { probe: ['code', '--version'], start: ['code', '.'] },
};

function isInstalled([command, ...args]: string[]): boolean {
  // Through a shell, because some of these are scripts with an ending of their own on Windows.
  return spawnSync([command, ...args].join(' '), { shell: true, stdio: 'ignore' }).status === 0;
}

function main(): void {
  const [first, ...others] = process.argv.slice(2);
  const asked = first !== undefined && first in FRONT_ENDS ? first : undefined;
  const passedOn = asked === undefined ? process.argv.slice(2) : others;
  const candidates = asked === undefined ? ['lab', 'notebook'] : [asked];
  const found = candidates.map((name) => FRONT_ENDS[name]).find((each) => each && isInstalled(each.probe));
  if (!found) {
    console.error(
      'Jupyter is not installed. Get it with: pip install jupyterlab (https://jupyter.org/install)',
    );
    console.error('Or use VS Code with its Jupyter extension: npm run notebook -- code');
    process.exitCode = 1;
    return;
  }
  const child = spawn([...found.start, ...passedOn].join(' '), {
    shell: true,
    stdio: 'inherit',
    cwd: PROJECT,
    env: jupyterEnvironment(),
  });
  // Ctrl-C reaches Jupyter too, which asks back; this process ends when Jupyter does.
  process.on('SIGINT', () => undefined);
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}

main();
