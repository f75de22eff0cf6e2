/** Chooses a picture: from those that are here, or one that is dropped or picked from the disk. */
import { useRef } from 'preact/hooks';
import type { PictureInfo, Welcome } from '../../../src/studio/protocol';
import { Dialog } from './dialog';
import { Problem } from './problem';
import { useDropped } from './useDropped';
import { useHandIn } from './useHandIn';

export interface PictureFieldProps {
  label: string;
  pictures: readonly PictureInfo[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
  /** A picture has come in. */
  onAdd: (picture: PictureInfo) => void;
  help?: string;
}

export function PictureField({ label, pictures, chosen, onChoose, onAdd, help }: PictureFieldProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const picture = pictures.find(({ id }) => id === chosen);

  const { isBusy, problem, forgetProblem, handIn } = useHandIn<PictureInfo>('pictures', (added) => {
    onAdd(added);
    take(added.id);
  });
  const take = (id: string) => {
    dialog.current?.close();
    forgetProblem();
    onChoose(id);
  };
  const { isOver, handlers } = useDropped((file) => void handIn(file));

  return (
    <div class={`picture-field ${isOver ? 'over' : ''}`} {...handlers}>
      <button type="button" class="picture" onClick={() => dialog.current?.showModal()} title={help}>
        <span class="thumb">
          {picture ? <img src={thumbnail(picture.id)} alt="" /> : <span class="nothing">Choose or drop</span>}
        </span>
        <span class="caption">
          <b>{label}</b>
          <span class="name">{isBusy ? 'Reading the picture…' : (picture?.name ?? 'none yet')}</span>
        </span>
      </button>
      {problem && <Problem>{problem}</Problem>}
      <Dialog
        place={dialog}
        title={`${label} picture`}
        tools={
          <label class="button">
            From this computer…
            <input
              type="file"
              class="unseen"
              accept="image/*,.tif,.tiff,.avif"
              onChange={(event) => {
                const [file] = event.currentTarget.files ?? [];
                if (file) void handIn(file);
              }}
            />
          </label>
        }
      >
        {problem && <Problem>{problem}</Problem>}
        <ul class="thumbs">
          {pictures.map(({ id, name, width, height }) => (
            <li>
              <button type="button" aria-pressed={id === chosen} onClick={() => take(id)}>
                <img src={thumbnail(id)} alt="" loading="lazy" />
                <span>{name}</span>
                <span class="size">
                  {width} × {height}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Dialog>
    </div>
  );
}

export function thumbnail(id: string, side = 320): string {
  return `api/pictures/${id}?side=${side}`;
}

/** The page's knowledge after a picture has come in. */
export function withPicture(welcome: Welcome, picture: PictureInfo): Welcome {
  const others = welcome.pictures.filter(({ id }) => id !== picture.id);
  return { ...welcome, pictures: [...others, picture] };
}
