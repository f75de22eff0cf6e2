/** What the room of the fast styles and its worker say to each other. */
import type { Picture } from '../../../src/picture/image';

/** What computes: a graphics card, or the processor. */
export type Provider = 'webgpu' | 'wasm';

export interface OpenOrder {
  type: 'open';
  provider: Provider;
  /** The address of the runtime's files, with a slash at the end. */
  runtime: string;
  /** The network's address. */
  network: string;
  threads: number;
}

export interface PaintOrder {
  type: 'paint';
  /** Absent: the one before once more. */
  picture?: Picture;
  style: Float32Array;
  /** 0 to 1. */
  strength: number;
  /** How much of a film's still parts is held, 0 to below 1; absent for a picture. */
  steady?: number;
  /** For a picture beside the one that is painted again and again. */
  isBeside?: boolean;
}

export type Order = (OpenOrder | PaintOrder) & { id: number };

/** The answer to an order; of `open` the picture is absent. */
export interface Reply {
  id: number;
  picture?: Picture;
  error?: string;
}
