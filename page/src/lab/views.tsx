/** What a layer sees of the two pictures: its feature maps, and its Gram matrix. */
import { useEffect, useState } from 'preact/hooks';
import { fetched } from '../ask';
import { Problem } from '../parts/problem';

const SEEN = {
  maps: ['Feature maps', 'the eight channels that vary most, dark to bright'],
  gram: ['Gram matrix', 'how often two channels respond together'],
} as const;
type Kind = keyof typeof SEEN;

export interface ViewsProps {
  layer: string;
  content: string | undefined;
  style: string | undefined;
  network: string;
  /** Whether a painting is at work, which has the processor too. */
  isPainting: boolean;
}

export function Views({ layer, content, style, network, isPainting }: ViewsProps) {
  const [kind, setKind] = useState<Kind>('maps');
  const [title, meaning] = SEEN[kind];
  return (
    <section class="views" aria-label={`What ${layer} sees`}>
      <h2>What {layer} sees</h2>
      <div class="kinds" role="group" aria-label="What is shown">
        {(Object.keys(SEEN) as Kind[]).map((each) => (
          <button type="button" aria-pressed={each === kind} onClick={() => setKind(each)}>
            {SEEN[each][0]}
          </button>
        ))}
        <span class="about">{meaning}</span>
      </div>
      <div class="pair">
        {Object.entries({ content, style }).map(([name, picture]) => (
          <figure>
            <figcaption>of the {name} picture</figcaption>
            {picture ? (
              <Seen
                path={`lab/${picture}/${layer}/${kind}.png?network=${network}`}
                isPainting={isPainting}
                alt={`${title} of ${layer} for the ${name} picture`}
              />
            ) : (
              <p class="about">Choose a {name} picture.</p>
            )}
          </figure>
        ))}
      </div>
    </section>
  );
}

/** A figure of the server; until it has come, the one before stays. */
function Seen({ path, alt, isPainting }: { path: string; alt: string; isPainting: boolean }) {
  const [shown, setShown] = useState<{ src?: string; path?: string; problem?: string }>({});
  useEffect(() => {
    const gone = new AbortController();
    fetched(path, { signal: gone.signal })
      .then((response) => response.blob())
      .then((blob) => {
        if (!gone.signal.aborted) setShown({ src: URL.createObjectURL(blob), path });
      })
      .catch((error: Error) => {
        if (!gone.signal.aborted) setShown({ problem: error.message, path });
      });
    return () => gone.abort();
  }, [path]);
  useEffect(
    () => () => {
      if (shown.src) URL.revokeObjectURL(shown.src);
    },
    [shown.src],
  );
  if (shown.problem) return <Problem>{shown.problem}</Problem>;
  return (
    <div class="seen" aria-busy={shown.path !== path}>
      {shown.src ? (
        <img src={shown.src} alt={alt} />
      ) : (
        <p class="about">
          The network looks at the picture.
          {isPainting && ' The painting goes on meanwhile, so this takes longer.'}
        </p>
      )}
    </div>
  );
}
