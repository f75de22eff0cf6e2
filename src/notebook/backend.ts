/** Which tfjs backend computes what is not compiled: the cells of a lesson, small tensors, the preparation of targets. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { supplyRemovedUtil } from './removedUtil';

/** An optional dependency, unknown to the compiler: its native library comes from a host that not everyone reaches. */
const TFJS_NODE: string = '@tensorflow/tfjs-node';

export interface EagerBackend {
  name: 'tensorflow' | 'wasm' | 'cpu';
  /** Why it was chosen, in a sentence; undefined for the first choice. */
  instead?: string;
}

/** Loads @tensorflow/tfjs-node and computes something with it. Returns the reason if that fails. */
async function tfjsNode(load: () => Promise<unknown>): Promise<string | undefined> {
  try {
    supplyRemovedUtil();
    await load();
    if (!(await tf.setBackend('tensorflow'))) return 'its backend did not start';
    // A backend may start and then throw at every op, as this one does where Node lacks a function that it calls.
    tf.tidy(() => tf.matMul([[1]], [[1]]).dataSync());
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const itself = message.includes(`'${TFJS_NODE}'`);
    return itself && code?.endsWith('MODULE_NOT_FOUND')
      ? 'it is not installed'
      : (message.split('\n')[0] ?? message);
  }
}

/**
 * Sets the fastest tfjs backend that works here: tfjs-node, else WebAssembly, else plain JavaScript. Prints nothing; the caller says once
 * what is used instead. `load` imports tfjs-node.
 */
export async function useEagerBackend(
  load = () => import(TFJS_NODE) as Promise<unknown>,
): Promise<EagerBackend> {
  const reason = await tfjsNode(load);
  if (reason === undefined) return { name: 'tensorflow' };
  const because = `@tensorflow/tfjs-node is not used (${reason})`;
  // Only now: once imported it is tfjs's first choice, and everything before an await would fail.
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(path.join(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), path.sep));
  if (await keepingListeners(() => tf.setBackend('wasm').catch(() => false))) {
    return { name: 'wasm', instead: `TensorFlow.js computes in WebAssembly: ${because}.` };
  }
  await tf.setBackend('cpu');
  return {
    name: 'cpu',
    instead: `TensorFlow.js computes in plain JavaScript: ${because}, and WebAssembly did not start.`,
  };
}

/**
 * Removes what was added meanwhile to the process's listeners for errors that nobody caught. tfjs's WebAssembly module adds some that
 * throw them again, so that a forgotten await would end a notebook's kernel, and print the module's whole source.
 */
async function keepingListeners<T>(work: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map((event) => process.rawListeners(event));
  const result = await work();
  for (const [i, event] of events.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]?.includes(listener)) process.off(event, listener as () => void);
    }
  }
  return result;
}
