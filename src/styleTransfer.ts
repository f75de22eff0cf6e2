/** A whole transfer in one call: for scripts, other programs and pages. */
import type { PictureSource } from './picture/image';
import { type RgbValues, eightBit, sixteenBit } from './picture/preprocess';
import { problemFromSettings } from './problem/fromSettings';
import { type Problem, type ProblemOptions, createProblem } from './problem/problem';
import { reports } from './reports';
import { type Settings, readSettings } from './settings';
import { estimateOf, timed } from './transfer/estimate';
import type { PreparationEvent, TransferEvent } from './transfer/events';
import { type LoopEvent, type Transfer, type TransferOptions, transfer } from './transfer/transfer';

/** The pictures, as paths, bytes or in memory, and whatever settings depart from the defaults. */
export interface StyleTransferRequest extends Partial<Omit<Settings, 'content' | 'style' | 'mask' | 'out'>> {
  content: PictureSource;
  /** One style picture, or several. */
  style: PictureSource | readonly PictureSource[];
  /** Grey pictures, one for each style picture or one fewer. */
  mask?: PictureSource | readonly PictureSource[];
}

export type StyleTransferOptions = Pick<ProblemOptions, 'openNetwork' | 'beforeWork' | 'freeMemory'> &
  Pick<TransferOptions, 'signal' | 'from'>;

/**
 * Paints the content of one picture in the style of another:
 *
 *     const run = styleTransfer({ content: 'a.jpg', style: 'b.jpg' });
 *     for await (const event of run) if (event.type === 'iteration') await saveImage(await run.picture(), 'result.png');
 *
 * It writes no files. Where the signal is aborted it ends at once, with an end event that says so.
 *
 * @throws UserError for a setting, picture, layer or weights that cannot be used
 */
export function styleTransfer(
  { content, style, mask, ...given }: StyleTransferRequest,
  { signal, from, ...options }: StyleTransferOptions = {},
): Transfer<TransferEvent> {
  const styles = listOf(style);
  const masks = mask === undefined ? undefined : listOf(mask);
  const settings = readSettings({
    content: 'content',
    style: styles.map((_, i) => `style ${i + 1}`),
    mask: masks?.map((_, i) => `mask ${i + 1}`),
    ...given,
  });
  const problem = { ...problemFromSettings(settings), ...options, content, styles, masks };
  return wholeTransfer(problem, { ...settings, signal, from });
}

function listOf(sources: PictureSource | readonly PictureSource[]): readonly PictureSource[] {
  return Array.isArray(sources) ? (sources as readonly PictureSource[]) : [sources as PictureSource];
}

/**
 * The same for a problem of any terms, variables and pictures.
 *
 * @throws UserError as createProblem and transfer do
 */
export function wholeTransfer(
  problem: Omit<ProblemOptions, 'signal' | 'onEvent'>,
  options: TransferOptions,
): Transfer<TransferEvent> {
  const { signal } = options;
  // A run that goes on has its variables already.
  const continued = options.from && { first: undefined, onFirst: undefined };
  let run: Transfer<LoopEvent> | undefined;
  let first: RgbValues | undefined;
  async function* events(): AsyncGenerator<TransferEvent, void, void> {
    const began = performance.now();
    // A reader that goes away ends the preparation, a download included.
    const abandoned = new AbortController();
    const either = AbortSignal.any([abandoned.signal, ...(signal ? [signal] : [])]);
    const preparation = reports<PreparationEvent, Problem>(
      (onEvent) =>
        createProblem({
          ...problem,
          onFirst: ({ values, isContent }) => {
            first = values;
            onEvent({ type: 'first', isContent });
          },
          ...continued,
          signal: either,
          onEvent,
        }),
      (late) => late.dispose(),
    );
    let prepared: Problem;
    try {
      prepared = yield* preparation;
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      const seconds = (performance.now() - began) / 1000;
      const progress = { iteration: 0, evaluations: 0, seconds };
      return yield {
        type: 'end',
        ...progress,
        reason: 'stopped',
        message: 'Stopped before the first iteration.',
        withinIteration: false,
      };
    } finally {
      abandoned.abort();
    }
    try {
      const { problem: once, secondsEach } = timed(prepared);
      run = transfer(once, options);
      let isEstimated = false;
      for await (const event of run) {
        yield event;
        if (isEstimated || event.type !== 'start') continue;
        isEstimated = true;
        const estimate = await estimateOf(secondsEach, options);
        if (estimate) yield estimate;
      }
    } finally {
      const disposal = prepared.dispose();
      // After an abort nobody waits for the evaluation that was given up.
      if (!signal?.aborted) await disposal;
    }
  }
  const begun = () => {
    if (first) return first;
    throw new Error(
      "There is no picture yet, because the transfer is still being prepared. Wait for its event 'first'.",
    );
  };
  return Object.assign(events(), {
    picture: async () => run?.picture() ?? eightBit(begun(), options.rounding),
    deepPicture: async () => run?.deepPicture() ?? sixteenBit(begun(), options.rounding),
    checkpoint: async () => {
      if (run) return run.checkpoint();
      throw new Error(
        'There is no checkpoint yet, because the transfer is still being prepared. Wait for its first step.',
      );
    },
  });
}
