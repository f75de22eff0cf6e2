/**
 * A transfer as a problem for the optimiser: pictures, a network and a list of loss terms become one compiled function of the
 * variables. In [16] to [23] of the chapter, in order.
 */
import * as tf from '@tensorflow/tfjs';
import { abortable } from '../abortable';
import type { Computed, InputArray, DeviceName } from '../compile';
import { type Device, chooseDevice, reasonOf } from '../device';
import { UserError } from '../errors';
import type { LossAndGrads } from '../losses/transferLoss';
import { CHAPTER_TERMS, type LossTerm, assertTerms, layersOf, smallestSeen } from '../losses/terms';
import { type Network, type OpenNetwork, openNetwork } from '../network/network';
import type { Progress as Download } from '../network/download';
import type { Picture, PictureSource, ResizeFilter, Size } from '../picture/image';
import { type RgbValues, preprocess, valuesOf } from '../picture/preprocess';
import { SETTINGS, type Settings } from '../settings';
import type { PreparationEvent } from '../transfer/events';
import type { MakeVariables, Variables } from '../variables/variables';
import { pyramid } from '../variables/pyramid';
import { type CompiledLoss, compileLoss } from './compiledLoss';
import { sizeWithMargin, withMargin, withoutMargin } from './margin';
import { givenMasks, readRegions } from './masks';
import { availableMemory, bytesNeeded, optimiserBytes } from './memory';
import { type Finish, recolored } from './recolor';
import { type SizedPictures, type SourceRecord, type StyleSize, readPictures, recordsOf } from './sources';
import { type BytesNeeded, chooseTiling, leastBytes } from './tiling';

export interface ProblemOptions {
  content: PictureSource;
  /** The terms name them by their index. */
  styles: readonly PictureSource[];
  /** Of the result, in pixels; its width keeps the content picture's proportions. */
  height?: number;
  /** How pictures are resized. */
  resize?: ResizeFilter;
  /** The size that a style picture gets. Default the result's, which the chapter's Gram matrices need. */
  styleSize?: (style: Size, result: Size) => StyleSize;
  /** Whose colours the result has. */
  color?: Settings['color'];
  /** Grey pictures, or `sky`: the regions of the result that terms name by their index. See masks.ts. */
  masks?: readonly PictureSource[];
  /** Default the chapter's. */
  terms?: readonly LossTerm[];
  /** How many pixels are painted beyond each border of the result and cut off; default none. */
  margin?: number;
  /** What the optimiser moves; default a pyramid. */
  variables?: MakeVariables;
  /** The picture that the optimiser starts from, given the resized pictures. Default the content picture. */
  first?: (pictures: SizedPictures, options: FirstPictureOptions) => Picture | Promise<Picture>;
  network?: Settings['network'];
  /** A file of the network's weights; default wherever they are found. */
  weights?: string;
  /** Called with the picture that the optimiser starts from, as it would be shown, before the loss is compiled. */
  onFirst?: (first: FirstPicture) => void;
  /** Opens the network, or provides another one. */
  openNetwork?: OpenNetwork;
  /** Where to compute. */
  device?: Settings['device'];
  /** Chooses the processor or a GPU, or provides another choice. */
  chooseDevice?: (wanted: Settings['device']) => Promise<Device>;
  /** Whether wide convolutions may be computed by Winograd's algorithm. */
  winograd?: boolean;
  /** How the network sees a large picture: whole, in windows of about so many pixels, or auto, which is whole if that fits into the memory. */
  tile?: Settings['tile'];
  /** Bytes that the process may still take; default: what the system reports. */
  freeMemory?: () => number;
  threads?: number;
  /** When aborted, the preparation ends with the signal's reason, a download included. */
  signal?: AbortSignal;
  onEvent?: (event: PreparationEvent) => void;
  /** Called once the pictures and the network are read, before the work begins; an error that it throws ends the preparation. */
  beforeWork?: (plan: Plan) => void | Promise<void>;
}

/** What a first picture may need besides the resized pictures. */
export interface FirstPictureOptions {
  masks: readonly PictureSource[];
  signal?: AbortSignal;
}

export interface FirstPicture {
  /** With the result's size. */
  values: RgbValues;
  /** Whether it is the content picture. */
  isContent: boolean;
}

/** What two transfers must share to give the same pictures, besides their terms and settings. */
export interface ProblemSource extends Size {
  content: SourceRecord;
  styles: readonly SourceRecord[];
  /** Those that are not found in the content picture; absent where there are none. */
  masks?: readonly SourceRecord[];
  network: Network['name'];
  weights: Network['weights'];
  /** Where it is computed: the processor's numbers and a GPU's differ in their last digits. */
  device: DeviceName;
  /** About how long the sides are of the windows in which it is seen, in pixels; absent where it is seen whole. */
  tile?: number;
}

/** A transfer before its work begins. */
export interface Plan {
  source: ProblemSource;
  /** How many variables the optimiser moves. */
  length: number;
  /** Bytes that the run needs at this size or another, beyond what the process already holds. */
  bytesAt: (size: Size) => Promise<number>;
}

/** What is compiled: the loss, its terms by name and its gradient by the variables, and the picture that they make, in VGG19's form. */
export interface Evaluated extends LossAndGrads {
  picture: tf.Tensor;
}

/** One evaluation. */
export type Evaluation = Computed<Evaluated>;

/** What the loop minimises. Its size is the canvas's: the result's with its margin. */
export interface TransferProblem extends Size {
  variables: Pick<Variables, 'from' | 'bounds' | 'length'>;
  /** The variables to begin at. */
  z0: Float64Array;
  /** Loss and gradient at the variables z, compiled. */
  lossAndGrads: (z: InputArray) => Promise<Evaluation>;
  /** About how many seconds an evaluation takes, where that can be told without making it: in windows it can. */
  secondsEach?: (z: InputArray) => Promise<number>;
  /** What becomes of the canvas before it is shown or saved: the margin is cut off, colours are kept. Default nothing. */
  finish?: Finish;
}

/** A transfer, ready to run. Dispose of it after use. */
export interface Problem extends TransferProblem, AsyncDisposable {
  finish: Finish;
  source: ProblemSource;
  /** Which network it is and why, in a sentence. */
  choice: string;
  /** Frees the compiled function. */
  dispose: () => Promise<void>;
}

/**
 * Reads the pictures, opens the network, computes the targets once, and compiles loss and gradient.
 *
 * @throws UserError for pictures, terms, layers or weights that cannot be used; the signal's reason where it is aborted
 */
export async function createProblem({
  height = SETTINGS.height.default,
  resize = SETTINGS.resize.default,
  styleSize = (_, result) => result,
  color = SETTINGS.color.default,
  masks = [],
  terms = CHAPTER_TERMS,
  margin = 0,
  variables: makeVariables = pyramid,
  first = ({ content }) => content,
  onFirst,
  network: networkName = SETTINGS.network.default,
  openNetwork: open = openNetwork,
  device: wantedDevice = SETTINGS.device.default,
  chooseDevice: choose = chooseDevice,
  winograd = SETTINGS.winograd.default,
  tile: wantedTile = SETTINGS.tile.default,
  freeMemory = availableMemory,
  threads = SETTINGS.threads.default,
  weights,
  signal,
  onEvent,
  beforeWork,
  ...sources
}: ProblemOptions): Promise<Problem> {
  signal?.throwIfAborted();
  assertTerms(terms);
  await tf.ready();
  const onNotice = (message: string) => onEvent?.({ type: 'notice', message });
  const read = await readPictures(sources, { height, resize, styleSize, onNotice });
  const { pictures, finish } = await recolored(read, color);
  const size = sizeOf(pictures.content);
  const canvas = sizeWithMargin(size, margin);
  const regions = await readRegions(masks, pictures.styles.length, read.content, margin);
  const variables = makeVariables(canvas);
  const seen = {
    content: withMargin(pictures.content, margin),
    styles: pictures.styles.map((style) => withMargin(style, margin)),
  };
  onEvent?.({ type: 'pictures', size, styles: pictures.styles.map(sizeOf) });
  const firstPicture = once(async () => {
    const begin = await first(pictures, { masks, signal });
    onFirst?.({ values: finish(valuesOf(begin)), isContent: begin === pictures.content });
    return begin;
  });

  const onDownload = (progress: Download) => onEvent?.({ type: 'download', ...progress });
  const request = {
    network: networkName,
    layers: layersOf(terms),
    size: (layer: string) => smallestSeen(terms, layer, canvas, seen.styles),
    weights,
    signal,
    onDownload,
  };
  const network = await abortable(open(request), signal, (late) => late.dispose());
  try {
    const { choice, name, extractor } = network;
    onEvent?.({ type: 'network', name, choice, weights: network.weights.path });
    const records = await recordsOf({ ...sources, masks: givenMasks(masks) });
    const device = await abortable(choose(wantedDevice), signal);
    try {
      return await prepareOn(device);
    } catch (error) {
      const isFinal = wantedDevice !== 'auto' || device.name === 'cpu' || error instanceof UserError;
      if (isFinal || signal?.aborted) throw error;
      return await prepareOn({
        name: 'cpu',
        why: `The processor computes: the GPU failed (${reasonOf(error)}).`,
      });
    }

    async function prepareOn({ name: device, why }: Device): Promise<Problem> {
      onEvent?.({ type: 'device', name: device, why });
      const bytesNeededAt = remembered(async (canvasAt: Size, side: number | undefined) => {
        const parts = { terms, extractor, regions, variables: makeVariables(canvasAt), device, winograd };
        if (side === undefined) return bytesNeeded({ ...parts, styleSizes: seen.styles }, canvasAt);
        const { bytesNeededTiled } = await import('../tiles/memory.js');
        return bytesNeededTiled(parts, canvasAt, side);
      });
      const available = freeMemory();
      const { tile, bytes, why: whyTiled } = await chooseTiling(wantedTile, canvas, bytesNeededAt, available);
      const held = process.memoryUsage.rss();
      if (whyTiled) onNotice(whyTiled);
      const source = { ...size, ...records, network: name, weights: network.weights, device, tile };
      const bytesAt = async (at: Size) => {
        if (at.height === size.height) return bytes;
        const canvasAt = sizeWithMargin(at, margin);
        // These alone may be too much, which is known at once.
        const arrays = optimiserBytes(makeVariables(canvasAt).length);
        return arrays > available ? arrays : leastBytes(wantedTile, canvasAt, bytesNeededAt, available);
      };
      await beforeWork?.({ source, length: variables.length, bytesAt });
      signal?.throwIfAborted();

      const begin = await abortable(firstPicture(), signal);
      const z0 = variablesOf(withMargin(begin, margin), variables);
      const loss = await compileLoss({
        terms,
        extractor,
        pictures: seen,
        regions,
        variables,
        size: canvas,
        tile,
        device,
        threads,
        winograd,
        signal,
        onTargets: () => onEvent?.({ type: 'targets' }),
      });
      if (device !== 'cpu') await tryOut(loss, z0);
      onEvent?.({ type: 'compiled', bytes: held + bytes });
      return {
        ...canvas,
        variables,
        z0,
        ...loss,
        finish: (whole) => finish(withoutMargin(whole, margin)),
        source,
        choice,
        [Symbol.asyncDispose]: loss.dispose,
      };
    }

    /** A GPU compiles its shaders and takes its memory at the first call. What fails there fails here. */
    async function tryOut({ lossAndGrads, dispose }: CompiledLoss, z0: Float64Array): Promise<void> {
      await abortable(lossAndGrads(z0), signal).catch(async (error: unknown) => {
        const disposal = dispose();
        if (!signal?.aborted) await disposal;
        throw error;
      });
    }
  } finally {
    network.dispose();
  }
}

function variablesOf(picture: Picture, variables: Variables): Float64Array {
  const x = preprocess(picture);
  try {
    return variables.from(x.dataSync());
  } finally {
    x.dispose();
  }
}

function sizeOf({ height, width }: Size): Size {
  return { height, width };
}

/** The same work, done at the first call only. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

/** The same function of a size and a tile, which computes each once. */
function remembered(bytesNeeded: BytesNeeded): BytesNeeded {
  const known = new Map<string, Promise<number>>();
  return (size, tile) => {
    const key = `${size.width} x ${size.height}, ${tile}`;
    const bytes = known.get(key) ?? bytesNeeded(size, tile);
    known.set(key, bytes);
    return bytes;
  };
}
