/**
 * Takes tfjs's greeting away, by being imported. At the first op on its cpu backend tfjs prints "Hi, looks like you are running
 * TensorFlow.js in Node.js ..." and tells whoever reads to install another backend. Here that backend only prepares what ONNX Runtime
 * computes. Nothing else about tfjs changes, in particular not its PROD flag, which belongs to the program that imports this.
 */
import { findBackend } from '@tensorflow/tfjs';

const cpu: object | null = findBackend('cpu');
if (cpu && 'firstUse' in cpu) {
  cpu.firstUse = false;
  // tfjs makes another object of this class when it chooses its backend by itself.
  Object.defineProperty(Object.getPrototypeOf(cpu), 'firstUse', {
    get: () => false,
    set: () => undefined,
    configurable: true,
  });
}
