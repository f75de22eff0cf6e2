/** A transfer whose files are written into its folder as it goes: what the command line and the studio run. */
import { problemFromSettings } from '../problem/fromSettings';
import { assertFits, availableMemory } from '../problem/memory';
import type { Plan, ProblemOptions, ProblemSource } from '../problem/problem';
import type { Settings } from '../settings';
import { wholeTransfer } from '../styleTransfer';
import type { FirstEvent, TransferEvent } from '../transfer/events';
import type { Transfer, TransferOptions } from '../transfer/transfer';
import { type Results, checkRoom } from './results';

export interface RecordedTransferOptions
  extends Pick<TransferOptions, 'signal' | 'from'>, Pick<ProblemOptions, 'openNetwork'> {
  /** Even if memory or disk space seems too small. Default false. */
  force?: boolean;
  /** Bytes that the process may still take; default: what the system reports. */
  freeMemory?: () => number;
  /** Checks the plan before the work begins. */
  check?: (plan: Plan) => void;
  /** Opens the folder, once everything has proved to work: it may hold an earlier run's results until then. */
  open: (source: ProblemSource) => Promise<Results>;
}

/**
 * Runs a transfer and yields its events, each after its files are written. The folder is given back at the end.
 *
 * @throws UserError as wholeTransfer does, and where there is too little memory or room, or a file cannot be written
 */
export function recordedTransfer(
  settings: Settings,
  {
    signal,
    from,
    openNetwork,
    force = false,
    freeMemory = availableMemory,
    check,
    open,
  }: RecordedTransferOptions,
): Transfer<TransferEvent> {
  let source: ProblemSource | undefined;
  const beforeWork = async (plan: Plan) => {
    ({ source } = plan);
    check?.(plan);
    if (force) return;
    await checkRoom(settings.out, plan.length);
    await assertFits(source, plan.bytesAt, freeMemory());
  };
  const transfer = wholeTransfer(
    { ...problemFromSettings(settings), openNetwork, beforeWork, freeMemory },
    { ...settings, signal, from },
  );
  async function* events(): AsyncGenerator<TransferEvent, void, void> {
    let results: Results | undefined;
    let first: FirstEvent | undefined;
    try {
      for await (const event of transfer) {
        if (event.type === 'first') first = event;
        if (event.type === 'compiled' && source) {
          results = await open(source);
          if (first) await results.record(first, transfer);
        }
        await results?.record(event, transfer);
        yield event;
      }
    } finally {
      await results?.close();
    }
  }
  return Object.assign(events(), {
    picture: () => transfer.picture(),
    deepPicture: () => transfer.deepPicture(),
    checkpoint: () => transfer.checkpoint(),
  });
}
