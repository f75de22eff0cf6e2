/** A run on the command line: prepared, watched by files and terminal, begun or gone on with. */
import { constants } from 'node:os';
import { enableProdMode } from '@tensorflow/tfjs';
import type { OpenNetwork } from '../network/network';
import { type PreparedTransfer, prepareTransfer } from '../prepare';
import {
  type Results,
  assertSameSource,
  beginResults,
  checkResultsFolder,
  continueResults,
  readRun,
} from '../runFolder/results';
import { type Settings, readSettings } from '../settings';
import { type TerminalStream, downloadProgress, terminal } from './terminal';
import { type Checkpoint, transfer } from '../transfer';

/** What the program meets outside itself. */
export interface Surroundings {
  stdout: TerminalStream;
  stderr: TerminalStream;
  /** Aborted, with the name of the process signal as its reason, when the run is to stop. */
  signal?: AbortSignal;
  /** Which network; default VGG19. */
  openNetwork?: OpenNetwork;
}

/** Runs from the beginning and returns the exit code. */
export async function runTransfer(
  settings: Settings,
  { force }: { force: boolean },
  surroundings: Surroundings,
): Promise<number> {
  await checkResultsFolder(settings.out, force);
  return run(settings, surroundings, ({ source }) => beginResults(settings.out, settings, source));
}

/**
 * Goes on with the run in `dir` from its last checkpoint and returns the exit code.
 *
 * @param iterations how many there are to be in all; default as the run was begun
 */
export async function resumeTransfer(
  dir: string,
  { iterations }: { iterations?: unknown },
  surroundings: Surroundings,
): Promise<number> {
  const { record, checkpoint } = await readRun(dir);
  const settings = readSettings({
    ...record.settings,
    out: dir,
    iterations: iterations ?? record.settings.iterations,
  });
  const open = ({ source }: PreparedTransfer) => {
    assertSameSource(record.source, source);
    return continueResults(dir, settings, source, checkpoint);
  };
  return run(settings, surroundings, open, checkpoint);
}

async function run(
  settings: Settings,
  { stdout, signal, openNetwork }: Surroundings,
  openResults: (prepared: PreparedTransfer) => Promise<Results>,
  from?: Checkpoint,
): Promise<number> {
  // Otherwise tfjs prints advice on faster eager execution, of which there is none here.
  enableProdMode();
  const prepared = await prepareTransfer(settings, { openNetwork, onDownload: downloadProgress(stdout) });
  const { height, width, network, weights } = prepared.source;
  stdout.write(`${network} (${weights.path}), ${width} x ${height} pixels, threads: ${settings.threads}\n`);
  let results: Results | undefined;
  let stopped = false;
  try {
    results = await openResults(prepared);
    const print = terminal(stdout, settings);
    for await (const event of transfer(prepared, { ...settings, signal, from })) {
      await results.record(event);
      print(event);
      stopped = event.type === 'end' && event.reason === 'stopped';
    }
  } finally {
    await results?.close();
    await prepared.dispose();
  }
  if (!stopped) return 0;
  // As shells have it: 128 and the number of the process signal.
  stdout.write(`Go on with: wheatfield resume ${settings.out}\n`);
  return 128 + constants.signals[signal?.reason as NodeJS.Signals];
}
