/** Runs beside each other, which are enlarged and moved together. */
import { useEffect, useState } from 'preact/hooks';
import type { RunInfo } from '../../../src/studio/protocol';
import { type View, Viewer, WHOLE } from '../parts/viewer';
import { runPicture } from './runPicture';

export interface SideBySideProps {
  runs: readonly RunInfo[];
  onRemove: (id: string) => void;
  /** Its settings are wanted for the next painting. */
  onUse: (run: RunInfo) => void;
}

export function SideBySide({ runs, onRemove, onUse }: SideBySideProps) {
  const [view, setView] = useState<View>(WHOLE);
  const none = runs.length === 0;
  useEffect(() => {
    if (none) setView(WHOLE);
  }, [none]);
  if (none) return <p class="empty">Choose runs, and they are shown here side by side.</p>;
  return (
    <div class="beside">
      {runs.map((run, i) => (
        <figure key={run.id}>
          <figcaption>
            <b>
              <span class="place">{i + 1}</span>
              {run.name}
            </b>
            <button type="button" class="plain" onClick={() => onUse(run)}>
              Paint with these settings<span class="unseen"> ({run.name})</span>
            </button>
            <button type="button" class="plain" onClick={() => onRemove(run.id)}>
              Take away<span class="unseen"> {run.name}</span>
            </button>
          </figcaption>
          <Viewer
            src={runPicture(run)}
            alt={`The result of ${run.name}`}
            view={view}
            onView={setView}
            aspect={run.size.width / run.size.height}
          />
        </figure>
      ))}
    </div>
  );
}
