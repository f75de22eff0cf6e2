/** Shows a training as it runs: one line in place on a terminal, with the loss's curve, and a file with every step. */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { convLayers } from '../network/vgg19Slim';
import type { DistilEvent } from './distil';

const BLOCKS = '▁▂▃▄▅▆▇█';
/** How many means the curve shows, and how many steps each is of. */
const CURVE = 40;
const LINE_EVERY = 25;

type Step = Extract<DistilEvent, { type: 'step' }>;

export class TrainingLog {
  private readonly means: number[] = [];
  private recent: Step[] = [];
  private readonly styleLayers = convLayers().flatMap(({ name }, i) => (name.endsWith('_conv1') ? [i] : []));

  constructor(
    private readonly file: string,
    private readonly steps: number,
  ) {
    mkdirSync(path.dirname(file), { recursive: true });
  }

  step(event: Step): void {
    const { step, rate, kind, result, seconds } = event;
    const line = {
      step,
      rate,
      kind,
      seconds: Math.round(seconds),
      loss: result.loss,
      activations: [...result.activations].map(rounded),
      grams: [...result.grams].map(rounded),
    };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    this.recent.push(event);
    if (this.recent.length === LINE_EVERY) this.show(step, seconds);
  }

  private show(step: number, seconds: number): void {
    this.means.push(mean(this.recent.map(({ result }) => result.loss)));
    const gramError = (kind: Step['kind']) => {
      const errors = this.recent
        .filter((event) => event.kind === kind)
        .flatMap(({ result }) => this.styleLayers.map((i) => Math.sqrt(result.grams[i])));
      return errors.length === 0 ? '  -  ' : mean(errors).toFixed(3);
    };
    const text =
      `${step}/${this.steps}  ${(seconds / 60).toFixed(1)} min  loss ${(this.means.at(-1) as number).toFixed(2)}  ` +
      `Gram error of crops ${gramError('crop')}, stylised ${gramError('stylised')}  ${this.curve()}`;
    // On a terminal the line is written over; in a file lines follow each other.
    process.stdout.write(process.stdout.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    this.recent = [];
  }

  private curve(): string {
    const shown = this.means.slice(-CURVE);
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    return shown
      .map((value) => BLOCKS[Math.floor(((value - low) / (high - low || 1)) * (BLOCKS.length - 0.01))])
      .join('');
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(x: number): number {
  return Number(x.toPrecision(4));
}
