/** What each layer alone would paint, as a wall of thumbnails that fills. */
import { useState } from 'preact/hooks';
import type { GivenWall, Wall, WallCell } from '../../../src/studio/protocol';
import { tell } from '../ask';
import { Problem } from '../parts/problem';

const KINDS = { style: 'Style', content: 'Content' } as const;
type Kind = keyof typeof KINDS;
const DOING: Record<Wall['status'], string> = {
  painting: 'It paints, layer by layer.',
  resting: 'It rests while a painting is at work.',
  stopped: 'It is stopped. What is painted stays.',
  ended: 'All layers have painted.',
};

export interface LayerWallProps {
  wall: Wall | undefined;
  layers: readonly string[];
  /** The pictures and the network that are chosen. */
  wanted: Omit<GivenWall, 'kind'> | undefined;
  layer: string;
  onLook: (layer: string) => void;
}

export function LayerWall({ wall, layers, wanted, layer, onLook }: LayerWallProps) {
  const [kind, setKind] = useState<Kind>(wall?.kind ?? 'style');
  const [problem, setProblem] = useState<string>();
  const shown = wall && wanted && isOf(wall, { kind, ...wanted }) ? wall : undefined;
  const isAtWork = wall?.status === 'painting' || wall?.status === 'resting';
  const act = (path: string, body: object) => {
    setProblem(undefined);
    tell(path, body).catch((error: Error) => setProblem(error.message));
  };
  const begin = (next: Kind) => wanted && act('lab/wall', { kind: next, ...wanted });
  return (
    <section class="wall" aria-label="What each layer alone would paint">
      <h2>What each layer alone would paint</h2>
      <div class="kinds">
        <span class="kinds" role="group" aria-label="What the layer is asked for">
          {(Object.keys(KINDS) as Kind[]).map((each) => (
            <button type="button" aria-pressed={each === kind} onClick={() => setKind(each)}>
              {KINDS[each]}
            </button>
          ))}
        </span>
        {shown && isAtWork ? (
          <button type="button" onClick={() => act('lab/wall/stop', {})}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            class="main"
            disabled={!wanted || shown?.status === 'ended'}
            onClick={() => begin(kind)}
          >
            {shown?.status === 'stopped' ? 'Go on' : 'Paint the wall'}
          </button>
        )}
        <span class="about" role="status">
          {shown ? DOING[shown.status] : 'Sixteen small pictures from noise, a few seconds each.'}
        </span>
      </div>
      {problem && <Problem>{problem}</Problem>}
      <ul class="thumbs">
        {layers.map((each) => (
          <li key={each}>
            <button type="button" aria-pressed={each === layer} onClick={() => onLook(each)}>
              <Cell cell={shown?.cells.find((cell) => cell.layer === each)} wall={shown} />
              <span>{each}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function isOf(wall: Wall, wanted: GivenWall): boolean {
  return (Object.keys(wanted) as (keyof GivenWall)[]).every((name) => wall[name] === wanted[name]);
}

function Cell({ cell, wall }: { cell: WallCell | undefined; wall: Wall | undefined }) {
  if (cell?.error) return <span class="blank problem">{cell.error}</span>;
  if (!cell || !wall || cell.evaluations === 0) {
    return <span class="blank">{cell?.status === 'painting' ? 'It begins.' : ''}</span>;
  }
  const { kind, content, style, network } = wall;
  const which = new URLSearchParams({
    kind,
    content,
    style,
    network,
    evaluations: String(cell.evaluations),
  }).toString();
  return (
    <img
      src={`api/lab/wall/${cell.layer}.png?${which}`}
      alt={`The ${kind} as ${cell.layer} knows it, ${cell.evaluations} evaluations`}
    />
  );
}
