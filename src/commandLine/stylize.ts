/** `wheatfield stylize` on the command line: checks the flags, opens the model, paints the files and prints. */
import { constants } from 'node:os';
import path from 'node:path';
import { UserError } from '../errors';
import { availableMemory } from '../problem/memory';
import { findModel, mixedModel, readMix } from '../stylize/models';
import { STEADY } from '../stylize/steady';
import { type StylizeEvent, stylizeFiles } from '../stylize/stylizeFiles';
import { openStylizer } from '../stylize/stylizer';
import { numberFlag, wholeFlag } from './numberFlags';
import type { Surroundings } from './run';
import type { StylizeFlags } from './stylizeCommand';
import { type TerminalStream, duration } from './terminal';

/** Paints the inputs and returns the exit code: 2 where a file failed. */
export async function runStylize(
  inputs: readonly string[],
  flags: StylizeFlags,
  { stdout, stderr, signal, freeMemory = availableMemory }: Surroundings,
): Promise<number> {
  const strength = numberFlag('--strength', flags.strength, 1, { least: 0, most: 1 });
  const steady = numberFlag('--steady', flags.steady, STEADY, { least: 0, most: 0.99 });
  const height = wholeFlag('--height', flags.height, { least: 5, most: 16383 });
  const threads = wholeFlag('--threads', flags.threads, { least: 1, most: 256 });
  const stylizer = await openStylizer(await chosenModel(flags), threads === undefined ? {} : { threads });
  const { out } = flags;
  let failures = 0;
  const print = printer(stdout, stderr);
  try {
    for await (const event of stylizeFiles({
      ...{ inputs, out, stylizer, strength, steady, height, freeMemory, signal },
    })) {
      if (event.type === 'failed') failures++;
      print(event);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    stdout.write('Stopped. What was saved is whole.\n');
    // As in a shell: 128 and the number of the process signal.
    return 128 + constants.signals[signal.reason as NodeJS.Signals];
  } finally {
    // A run that was given up ends by itself.
    if (!signal?.aborted) await stylizer.dispose();
  }
  return failures > 0 ? 2 : 0;
}

function chosenModel({ model, mix }: StylizeFlags) {
  if (mix !== undefined && model !== undefined) {
    throw new UserError('--model and --mix are both given. Choose one of them.');
  }
  if (mix !== undefined) return mixedModel(readMix(mix));
  if (model !== undefined) return findModel(model);
  throw new UserError('There is no style to paint in. Name one with --model or --mix.');
}

/** Prints a line for each file, and on a terminal a live line while a film is painted. */
function printer(stdout: TerminalStream, stderr: TerminalStream): (event: StylizeEvent) => void {
  const live = stdout.isTTY === true;
  const clear = () => live && stdout.write('\r\x1b[K');
  return (event) => {
    const name = path.basename(event.file);
    switch (event.type) {
      case 'frame': {
        const { frame, frames, seconds } = event;
        if (!live || frames === 1) break;
        clear();
        const left = frames === undefined ? '' : `, ${duration(((frames - frame) * seconds) / frame)} left`;
        const line = `${name}: frame ${frame}${frames === undefined ? '' : ` of ${frames}`}, ${(seconds / frame).toFixed(2)} s each${left}`;
        // One column stays free: a full line would wrap in some terminals.
        stdout.write(line.slice(0, (stdout.columns ?? 80) - 1));
        break;
      }
      case 'saved': {
        clear();
        const { size, frames, seconds, output } = event;
        const many = frames === 1 ? '' : `, ${frames} frames`;
        stdout.write(
          `${name}: ${size.width} x ${size.height}${many}, ${seconds.toFixed(1)} s, saved as ${output}\n`,
        );
        break;
      }
      case 'failed':
        clear();
        stderr.write(`${name}: ${event.error.message}\n`);
    }
  };
}
