/** A run on the command line: prepared, watched by files and terminal, begun or gone on with. */
import { constants } from 'node:os';
import '../greeting';
import type { DeviceName } from '../compile';
import type { OpenNetwork } from '../network/network';
import { problemFromSettings } from '../problem/fromSettings';
import { assertFits, availableMemory } from '../problem/memory';
import type { Plan, ProblemSource } from '../problem/problem';
import {
  type Results,
  assertSameSource,
  beginResults,
  checkRoom,
  checkResultsFolder,
  continueResults,
  readRun,
} from '../runFolder/results';
import { changedVersions, versions } from '../runFolder/versions';
import { type Settings, readSettings } from '../settings';
import { wholeTransfer } from '../styleTransfer';
import { type Checkpoint, assertSameLength } from '../transfer/checkpoint';
import { type TerminalStream, terminal } from './terminal';

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
    open: (source) => beginResults(settings.out, settings, source),
  });
}

/**
 * Goes on with the run in `dir` from its last checkpoint and returns the exit code.
 *
 * @param iterations how many there are to be in all; default as the run was begun
 * @param device what computes from now on; default what computed before
 * @param force also where memory or disk seem too little
 */
export async function resumeTransfer(
  dir: string,
  { iterations, device, force }: { iterations?: unknown; device?: unknown; force: boolean },
  surroundings: Surroundings,
): Promise<number> {
  const { record, checkpoint } = await readRun(dir);
  const changed = changedVersions(record.versions, versions());
  if (changed.length > 0) {
    surroundings.stdout.write(
      `Other versions than this run was begun with: ${changed.join('; ')}. Its numbers may differ from here on.\n`,
    );
  }
  const settings = readSettings({
    ...record.settings,
    // What auto chose then may not be what it would choose now.
    network: record.source.network,
    device: device ?? record.source.device,
    out: dir,
    iterations: iterations ?? record.settings.iterations,
  });
  return run(settings, surroundings, {
    force,
    from: checkpoint,
    computedBy: record.source.device,
    check({ source, length }) {
      assertSameSource(record.source, source);
      if (checkpoint) assertSameLength(checkpoint, length);
    },
    open: (source) => continueResults(dir, settings, source, checkpoint),
  });
}

/** How a run begins. */
interface Beginning {
  /** Also where memory or disk seem too little. */
  force: boolean;
  /** Where an earlier run stood. */
  from?: Checkpoint;
  /** What computed there. */
  computedBy?: DeviceName;
  /** What must hold before the work begins. */
  check?: (plan: Plan) => void;
  open: (source: ProblemSource) => Promise<Results>;
}

async function run(
  settings: Settings,
  { stdout, signal, openNetwork, freeMemory = availableMemory }: Surroundings,
  { force, from, computedBy, check, open }: Beginning,
): Promise<number> {
  let source: ProblemSource | undefined;
  const beforeWork = async (plan: Plan) => {
    ({ source } = plan);
    check?.(plan);
    if (force) return;
    await checkRoom(settings.out, plan.length);
    await assertFits(source, plan.bytesAt, freeMemory());
  };
  const print = terminal(stdout, settings);
  const transfer = wholeTransfer(
    { ...problemFromSettings(settings), openNetwork, beforeWork },
    { ...settings, signal, from },
  );
  let results: Results | undefined;
  let stopped = false;
  try {
    for await (const event of transfer) {
      // Not before everything has proved to work: it removes what an earlier run left.
      if (event.type === 'compiled' && source) results = await open(source);
      await results?.record(event, transfer);
      print(event);
      if (event.type === 'compiled' && source && computedBy && source.device !== computedBy) {
        stdout.write(
          `Until now ${computedBy} computed, and from here on ${source.device} does: the numbers differ in their last digits.\n`,
        );
      }
      stopped = event.type === 'end' && event.reason === 'stopped';
    }
  } finally {
    await results?.close();
  }
  if (!stopped) return 0;
  if (results) stdout.write(`Go on with: wheatfield resume ${settings.out}\n`);
  // As shells have it: 128 and the number of the process signal.
  return 128 + constants.signals[signal?.reason as NodeJS.Signals];
}
