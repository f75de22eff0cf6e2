import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { collect } from '../../scripts/notebooks/execute';
import type { Output } from '../../scripts/notebooks/ipynb';
import { type Kernel, startKernel } from '../../scripts/notebooks/kernel';

const NOTEBOOKS = path.join(__dirname, '..', '..', 'notebooks');
/** How long tslab drops everything that is sent after a cell that failed. */
const REFUSES_FOR = 300;

/** A kernel as a front end starts it for a lesson. */
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

export async function startLessonKernel(): Promise<LessonKernel> {
  const kernel = await startKernel({ cwd: NOTEBOOKS, env: process.env });
  const displays: Parameters<typeof collect>[2] = new Map();
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
    close: () => kernel.shutdown(),
  };
}
