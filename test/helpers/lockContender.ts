/** A process that takes and gives back a folder's lock when it is told to, for folderLock.test.ts. */
import { UserError } from '../../src/errors';
import { lockFolder } from '../../src/runFolder/folderLock';

export type Order = { take: string; at: number } | { giveBack: true };
export type Answer = 'ready' | 'held' | 'refused' | 'given back';

const answer = (text: Answer) => process.send?.(text);
let unlock: (() => Promise<void>) | undefined;

async function obey(order: Order): Promise<void> {
  if ('giveBack' in order) {
    await unlock?.();
    unlock = undefined;
    answer('given back');
    return;
  }
  // Spins, because a timer would be a millisecond late in one process or the other.
  while (performance.timeOrigin + performance.now() < order.at);
  try {
    unlock = await lockFolder(order.take);
    answer('held');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    answer('refused');
  }
}

process.on('message', (order: Order) => void obey(order));
answer('ready');
