import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { collect } from '../../scripts/notebooks/execute';
import type { Output } from '../../scripts/notebooks/ipynb';
import { type Kernel, startKernel } from '../../scripts/notebooks/kernel';
import { SLIM_WEIGHTS_FILE } from '../../src/network/vgg19SlimWeights';
import { writeStandInWeights } from './standInWeights';

const NOTEBOOKS = path.join(__dirname, '..', '..', 'notebooks');
/** The network of the package, or, until it has been trained, VGG19 with numbers that mean nothing. */
const HAS_SLIM = existsSync(SLIM_WEIGHTS_FILE);
export const NETWORK = HAS_SLIM ? 'vgg19-slim' : 'vgg19';
/** How long tslab drops everything that is sent after a cell that failed. */
const REFUSES_FOR = 300;

/** A kernel as a front end starts it for a lesson, with the weights of NETWORK at hand. */
export interface LessonKernel {
  kernel: Kernel;
  /** Runs a cell; what it printed and showed. */
  run(source: string): Promise<Ran>;
  close(): Promise<void>;
}

export interface Ran {
  status: string;
  outputs: Output[];
  stdout: string;
  stderr: string;
}

/** Calls `use` with an environment in which NETWORK finds its weights. */
export async function withWeights(use: (env: NodeJS.ProcessEnv) => unknown): Promise<void> {
  const { env, remove } = await weightsAtHand();
  try {
    await use(env);
  } finally {
    await remove();
  }
}

async function weightsAtHand(): Promise<{ env: NodeJS.ProcessEnv; remove(): Promise<void> }> {
  if (HAS_SLIM) return { env: process.env, remove: () => Promise.resolve() };
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-weights-'));
  return {
    env: { ...process.env, WHEATFIELD_WEIGHTS: await writeStandInWeights(folder) },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function startLessonKernel(): Promise<LessonKernel> {
  const { env, remove } = await weightsAtHand();
  const kernel = await startKernel({ cwd: NOTEBOOKS, env });
  const displays = new Map();
  return {
    kernel,
    run: async (source) => {
      const outputs: Output[] = [];
      const status = await kernel.execute(source, (message) => collect(message, outputs, displays));
      if (status !== 'ok') await wait(REFUSES_FOR);
      const text = (stream: string) =>
        outputs
          .map((each) => (each.output_type === 'stream' && each.name === stream ? each.text : ''))
          .join('');
      return { status, outputs, stdout: text('stdout'), stderr: text('stderr') };
    },
    close: async () => {
      await kernel.shutdown();
      await remove();
    },
  };
}
