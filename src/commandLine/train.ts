/** `wheatfield train` on the command line: checks the flags, trains, keeps the best network as a file, and prints. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import '../greeting';
import { UserError } from '../errors';
import { type AdaptEvent, adapt } from '../fastStyle/adapt';
import { ARCHITECTURES } from '../fastStyle/architecture';
import type { FastStyleModel } from '../fastStyle/modelFile';
import { fastStyleOnnx } from '../fastStyle/onnx';
import { bytesOfTraining } from '../fastStyle/trainingState';
import { STYLE_HEIGHT } from '../fastStyle/styleHeight';
import type { Picture } from '../picture/image';
import { saveImage } from '../picture/save';
import { assertRoom } from '../runFolder/place';
import { openStylizer } from '../stylize/stylizer';
import { writeWholeFile } from '../wholeFile';
import { numberFlag, wholeFlag } from './numberFlags';
import type { Surroundings } from './run';
import { type TerminalStream, duration } from './terminal';
import type { TrainFlags } from './trainCommand';

/** Seconds between two lines where the output is no terminal. */
const LINE_EVERY = 15;

/** Trains and returns the exit code. */
export async function runTrain(flags: TrainFlags, { stdout, signal }: Surroundings): Promise<number> {
  const { style, out, photos, weights } = flags;
  if (!out.toLowerCase().endsWith('.onnx')) {
    throw new UserError(`${out} is not the name of an ONNX file. Let it end in .onnx.`);
  }
  const network = networkOf(flags.network);
  const minutes = numberFlag('--minutes', flags.minutes, 10, { least: 0.1, most: 1e5 });
  const styleHeight =
    wholeFlag('--style-height', flags.styleHeight, { least: 64, most: 2048 }) ?? STYLE_HEIGHT;
  const count = wholeFlag('--pairs', flags.pairs, { least: 2, most: 1e5 });
  const threads = wholeFlag('--threads', flags.threads, { least: 1, most: 1024 });
  const checkpoint = `${out}.checkpoint`;
  if (existsSync(out) && !existsSync(checkpoint) && !flags.force) {
    throw new UserError(`${out} is there already. Choose another --out, or replace it with --force.`);
  }
  await mkdir(path.dirname(path.resolve(out)), { recursive: true }).catch((error: unknown) => {
    throw new UserError(
      `Cannot write to ${path.dirname(out)}: ${(error as Error).message}. Choose another --out.`,
      {
        cause: error,
      },
    );
  });
  if (!flags.force) await assertRoom(checkpoint, bytesOfTraining(ARCHITECTURES.quality));
  const print = printer(stdout);
  try {
    const events = adapt({
      ...{ style, photographs: photos, minutes, styleHeight, network, weights },
      ...{ checkpoint, threads, signal },
      pairs: count === undefined ? undefined : { count, folder: out.replace(/\.onnx$/i, '.pairs') },
    });
    for await (const event of events) {
      if (event.type === 'model') await keep(event.model, event.heldOut, out);
      print(event);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    stdout.write(`\nStopped. The same command goes on from ${checkpoint}.\n`);
    // As in a shell: 128 and the number of the process signal.
    return 128 + constants.signals[signal.reason as NodeJS.Signals];
  }
  await rm(checkpoint, { force: true });
  stdout.write(`Saved ${out}. Paint with it: wheatfield stylize --model ${out} PHOTO --out painted\n`);
  return 0;
}

function networkOf(given: string | undefined): 'vgg19' | 'vgg19-slim' | undefined {
  if (given === undefined || given === 'vgg19' || given === 'vgg19-slim') return given;
  throw new UserError(`--network ${given} is unknown. Choose vgg19 or vgg19-slim.`);
}

/** Writes the network, and what it makes of a photograph beside it: my.onnx and my.preview.png. */
async function keep(model: FastStyleModel, photograph: Picture, out: string): Promise<void> {
  const [style] = Object.keys(model.styles);
  await writeWholeFile(out, [await fastStyleOnnx(model, style)]);
  const stylizer = await openStylizer({ name: style, model, style });
  const painted = await stylizer.stylize(photograph).finally(() => stylizer.dispose());
  await saveImage(painted, out.replace(/\.onnx$/i, '.preview.png'));
}

/** A live line on a terminal; elsewhere a line now and then. */
function printer(stdout: TerminalStream): (event: AdaptEvent) => void {
  let last = -Infinity;
  return (event) => {
    switch (event.type) {
      case 'ready': {
        const { photographs, heldOut, network, resumedAt } = event;
        stdout.write(`${network} ${photographs} photographs to train on, ${heldOut} to score on.\n`);
        if (resumedAt > 0) stdout.write(`Going on after ${duration(resumedAt)} of training.\n`);
        break;
      }
      case 'pair':
        stdout.write(`Pair ${event.pairs} of ${event.of} is painted.\n`);
        break;
      case 'step': {
        const { step, loss, terms, seconds, secondsLeft } = event;
        if (!stdout.isTTY && seconds - last < LINE_EVERY) break;
        last = seconds;
        const parts = Object.entries(terms).map(([name, value]) => `${name} ${value.toFixed(3)}`);
        const line = `step ${step}, loss ${loss.toFixed(3)} (${parts.join(', ')}), ${duration(secondsLeft)} left`;
        // One column stays free: a full line would wrap in some terminals.
        stdout.write(stdout.isTTY ? `\r\x1b[K${line.slice(0, (stdout.columns ?? 80) - 1)}` : `${line}\n`);
        break;
      }
      case 'score': {
        const clear = stdout.isTTY ? '\r\x1b[K' : '';
        const { step, score, isBest } = event;
        stdout.write(
          `${clear}After ${step} steps: ${score.toFixed(4)} on held-out photographs${isBest ? ', the best so far' : ''}.\n`,
        );
        break;
      }
      case 'model':
        break;
    }
  };
}
