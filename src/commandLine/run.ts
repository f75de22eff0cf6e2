/** A run on the command line: prepares it, starts or resumes it, and reports it to files and the terminal. */
import { constants } from 'node:os';
import '../greeting';
import type { DeviceName } from '../compile';
import { UserError } from '../errors';
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
import { SETTINGS, type SettingName, type Settings, readSettings } from '../settings';
import { wholeTransfer } from '../styleTransfer';
import { type Checkpoint, assertSameLength } from '../transfer/checkpoint';
import { type TerminalStream, terminal } from './terminal';

/** What the program uses of the world outside. */
export interface Surroundings {
  stdout: TerminalStream;
  stderr: TerminalStream;
  /** Aborted, with the name of the process signal as its reason, when the run is to stop. */
  signal?: AbortSignal;
  /** Opens the network of the settings, or another. */
  openNetwork?: OpenNetwork;
  /** Bytes that the process may still take; default: what the system reports. */
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
 * Continues the run in `dir` from its last checkpoint and returns the exit code.
 *
 * @param iterations how many iterations in all; default: as in the original run
 * @param device where to compute from now on; default: as before
 * @param force continue even if memory or disk space seems too small
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
      `Some versions have changed since this run started: ${changed.join('; ')}. Its numbers may differ from here on.\n`,
    );
  }
  assertWholeSettings(record.settings, dir);
  const settings = readSettings({
    ...record.settings,
    // Now auto might choose another one than then.
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

/** @throws UserError for a run of an earlier version, whose missing settings today's defaults would not repeat */
function assertWholeSettings(settings: Partial<Settings>, dir: string): void {
  const missing = Object.entries(SETTINGS).find(
    ([name, { optional }]) => !optional && settings[name as SettingName] === undefined,
  );
  if (!missing) return;
  throw new UserError(
    `The run in ${dir} has no setting '${missing[0]}', because an earlier version began it. Start a new run.`,
  );
}

/** How a run begins. */
interface Beginning {
  /** Even if memory or disk space seems too small. */
  force: boolean;
  /** The state of an earlier run. */
  from?: Checkpoint;
  /** The device that the earlier run used. */
  computedBy?: DeviceName;
  /** Checks the plan before the work begins. */
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
      // Only once everything has proved to work, because this removes an earlier run's results.
      if (event.type === 'compiled' && source) results = await open(source);
      await results?.record(event, transfer);
      print(event);
      if (event.type === 'compiled' && source && computedBy && source.device !== computedBy) {
        stdout.write(
          `This run used ${computedBy} until now and uses ${source.device} from here on: the numbers differ in their last digits.\n`,
        );
      }
      stopped = event.type === 'end' && event.reason === 'stopped';
    }
  } finally {
    await results?.close();
  }
  if (!stopped) return 0;
  if (results) stdout.write(`Continue with: wheatfield resume ${settings.out}\n`);
  // As in a shell: 128 and the number of the process signal.
  return 128 + constants.signals[signal?.reason as NodeJS.Signals];
}
