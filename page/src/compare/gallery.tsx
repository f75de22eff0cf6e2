/** Every run as a card with its picture: a press chooses it, or takes it back. */
import { useState } from 'preact/hooks';
import type { RunInfo, Welcome } from '../../../src/studio/protocol';
import { inPowers } from '../words';
import { departuresOf } from './runText';
import { runThumbnail } from './runPicture';

export interface GalleryProps {
  runs: readonly RunInfo[];
  isLoaded: boolean;
  chosen: readonly string[];
  onToggle: (id: string) => void;
  welcome: Welcome;
}

export function Gallery({ runs, isLoaded, chosen, onToggle, welcome }: GalleryProps) {
  const [wanted, setWanted] = useState('');
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const cards = runs
    .map((run) => ({ run, about: departuresOf(run, welcome) }))
    .filter(({ run, about }) => {
      const text = `${run.name} ${run.network} ${about}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  return (
    <>
      <h2>Runs</h2>
      <p class="help">Choose two or three. The first stays; a fourth takes the place of the third.</p>
      <label class="find">
        <span class="unseen">Find runs by name or setting</span>
        <input
          type="text"
          value={wanted}
          placeholder="Find by name or setting"
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      {isLoaded && cards.length === 0 && (
        <p class="help">
          {runs.length === 0
            ? 'There are no runs in results/ yet. Paint one, or begin a grid.'
            : 'No run has these words. Take some away.'}
        </p>
      )}
      <ul class="thumbs">
        {cards.map(({ run, about }) => (
          <li key={run.id}>
            <button
              type="button"
              aria-pressed={chosen.includes(run.id)}
              disabled={run.pictures === 0}
              onClick={() => onToggle(run.id)}
            >
              {run.pictures > 0 ? (
                <img src={runThumbnail(run)} alt="" loading="lazy" />
              ) : (
                <span class="no-picture">no picture yet</span>
              )}
              <b>
                {chosen.includes(run.id) && <span class="place">{chosen.indexOf(run.id) + 1}</span>}
                {run.name}
              </b>
              <span class="about">{about}</span>
              <span class="size">{run.last ? `loss ${inPowers(run.last.loss)}` : 'no iteration yet'}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
