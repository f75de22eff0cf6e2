/** A run on the command line: prepared, watched by files and terminal, begun or gone on with. */
import { constants } from 'node:os';
import { enableProdMode } from '@tensorflow/tfjs';
import { assertFits, availableMemory } from '../memory';
import type { OpenNetwork } from '../network/network';
import { type Plan, type PreparedTransfer, prepareTransfer } from '../prepare';
import {
  type Results,
  assertSameSource,
  beginResults,
  checkRoom,
  checkResultsFolder,
  continueResults,
  readRun,
} from '../runFolder/results';
import { type Settings, readSettings } from '../settings';
import { type Checkpoint, assertSameSize, transfer } from '../transfer';
import { type TerminalStream, downloadProgress, terminal } from './terminal';

/** What the program meets outside itself. */
export interface Surroundings {
  stdout: TerminalStream;
  stderr: TerminalStream;
  /** Aborted, with the name of the process signal as its reason, when the run is to stop. */
  signal?: AbortSignal;
  /** Opens the network of the settings, or another. */
  openNetwork?: OpenNetwork;
  /** Bytes that the process may still take; default as the system says. */
  freeMemory?: () => number;
}

/** Runs from the beginning and returns the exit code. */
export async function runTransfer(
  settings: Settings,
  { force }: { force: boolean },
  surroundings: Surroundings,
): Promise<number> {
  await checkResultsFolder(settings.out, force);
  return run(settings, surroundings, {
    force,
    open: ({ source }) => beginResults(settings.out, settings, source),
  });
}

/**
 * Goes on with the run in `dir` from its last checkpoint and returns the exit code.
 *
 * @param iterations how many there are to be in all; default as the run was begun
 * @param force also where memory or disk seem too little
 */
export async function resumeTransfer(
  dir: string,
  { iterations, force }: { iterations?: unknown; force: boolean },
  surroundings: Surroundings,
): Promise<number> {
  const { record, checkpoint } = await readRun(dir);
  const settings = readSettings({
    ...record.settings,
    // What auto chose then may not be what it would choose now.
    network: record.source.network,
    out: dir,
    iterations: iterations ?? record.settings.iterations,
  });
  return run(settings, surroundings, {
    force,
    from: checkpoint,
    check({ source }) {
      assertSameSource(record.source, source);
      if (checkpoint) assertSameSize(checkpoint, source);
    },
    open: ({ source }) => continueResults(dir, settings, source, checkpoint),
  });
}

/** How a run begins. */
interface Beginning {
  /** Also where memory or disk seem too little. */
  force: boolean;
  /** Where an earlier run stood. */
  from?: Checkpoint;
  /** What must hold before the work begins. */
  check?: (plan: Plan) => void;
  open(prepared: PreparedTransfer): Promise<Results>;
}

async function run(
  settings: Settings,
  { stdout, signal, openNetwork, freeMemory = availableMemory }: Surroundings,
  { force, from, check, open }: Beginning,
): Promise<number> {
  // Otherwise tfjs prints advice on faster eager execution, of which there is none here.
  enableProdMode();
  const prepared = await prepareTransfer(settings, {
    openNetwork,
    onDownload: downloadProgress(stdout),
    async beforeWork(plan) {
      check?.(plan);
      if (force) return;
      await checkRoom(settings.out, plan.source);
      await assertFits(plan.source, plan.memoryAt, freeMemory());
    },
  });
  const { height, width, weights } = prepared.source;
  stdout.write(
    `${prepared.choice}\n${width} x ${height} pixels, threads: ${settings.threads}, weights: ${weights.path}\n`,
  );
  let results: Results | undefined;
  let stopped = false;
  try {
    results = await open(prepared);
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
