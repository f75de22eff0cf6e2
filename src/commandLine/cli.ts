#!/usr/bin/env node
/** The command line: `wheatfield transfer` is the chapter, `wheatfield stylize` paints in one pass, `wheatfield train` learns how. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import type { OpenNetwork } from '../network/network';
import { versions } from '../runFolder/versions';
import { UserError } from '../errors';
import { type TransferFlags, addTransferFlags, settingsFrom } from './flags';
import { addManyCommand } from './manyCommand';
import type { Surroundings } from './run';
import { addStylizeCommand } from './stylizeCommand';
import type { TerminalStream } from './terminal';
import { addTrainCommand } from './trainCommand';

const EXAMPLES = `
Examples:
  wheatfield transfer --content photo.jpg --style painting.jpg
  wheatfield transfer --content photo.jpg --style painting.jpg --height 256 --iterations 5 --out quick
  wheatfield transfer --content photo.jpg --style painting.jpg another.jpg --style-weights 2,1 --strength 0.7
  wheatfield transfer --content photo.jpg --style painting.jpg --style-layers block1_conv1:0.9,block3_conv1/2:0.1
  wheatfield transfer --content photo.jpg --style painting.jpg --chapter --no-restart
  wheatfield transfer --content photo.jpg --style painting.jpg --init noise --seed 7 --content-weight 0

Exit codes: 0 done; 2 something to correct, a full disk included; 130 or 143 stopped by Ctrl-C or SIGTERM; 1 a fault of the program.
`;

/**
 * Runs the program.
 *
 * @param args the arguments after the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  let exitCode = 0;
  const program = new Command('wheatfield')
    .description('Neural style transfer: VGG19, Gram matrices, total variation and L-BFGS-B.')
    .version(versions().wheatfield, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // main prints errors itself.
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  const transferCommand = program
    .command('transfer')
    .description('Paints the content of one picture in the style of another.')
    .addHelpText('after', EXAMPLES)
    .action(async ({ force = false, ...given }: TransferFlags) => {
      const settings = settingsFrom(given);
      // The code that computes takes a second to load, so the command line is checked first.
      const { runTransfer } = await import('./run.js');
      exitCode = await runTransfer(settings, { force, replace: force }, surroundings);
    });
  addTransferFlags(transferCommand);
  addManyCommand(program, async ({ content, style, force = false, ...given }) => {
    const settingsOf = (pair: { content: string; style: string; folder: string }) =>
      settingsFrom({ ...given, content: pair.content, style: pair.style, out: pair.folder });
    const { out } = settingsFrom({ ...given, content: content[0], style: style[0] });
    const { runMany } = await import('./many.js');
    exitCode = await runMany({ contents: content, styles: style, out, settingsOf, force }, surroundings);
  });
  program
    .command('resume')
    .description('Continues a run that was stopped or killed, from its last checkpoint.')
    .argument('<dir>', "the run's folder, its --out")
    .option('--iterations <n>', 'how many iterations in all (default: as in the original run)')
    .option('--device <cpu|webgpu|auto>', 'where to compute from now on (default: as before)')
    .option('--force', 'continue even if memory or disk space seems too small')
    .helpOption('-h, --help', 'print this help')
    .action(async (dir: string, { force = false, ...given }: ResumeFlags) => {
      const { resumeTransfer } = await import('./run.js');
      exitCode = await resumeTransfer(dir, { ...given, force }, surroundings);
    });
  program
    .command('studio')
    .description('Opens a page on this machine to paint, steer and compare.')
    .option('--port <n>', 'the port (default: a free one)')
    .option('--no-open', 'print the address only, and open no browser')
    .helpOption('-h, --help', 'print this help')
    .action(async ({ port, open }: StudioFlags) => {
      const { runStudio } = await import('./studio.js');
      exitCode = await runStudio({ port, open }, surroundings);
    });
  program
    .command('report')
    .description('Writes a run as one HTML file, to be opened offline or mailed.')
    .argument('<dir>', "the run's folder, its --out")
    .option('--to <file>', "the file (default: report.html in the run's folder)")
    .helpOption('-h, --help', 'print this help')
    .action(async (dir: string, { to }: { to?: string }) => {
      const { writeReport } = await import('../report/report.js');
      stdout.write(`The report is ${await writeReport(dir, to)}\n`);
    });
  program
    .command('settings')
    .description('Prints the settings that a picture was made with, which the picture itself holds.')
    .argument('<picture>', 'a picture that Wheatfield saved')
    .helpOption('-h, --help', 'print this help')
    .action(async (picture: string) => {
      const { readNotes } = await import('../picture/notes.js');
      const { creator, settings } = await readNotes(picture);
      stdout.write(`${JSON.stringify({ creator, ...settings }, null, 2)}\n`);
    });
  addStylizeCommand(program, async (inputs, flags) => {
    const { runStylize } = await import('./stylize.js');
    exitCode = await runStylize(inputs, flags, surroundings);
  });
  addTrainCommand(program, async (flags) => {
    const { runTrain } = await import('./train.js');
    exitCode = await runTrain(flags, surroundings);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return failed(error, stderr);
  }
}

type StudioFlags = { port?: string; open: boolean };
type ResumeFlags = { iterations?: string; device?: string; force?: boolean };

/** Says what went wrong and returns the exit code. */
function failed(error: unknown, stderr: TerminalStream): number {
  if (error instanceof CommanderError) {
    // Help that was asked for, or shown in place of a missing command, has been printed already.
    if (error.exitCode === 0) return 0;
    if (error.code !== 'commander.help') {
      stderr.write(`${error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')}\n`);
    }
    return 2;
  }
  if (error instanceof UserError) {
    stderr.write(`${error.message}\n`);
    return 2;
  }
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

/** Milliseconds. */
const PATIENCE = 500;

/** The first Ctrl-C or SIGTERM asks for a clean end. The system itself acts on a second one. */
function stopOnSignals(controller: AbortController): void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (name: NodeJS.Signals) => {
    for (const each of signals) process.off(each, stop);
    process.stderr.write('\nStopping; once more stops at once.\n');
    controller.abort(name);
  };
  for (const name of signals) process.on(name, stop);
}

/** Runs the program on this process's arguments, streams and signals. */
export async function start(openNetwork?: OpenNetwork): Promise<void> {
  const controller = new AbortController();
  stopOnSignals(controller);
  const { stdout, stderr } = process;
  // A reader that goes away, such as head, must not end a run of hours.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const { signal } = controller;
  process.exitCode = await main(process.argv.slice(2), { stdout, stderr, signal, openNetwork });
  if (signal.aborted) await endSoon(signal.reason as NodeJS.Signals);
}

/**
 * Waits a moment for an evaluation that was given up. ONNX Runtime cannot be interrupted, and a process that exits waits for its threads:
 * if that takes longer, the process ends itself with the signal, which gives the same status in a shell.
 */
async function endSoon(name: NodeJS.Signals): Promise<void> {
  const { idle } = await import('../compile/sessionThread.js');
  const isIdle = await Promise.race([idle().then(() => true), sleep(PATIENCE, false)]);
  if (!isIdle) process.kill(process.pid, name);
}

if (require.main === module) void start();
