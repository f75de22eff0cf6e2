/** Where each style is painted: masks, drawn with a brush or chosen. The last style gets what the others leave. */
import { useRef, useState } from 'preact/hooks';
import type { PictureInfo, Welcome } from '../../../src/studio/protocol';
import { ask } from '../ask';
import type { Draft } from '../draft';
import { Dialog } from '../parts/dialog';
import { PictureField, thumbnail } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import { Brush } from './brush';
import { type Stroke, maskOf } from './strokes';

export interface MasksProps {
  welcome: Welcome;
  draft: Draft;
  onChange: (draft: Draft) => void;
  onAdd: (picture: PictureInfo) => void;
}

export function Masks({ welcome, draft, onChange, onAdd }: MasksProps) {
  const masks = [draft.mask ?? []].flat() as string[];
  const styles = [draft.style ?? []].flat().length;
  const content = welcome.pictures.find(({ id }) => id === draft.content);
  const most = Math.max(1, styles - 1);
  const fields = Math.max(masks.length, Math.min(masks.length + 1, most));
  const remove = () => {
    const { mask, ...others } = draft;
    if (mask) onChange(others);
  };
  return (
    <details class="masks">
      <summary>Masks {masks.length > 0 && <span class="changed">{masks.length} in use</span>}</summary>
      <p class="about">
        {styles < 2
          ? 'The style is painted where the mask is white; elsewhere the content stays.'
          : 'A style is painted where its mask is white. The last style gets what the others leave.'}
      </p>
      {Array.from({ length: fields }, (_, i) => (
        <MaskField
          key={i}
          label={styles < 2 ? 'Mask' : `Mask of style ${i + 1}`}
          welcome={welcome}
          content={content}
          chosen={masks[i]}
          onChoose={(id) => onChange({ ...draft, mask: masks.toSpliced(i, 1, id) })}
          onAdd={onAdd}
        />
      ))}
      {masks.length > 0 && (
        <button type="button" class="plain" onClick={remove}>
          {masks.length === 1 ? 'Remove the mask' : 'Remove the masks'}
        </button>
      )}
    </details>
  );
}

interface MaskFieldProps {
  label: string;
  welcome: Welcome;
  content: PictureInfo | undefined;
  chosen: string | undefined;
  onChoose: (id: string) => void;
  onAdd: (picture: PictureInfo) => void;
}

function MaskField({ label, welcome, content, chosen, onChoose, onAdd }: MaskFieldProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  const [problem, setProblem] = useState<string>();
  const use = async () => {
    if (!canvas.current) return;
    setProblem(undefined);
    try {
      const body = await maskOf(canvas.current);
      const added = await ask<PictureInfo>('pictures?name=mask.png', { method: 'POST', body });
      onAdd(added);
      onChoose(added.id);
      dialog.current?.close();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <div class="field words">
      <PictureField
        label={label}
        pictures={welcome.pictures}
        chosen={chosen}
        onChoose={onChoose}
        onAdd={onAdd}
      />
      <button type="button" disabled={!content} onClick={() => dialog.current?.showModal()}>
        Draw with a brush…
      </button>
      <Dialog
        place={dialog}
        title={`${label}: where it is painted`}
        tools={
          <button type="button" class="main" disabled={strokes.length === 0} onClick={() => void use()}>
            Use this mask
          </button>
        }
      >
        {problem && <Problem>{problem}</Problem>}
        {content && (
          <Brush
            src={thumbnail(content.id, 1024)}
            aspect={content.width / content.height}
            canvas={canvas}
            strokes={strokes}
            onChange={setStrokes}
          />
        )}
      </Dialog>
    </div>
  );
}
