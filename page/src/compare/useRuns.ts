/** The gallery as it is now: asked for anew whenever the studio has written a picture. */
import { useEffect, useState } from 'preact/hooks';
import type { Gallery, StudioState } from '../../../src/studio/protocol';
import { ask } from '../ask';

const NONE: Gallery = { runs: [], problems: [] };

export interface Runs extends Gallery {
  isLoaded: boolean;
}

export function useRuns({ painting, grids }: StudioState): Runs {
  const [runs, setRuns] = useState<Runs>({ ...NONE, isLoaded: false });
  const leg = painting?.legs.at(-1);
  const written = [
    leg?.name,
    painting?.status === 'ended',
    leg?.steps.at(-1)?.iteration,
    ...grids.flatMap(({ cells }) => cells.flat().map(({ status, iterations }) => `${status}${iterations}`)),
  ].join();
  useEffect(() => {
    let isWanted = true;
    ask<Gallery>('runs').then(
      (gallery) => isWanted && setRuns({ ...gallery, isLoaded: true }),
      (error: Error) =>
        isWanted && setRuns((before) => ({ ...before, problems: [error.message], isLoaded: true })),
    );
    return () => {
      isWanted = false;
    };
  }, [written]);
  return runs;
}
