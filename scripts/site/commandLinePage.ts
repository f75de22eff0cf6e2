/** The help of every command, as the command line prints it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { escapeHtml } from './page';

const ROOT = path.join(__dirname, '..', '..');
const CLI = path.join(ROOT, 'dist', 'commandLine', 'cli.js');

function help(...command: string[]): string {
  return execFileSync(process.execPath, [CLI, ...command, '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100', NO_COLOR: '1' },
  }).trimEnd();
}

export function commandLineBody(): string {
  const overview = help();
  const [, list = ''] = overview.split('Commands:\n');
  const commands = [...list.matchAll(/^ {2}(\w[\w-]*)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  const sections = commands.map(
    (name) => `<h2 id="${name}">wheatfield ${name}</h2>\n<pre>${escapeHtml(help(name))}</pre>`,
  );
  return `<h1>The command line</h1>\n<pre>${escapeHtml(overview)}</pre>\n${sections.join('\n')}`;
}
