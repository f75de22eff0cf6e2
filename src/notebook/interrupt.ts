/** The Interrupt button of a notebook, and Ctrl-C, as an AbortSignal. */
import { setImmediate } from 'node:timers/promises';

/**
 * Runs work that can be interrupted: its signal is aborted by the first interrupt (a notebook's Interrupt button, Ctrl-C), so that it can
 * end by itself and keep what it has. A second interrupt does what an interrupt does otherwise.
 *
 * What the work throws because of the signal (`signal.throwIfAborted()`) ends it quietly.
 *
 * @param work checks the signal as often as it can stop
 * @returns whether it was interrupted
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const controller = new AbortController();
  // While the first statements of a cell run, Node.js guards SIGINT itself and forgets listeners that are added meanwhile.
  await setImmediate();
  // tslab's own listener would fail the cell at once, while its work went on unseen.
  const others = process.rawListeners('SIGINT') as NodeJS.SignalsListener[];
  const restore = () => {
    for (const listener of others.splice(0)) process.on('SIGINT', listener);
    process.off('SIGINT', stop);
  };
  const stop = () => {
    restore();
    controller.abort();
  };
  // Added before the others are removed, so that there is a listener at every moment.
  process.on('SIGINT', stop);
  for (const listener of others) process.off('SIGINT', listener);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted || error !== controller.signal.reason) throw error;
  } finally {
    restore();
  }
  return controller.signal.aborted;
}
