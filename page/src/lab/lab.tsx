/** The layer lab: the network's 16 layers, what each sees, and what each alone would paint. */
import { useEffect, useState } from 'preact/hooks';
import type { NetworkName } from '../../../src/network/chooseNetwork';
import { ask } from '../ask';
import { PictureField, withPicture } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import type { RoomProps } from '../rooms';
import { NetworkPicture } from './networkPicture';
import { Views } from './views';
import { LayerWall } from './wall';

export function Lab({ welcome, setWelcome, draft, setDraft, state: { wall, painting } }: RoomProps) {
  const { layers } = welcome;
  const [layer, setLayer] = useState('block1_conv1');
  const [network, setNetwork] = useState<NetworkName>('vgg19-slim');
  const [networks, setNetworks] = useState<NetworkName[]>(['vgg19-slim']);
  const [problem, setProblem] = useState<string>();
  const content = draft.content as string | undefined;
  const [style] = [draft.style ?? []].flat() as string[];
  useEffect(() => {
    ask<NetworkName[]>('lab/networks').then(setNetworks, (error: Error) => setProblem(error.message));
  }, []);
  const field = (label: string, chosen: string | undefined, onChoose: (id: string) => void) => (
    <PictureField
      label={label}
      pictures={welcome.pictures}
      chosen={chosen}
      onChoose={onChoose}
      onAdd={(picture) => setWelcome(withPicture(welcome, picture))}
    />
  );
  return (
    <main class="paint lab">
      <section class="controls" aria-label="Pictures and network">
        <div class="sources">
          {field('Content', content, (id) => setDraft({ ...draft, content: id }))}
          {field('Style', style, (id) =>
            setDraft({ ...draft, style: ([draft.style ?? []].flat() as string[]).toSpliced(0, 1, id) }),
          )}
        </div>
        <label class="wide">
          <span>Network</span>
          <select
            value={network}
            disabled={networks.length < 2}
            onChange={(event) => setNetwork(event.currentTarget.value as NetworkName)}
          >
            {networks.map((each) => (
              <option value={each}>{each}</option>
            ))}
          </select>
        </label>
        {problem && <Problem>{problem}</Problem>}
        <p class="about">
          C and S use a layer for the content or the style of the next painting. They change the settings in{' '}
          <a href="#paint">Paint</a>. The network in use here only looks and paints thumbnails.
        </p>
      </section>
      <section class="stage" aria-label="Layers">
        <NetworkPicture welcome={welcome} draft={draft} setDraft={setDraft} layer={layer} onLook={setLayer} />
        <Views
          layer={layer}
          content={content}
          style={style}
          network={network}
          isPainting={painting?.status === 'painting'}
        />
        <LayerWall
          wall={wall}
          layers={layers}
          wanted={content && style ? { content, style, network } : undefined}
          layer={layer}
          onLook={setLayer}
        />
      </section>
    </main>
  );
}
