/** The room to paint in: pictures and settings on one side, the picture and its curves on the other. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Painting, PictureInfo, Welcome } from '../../../src/studio/protocol';
import { type Refused, tell } from '../ask';
import { type Draft, draftOf, isSameDraft } from '../draft';
import { Curves } from '../parts/curves';
import { PictureField, thumbnail, withPicture } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import { Settings } from '../parts/settings';
import { type View, Viewer, WHOLE } from '../parts/viewer';
import type { RoomProps } from '../rooms';
import { inPowers, inTime } from '../words';
import { CopyAs } from './copies';
import { Masks } from './masks';

export function Paint({ welcome, setWelcome, state: { painting }, draft, setDraft: change }: RoomProps) {
  const [refusal, setRefusal] = useState<{ message: string; setting?: string }>();
  const [isAsking, setAsking] = useState(false);
  const [isAdding, setAdding] = useState(false);
  const styles = [draft.style ?? []].flat() as string[];
  const leg = painting?.legs.at(-1);
  const painted = useMemo(() => leg && draftOf(leg, welcome), [leg?.name, welcome]);

  const act = async (path: string, body?: Draft) => {
    setAsking(true);
    setRefusal(undefined);
    try {
      await tell(path, body);
    } catch (error) {
      const { message, setting } = error as Refused;
      setRefusal({ message, setting });
    } finally {
      setAsking(false);
    }
  };
  const add = (picture: PictureInfo) => setWelcome(withPicture(welcome, picture));
  const isChanged = painted !== undefined && !isSameDraft(draft, painted);
  const canSteer = isChanged && painting?.shown !== undefined;

  return (
    <main class="paint">
      <section class="controls" aria-label="Pictures and settings">
        <div class="sources">
          <PictureField
            label="Content"
            pictures={welcome.pictures}
            chosen={draft.content as string | undefined}
            onChoose={(id) => change({ ...draft, content: id })}
            onAdd={add}
          />
          {[...styles, ...(isAdding || styles.length === 0 ? [undefined] : [])].map((style, i) => (
            <PictureField
              key={i}
              label={i === 0 ? 'Style' : `Style ${i + 1}`}
              pictures={welcome.pictures}
              chosen={style}
              onChoose={(id) => {
                setAdding(false);
                change({ ...draft, style: styles.toSpliced(i, 1, id) });
              }}
              onAdd={add}
            />
          ))}
        </div>
        <div class="more">
          <button
            type="button"
            class="plain"
            disabled={isAdding || styles.length === 0}
            onClick={() => setAdding(true)}
          >
            Add a style
          </button>
          {styles.length > 1 && (
            <button
              type="button"
              class="plain"
              onClick={() => change({ ...draft, style: styles.slice(0, -1) })}
            >
              Remove the last
            </button>
          )}
        </div>
        <Masks welcome={welcome} draft={draft} onChange={change} onAdd={add} />
        <Settings
          welcome={welcome}
          draft={draft}
          onChange={change}
          onAdd={add}
          refusal={refusal}
          without={['content', 'style', 'mask']}
        />
        <div class="begin">
          {refusal && !refusal.setting && <Problem>{refusal.message}</Problem>}
          {refusal?.setting && <Problem>{refusal.message}</Problem>}
          {canSteer && (
            <button type="button" class="main" disabled={isAsking} onClick={() => void act('steer', draft)}>
              Go on with these settings
            </button>
          )}
          <button
            type="button"
            class={canSteer ? '' : 'main'}
            disabled={isAsking || !draft.content || styles.length === 0}
            onClick={() => void act('paint', draft)}
          >
            {painting ? 'Paint afresh' : 'Paint'}
          </button>
        </div>
      </section>
      <section class="stage" aria-label="The picture">
        <Stage painting={painting} draft={draft} welcome={welcome} />
        <Actions painting={painting} act={(path) => void act(path)} />
      </section>
      <section class="progress" aria-label="Progress">
        <Progress painting={painting} />
      </section>
    </main>
  );
}

function Stage({ painting, draft, welcome }: { painting?: Painting; draft: Draft; welcome: Welcome }) {
  const [view, setView] = useState<View>(WHOLE);
  const leg = painting?.legs.at(-1);
  const first = painting?.legs[0];
  const contentId = first ? draftOf(first, welcome).content : draft.content;
  const content = welcome.pictures.find(({ id }) => id === contentId);
  const aspect = content ? content.width / content.height : 1.25;
  const shown = painting?.shown;
  useEffect(() => setView(WHOLE), [painting?.id]);
  if (!content) return <div class="empty">Choose a content and a style picture.</div>;
  const before = { src: thumbnail(content.id, 1600), alt: `The content picture, ${content.name}` };
  if (!shown || !leg) {
    return <Viewer src={before.src} alt={before.alt} view={view} onView={setView} aspect={aspect} />;
  }
  return (
    <Viewer
      src={`api/preview.png?painting=${painting.id}&leg=${shown.leg}&evaluations=${shown.evaluations}`}
      alt={`The painting after ${shown.evaluations} evaluations`}
      before={before}
      view={view}
      onView={setView}
      aspect={leg.size ? leg.size.width / leg.size.height : aspect}
    />
  );
}

function Actions({ painting, act }: { painting?: Painting; act: (path: string) => void }) {
  const status = painting?.status ?? 'ended';
  const isShown = painting?.shown !== undefined;
  const error = painting?.legs.at(-1)?.error;
  return (
    <>
      <div class="doing" role="status">
        {error ? <Problem>{error}</Problem> : (painting?.doing ?? 'Choose two pictures, then paint.')}
      </div>
      <div class="actions">
        <button
          type="button"
          disabled={status !== 'painting' && status !== 'paused'}
          onClick={() => act(status === 'paused' ? 'go-on' : 'pause')}
        >
          {status === 'paused' ? 'Go on' : 'Pause'}
        </button>
        <button type="button" disabled={status === 'ended'} onClick={() => act('stop')}>
          Stop
        </button>
        <a
          class={`button ${isShown ? '' : 'disabled'}`}
          href={isShown ? 'api/picture.png' : undefined}
          download="wheatfield.png"
          aria-disabled={!isShown}
        >
          Download
        </a>
        <CopyAs isReady={isShown} />
      </div>
    </>
  );
}

function Progress({ painting }: { painting?: Painting }) {
  const leg = painting?.legs.at(-1);
  const step = leg?.steps.at(-1);
  const legs = useMemo(() => painting?.legs.map(({ steps }) => steps) ?? [], [painting?.legs]);
  return (
    <>
      <dl class="figures">
        <div>
          <dt>iteration</dt>
          <dd>{step ? `${step.iteration + 1} of ${String(leg?.settings.iterations)}` : '–'}</dd>
        </div>
        <div>
          <dt>evaluations</dt>
          <dd>{step?.evaluations ?? '–'}</dd>
        </div>
        <div>
          <dt>loss</dt>
          <dd>{step ? inPowers(step.loss) : '–'}</dd>
        </div>
        <div>
          <dt>time</dt>
          <dd>{step ? inTime(step.seconds) : '–'}</dd>
        </div>
      </dl>
      <Curves legs={legs} isGrowing={painting?.status === 'painting'} />
      <p class="about">
        {leg ? (
          <>
            Saved in <code>{String(leg.settings.out)}</code>. {leg.network}
          </>
        ) : (
          'The loss appears here, term by term.'
        )}
      </p>
    </>
  );
}
