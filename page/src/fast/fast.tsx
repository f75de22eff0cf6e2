/** The room of the fast styles: a camera, a picture or a video, painted in one pass by the browser itself. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { FastStyle, Welcome } from '../../../src/studio/protocol';
import { ask } from '../ask';
import { PictureField, withPicture } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import { Slider } from '../parts/slider';
import type { RoomProps } from '../rooms';
import type { Provider } from './messages';
import { THREADS, providers } from './painter';
import { type FastPainting, type Painted, useFastPainting } from './painting';
import { OwnStyle } from './ownStyle';
import { Palette, styleName } from './palette';
import type { Choice } from './sources';

const HEIGHTS = [120, 180, 240, 360, 480, 720] as const;
const KINDS = { picture: 'Picture', camera: 'Camera', video: 'Video' } as const;
const IN_WORDS: Record<Provider, string> = {
  webgpu: 'WebGPU, the graphics card',
  wasm: `WebAssembly, ${THREADS} ${THREADS === 1 ? 'thread' : 'threads'}`,
};

export function Fast({ welcome, setWelcome }: RoomProps) {
  const [styles, setStyles] = useState<FastStyle[]>([]);
  const [offered, setOffered] = useState<Provider[]>([]);
  const [problem, setProblem] = useState<string>();
  const [id, setId] = useState<string>();
  const [second, setSecond] = useState<string>();
  const [share, setShare] = useState(50);
  const [strength, setStrength] = useState(100);
  const [height, setHeight] = useState<number>(240);
  const [provider, setProvider] = useState<Provider>();
  const [choice, setChoice] = useState<Choice | undefined>(() => firstChoice(welcome));
  const [isPaused, setPaused] = useState(false);
  useEffect(() => {
    ask<FastStyle[]>('fast/styles').then(
      (all) => setStyles(ownFirst(all)),
      (error: Error) => setProblem(error.message),
    );
    void providers().then(setOffered);
  }, []);

  const style = styles.find((each) => each.id === id) ?? styles[0];
  const partners = styles.filter((each) => each.network === style?.network && each !== style);
  const partner = partners.find((each) => each.id === second);
  const look = useMemo(
    () => style && { style: mixed(style, partner, share / 100), strength: strength / 100 },
    [style, partner, share, strength],
  );
  const computing = provider ?? offered[0];
  const painting = useFastPainting({
    choice,
    height,
    network: style?.network,
    provider: computing,
    look,
    isPaused,
  });

  return (
    <main class="paint fast">
      <section class="controls" aria-label="Source and style">
        <Sources choice={choice} onChoose={setChoice} welcome={welcome} setWelcome={setWelcome} />
        {problem && <Problem>{problem}</Problem>}
        <Slider label="Strength" value={strength} onChange={setStrength} />
        <label class="wide">
          <span>Mix with</span>
          <select value={partner?.id ?? ''} onChange={(event) => setSecond(event.currentTarget.value)}>
            <option value="">no other style</option>
            {partners.map((each) => (
              <option value={each.id}>{styleName(each.name)}</option>
            ))}
          </select>
        </label>
        <Slider
          label={partner ? `Part of ${styleName(partner.name)}` : 'Part of the other style'}
          value={share}
          onChange={setShare}
          isDisabled={!partner}
        />
        <OwnStyle
          onAdd={(added) => {
            setStyles(ownFirst(added.styles));
            setId(added.id);
          }}
        />
        <label class="wide">
          <span>Height</span>
          <select value={height} onChange={(event) => setHeight(Number(event.currentTarget.value))}>
            {HEIGHTS.map((each) => (
              <option value={each}>{each} pixels</option>
            ))}
          </select>
        </label>
        <label class="wide">
          <span>Computed by</span>
          <select
            value={computing}
            onChange={(event) => setProvider(event.currentTarget.value as Provider)}
            disabled={offered.length < 2}
          >
            {offered.map((each) => (
              <option value={each}>{IN_WORDS[each]}</option>
            ))}
          </select>
        </label>
        {!crossOriginIsolated && (
          <p class="about">
            In a frame the browser gives one thread only.{' '}
            <a href={location.href} target="_blank" rel="noreferrer">
              Open the page in a tab of its own
            </a>{' '}
            for more.
          </p>
        )}
      </section>
      <section class="stage" aria-label="The painting">
        <Stage painting={painting} isPaused={isPaused} onPause={setPaused} />
        <Palette
          styles={styles}
          chosen={style}
          onChoose={(each) => setId(each.id)}
          painter={painting.painter}
          network={style?.network}
          picture={painting.first}
        />
      </section>
    </main>
  );
}

function firstChoice({ pictures }: Welcome): Choice | undefined {
  const [picture] = pictures;
  return picture && { kind: 'picture', id: picture.id };
}

function ownFirst(styles: readonly FastStyle[]): FastStyle[] {
  return [...styles.filter(({ isOwn }) => isOwn), ...styles.filter(({ isOwn }) => !isOwn)];
}

/** A style between two: its vector is between theirs. */
function mixed({ vector }: FastStyle, other: FastStyle | undefined, share: number): Float32Array {
  return Float32Array.from(vector, (value, i) => value + share * ((other?.vector[i] ?? value) - value));
}

interface SourcesProps extends Pick<RoomProps, 'welcome' | 'setWelcome'> {
  choice: Choice | undefined;
  onChoose: (choice: Choice | undefined) => void;
}

function Sources({ choice, onChoose, welcome, setWelcome }: SourcesProps) {
  const [kind, setKind] = useState<Choice['kind']>(choice?.kind ?? 'picture');
  const take = (next: Choice['kind']) => {
    setKind(next);
    onChoose(next === 'camera' ? { kind: 'camera' } : next === 'picture' ? firstChoice(welcome) : undefined);
  };
  return (
    <>
      <div class="kinds" role="group" aria-label="What is painted">
        {(Object.keys(KINDS) as Choice['kind'][]).map((each) => (
          <button type="button" aria-pressed={each === kind} onClick={() => take(each)}>
            {KINDS[each]}
          </button>
        ))}
      </div>
      {kind === 'picture' && (
        <PictureField
          label="Picture"
          pictures={welcome.pictures}
          chosen={choice?.kind === 'picture' ? choice.id : undefined}
          onChoose={(id) => onChoose({ kind: 'picture', id })}
          onAdd={(picture) => setWelcome(withPicture(welcome, picture))}
        />
      )}
      {kind === 'video' && (
        <label class="button">
          {choice?.kind === 'video' ? choice.file.name : 'Choose a video…'}
          <input
            type="file"
            class="unseen"
            accept="video/*"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file) onChoose({ kind: 'video', file });
            }}
          />
        </label>
      )}
      {kind === 'camera' && (
        <p class="about">The camera's pictures stay in this page. Choose something else to switch it off.</p>
      )}
    </>
  );
}

interface StageProps {
  painting: FastPainting;
  isPaused: boolean;
  onPause: (isPaused: boolean) => void;
}

function Stage({ painting: { canvas, painted, problem, opening }, isPaused, onPause }: StageProps) {
  const save = () => {
    canvas.current?.toBlob((blob) => {
      if (!blob) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = 'wheatfield.png';
      link.click();
      URL.revokeObjectURL(link.href);
    });
  };
  return (
    <>
      <div class="frame still">
        <canvas ref={canvas} role="img" aria-label="The painting" hidden={!painted} />
      </div>
      <div class="doing">
        <span role="status">{problem ? <Problem>{problem}</Problem> : opening}</span>
        {painted && !problem && <span class="rate">{inWords(painted)}</span>}
      </div>
      <div class="actions">
        <button type="button" disabled={!painted?.isFilm} onClick={() => onPause(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" disabled={!painted} onClick={save}>
          Download
        </button>
      </div>
    </>
  );
}

function inWords({ width, height, isFilm, seconds, rate }: Painted): string {
  const size = `${width} × ${height} pixels`;
  if (!isFilm) return `${size}, painted in ${seconds.toFixed(2)} s`;
  return `${(rate ?? 1 / seconds).toFixed(1)} frames a second, ${size}`;
}
