import type { Feed } from './feed';
import type { StudioState } from './protocol';

/**
 * Rests while a painting is at work: whoever paints waits for the picture.
 *
 * @param onRest called where it has to rest
 * @returns whether it has rested
 */
export async function giveWay(feed: Feed, signal: AbortSignal, onRest: () => void): Promise<boolean> {
  const isFree = ({ painting }: StudioState) =>
    painting === undefined || painting.status === 'paused' || painting.status === 'ended';
  if (isFree(feed.state)) return false;
  onRest();
  await feed.until(isFree, signal);
  return true;
}
