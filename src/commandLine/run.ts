/** A run on the command line: prepares it, starts or resumes it, and reports it to files and the terminal. */
import { constants } from 'node:os';
import '../greeting';
import type { DeviceName } from '../compile';
import { UserError } from '../errors';
import type { OpenNetwork } from '../network/network';
import type { Plan, ProblemSource } from '../problem/problem';
import {
  type Results,
  assertSameSource,
  beginResults,
  checkResultsFolder,
  continueResults,
  readRun,
} from '../runFolder/results';
import { recordedTransfer } from '../runFolder/recordedTransfer';
import { changedVersions, versions } from '../runFolder/versions';
import { SETTINGS, type SettingName, type Settings, readSettings } from '../settings';
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

/**
 * Runs from the beginning and returns the exit code.
 *
 * @param force start even if memory or disk space seems too small
 * @param replace the results of an earlier run in the folder
 */
export async function runTransfer(
  settings: Settings,
  { force, replace }: { force: boolean; replace: boolean },
  surroundings: Surroundings,
): Promise<number> {
  await checkResultsFolder(settings.out, replace);
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
    tile: record.source.tile ?? 'whole',
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
  { stdout, signal, openNetwork, freeMemory }: Surroundings,
  { force, from, computedBy, check, open }: Beginning,
): Promise<number> {
  let device: DeviceName | undefined;
  const print = terminal(stdout, settings);
  const events = recordedTransfer(settings, { signal, from, openNetwork, force, freeMemory, check, open });
  let isRecorded = false;
  let stopped = false;
  for await (const event of events) {
    print(event);
    if (event.type === 'device') device = event.name;
    if (event.type === 'compiled') {
      isRecorded = true;
      if (computedBy && device !== computedBy) {
        stdout.write(
          `This run used ${computedBy} until now and uses ${device} from here on: the numbers differ in their last digits.\n`,
        );
      }
    }
    stopped = event.type === 'end' && event.reason === 'stopped';
  }
  if (!stopped) return 0;
  if (isRecorded) stdout.write(`Continue with: wheatfield resume ${settings.out}\n`);
  // As in a shell: 128 and the number of the process signal.
  return 128 + constants.signals[signal?.reason as NodeJS.Signals];
}
