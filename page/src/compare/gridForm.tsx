/** Begins a grid: everything as it is chosen in the room to paint in, but for two settings. */
import { useState } from 'preact/hooks';
import type { PictureInfo, Welcome } from '../../../src/studio/protocol';
import { type Refused, tell } from '../ask';
import type { Draft } from '../draft';
import { withPicture } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import { inWords } from '../words';
import { type AxisDraft, AxisField, axisOf, valuesOf } from './axisField';
import { departed, valueText } from './runText';

interface GridFormProps {
  welcome: Welcome;
  setWelcome: (welcome: Welcome) => void;
  draft: Draft;
}

export function GridForm({ welcome, setWelcome, draft }: GridFormProps) {
  const [rows, setRows] = useState<AxisDraft>(() => axisOf('contentWeight', welcome, draft));
  const [columns, setColumns] = useState<AxisDraft>(() => axisOf('styleScale', welcome, draft));
  const [refusal, setRefusal] = useState<{ message: string; setting?: string }>();
  const [isAsking, setAsking] = useState(false);
  const values = { rows: valuesOf(rows, welcome), columns: valuesOf(columns, welcome) };
  const count = values.rows.length * values.columns.length;

  const begin = async () => {
    setAsking(true);
    setRefusal(undefined);
    try {
      await tell('grids', {
        settings: draft,
        rows: { setting: rows.setting, values: values.rows },
        columns: { setting: columns.setting, values: values.columns },
      });
    } catch (error) {
      const { message, setting } = error as Refused;
      setRefusal({ message, setting });
    } finally {
      setAsking(false);
    }
  };
  const onAdd = (picture: PictureInfo) => setWelcome(withPicture(welcome, picture));
  const problemOf = ({ setting }: AxisDraft) => (refusal?.setting === setting ? refusal.message : undefined);
  const isElsewhere = refusal && !problemOf(rows) && !problemOf(columns);
  const common = { welcome, draft, onAdd };
  return (
    <details class="new-grid">
      <summary>New grid over two settings</summary>
      <p class="help">
        Every row and every column is painted with another value. All else is as it is chosen in{' '}
        <a href="#paint">Paint</a>: {inOneLine(draft, [rows.setting, columns.setting], welcome)}.
      </p>
      <div class="axes">
        <AxisField {...common} label="Rows" axis={rows} onChange={setRows} problem={problemOf(rows)} />
        <AxisField
          {...common}
          label="Columns"
          axis={columns}
          onChange={setColumns}
          problem={problemOf(columns)}
        />
      </div>
      {isElsewhere && <Problem>{refusal.message}</Problem>}
      <button type="button" class="main" disabled={isAsking || count === 0} onClick={() => void begin()}>
        {count === 1 ? 'Paint 1 run' : `Paint ${count} runs`}
      </button>
    </details>
  );
}

/** What is chosen, but for the settings that vary. */
function inOneLine(draft: Draft, without: readonly string[], welcome: Welcome): string {
  const nameOf = (id: unknown) => welcome.pictures.find((picture) => picture.id === id)?.name ?? id;
  const texts = departed({ settings: draft }, welcome)
    .filter(({ name }) => !without.includes(name))
    .map((info) => {
      const value = draft[info.name];
      const shown = info.control === 'picture' ? [value].flat().map(nameOf) : value;
      return `${inWords(info.name).toLowerCase()} ${valueText(shown, info)}`;
    });
  return texts.join(', ') || 'nothing yet';
}
