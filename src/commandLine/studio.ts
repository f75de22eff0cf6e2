/** `wheatfield studio`: opens the page, and keeps it open until Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { UserError } from '../errors';
import { openStudio } from '../studio/server';
import type { Surroundings } from './run';

const MOST_PORT = 65535;

/** Opens the studio and returns the exit code once the signal is aborted. */
export async function runStudio(
  { port, open }: { port?: string; open: boolean },
  { stdout, signal, openNetwork }: Surroundings,
): Promise<number> {
  const studio = await openStudio({ port: portOf(port), openNetwork });
  stdout.write(`The studio is open at ${studio.address}\n`);
  stdout.write('It runs on this machine only, and nothing leaves it. Ctrl-C closes it.\n');
  if (open) openBrowser(studio.address);
  if (signal && !signal.aborted) await once(signal, 'abort');
  await studio.close();
  // Closing it is the usual end, whoever asks for it by Ctrl-C.
  return signal?.reason === 'SIGTERM' ? 128 + constants.signals.SIGTERM : 0;
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= MOST_PORT) return port;
  throw new UserError(`--port cannot be '${text}'. Give a whole number from 1 to ${MOST_PORT}.`);
}

/** Where there is no browser, the printed address is enough. */
function openBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', address]
        : ['xdg-open', address];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
