/** The room to compare in: the gallery on one side; two or three runs side by side, and grids, on the other. */
import { useEffect, useState } from 'preact/hooks';
import type { RunInfo } from '../../../src/studio/protocol';
import { draftOf, withKnownPictures } from '../draft';
import { keep, kept } from '../kept';
import { Problem } from '../parts/problem';
import type { RoomProps } from '../rooms';
import { Differences } from './differences';
import { Gallery } from './gallery';
import { GridForm } from './gridForm';
import { Grids } from './grids';
import { SideBySide } from './sideBySide';
import { useRuns } from './useRuns';

const MOST = 3;
const KEPT = 'compared';

export function Compare({ welcome, setWelcome, state, draft, setDraft }: RoomProps) {
  const { runs, problems, isLoaded } = useRuns(state);
  const [ids, setIds] = useState<readonly string[]>(() => kept<string[]>(KEPT) ?? []);
  useEffect(() => keep(KEPT, ids), [ids]);
  const chosen = ids.map((id) => runs.find((run) => run.id === id)).filter((run) => run !== undefined);
  const here = chosen.map(({ id }) => id);
  /** A fourth takes the place of the third, so that the first stays what the others are compared with. */
  const toggle = (id: string) =>
    setIds(here.includes(id) ? here.filter((each) => each !== id) : [...here.slice(0, MOST - 1), id]);
  const use = (run: RunInfo) => {
    setDraft(withKnownPictures(draftOf(run, welcome), draft, welcome));
    location.hash = '#paint';
  };
  return (
    <main class="compare-room">
      <section class="gallery" aria-label="Runs">
        <Gallery runs={runs} isLoaded={isLoaded} chosen={here} onToggle={toggle} welcome={welcome} />
        {problems.map((problem) => (
          <Problem>{problem}</Problem>
        ))}
      </section>
      <section class="side-by-side" aria-label="Side by side">
        <SideBySide runs={chosen} onRemove={toggle} onUse={use} />
        <Differences runs={chosen} welcome={welcome} />
      </section>
      <section class="grids" aria-label="Grids">
        <GridForm welcome={welcome} setWelcome={setWelcome} draft={draft} />
        <Grids grids={state.grids} welcome={welcome} chosen={here} onToggle={toggle} />
      </section>
    </main>
  );
}
