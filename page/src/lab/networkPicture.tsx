/** A picture of the network: five blocks, each at half the size of the one before, with its layers as bars. */
import { useRef } from 'preact/hooks';
import type { Welcome } from '../../../src/studio/protocol';
import { type Draft, usual } from '../draft';
import { isChosen, toggled } from '../layers';

/** Milliseconds that the mouse rests on a layer before it is looked at: what is only crossed is not. */
const REST = 200;
const USES = { contentLayer: ['C', 'content'], styleLayers: ['S', 'style'] } as const;
/** Of VGG19's five blocks. */
const CHANNELS = [64, 128, 256, 512, 512];

export interface NetworkPictureProps {
  welcome: Welcome;
  draft: Draft;
  setDraft: (draft: Draft) => void;
  /** The layer that is looked at. */
  layer: string;
  onLook: (layer: string) => void;
}

export function NetworkPicture({ welcome, draft, setDraft, layer, onLook }: NetworkPictureProps) {
  const { layers } = welcome;
  const resting = useRef(0);
  const chosen = (use: keyof typeof USES) => {
    const info = welcome.settings.find(({ name }) => name === use);
    return (draft[use] ?? (info && usual(info, draft, welcome.presets)) ?? []) as readonly string[];
  };
  const toggle = (use: keyof typeof USES, each: string) => {
    const { [use]: before, ...others } = draft;
    const next = toggled((before ?? chosen(use)) as readonly string[], each, layers);
    setDraft(next ? { ...others, [use]: next } : others);
  };
  return (
    <ol class="network" aria-label="The network, from the picture on">
      {CHANNELS.map((channels, i) => (
        <li class="block">
          <div class="bars">
            {layers
              .filter((each) => each.startsWith(`block${i + 1}_`))
              .map((each) => (
                <div class="bar">
                  <button
                    type="button"
                    class="see"
                    style={{ '--level': i }}
                    aria-pressed={each === layer}
                    aria-label={`Look at ${each}`}
                    title={each}
                    onClick={() => onLook(each)}
                    onFocus={() => onLook(each)}
                    onMouseEnter={() => (resting.current = window.setTimeout(() => onLook(each), REST))}
                    onMouseLeave={() => clearTimeout(resting.current)}
                  />
                  {Object.entries(USES).map(([use, [letter, name]]) => (
                    <button
                      type="button"
                      class="use"
                      aria-pressed={isChosen(chosen(use as keyof typeof USES), each)}
                      aria-label={`${each} for ${name}`}
                      title={`${each} for ${name}`}
                      onClick={() => toggle(use as keyof typeof USES, each)}
                    >
                      {letter}
                    </button>
                  ))}
                </div>
              ))}
          </div>
          <p class="about">
            <b>block{i + 1}</b>
            <br />
            {channels} channels
            <br />
            {i === 0 ? 'the whole size' : `1/${2 ** i} of the size`}
          </p>
        </li>
      ))}
    </ol>
  );
}
