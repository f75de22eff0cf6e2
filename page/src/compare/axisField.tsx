/** One axis of a grid: which setting is varied, and its values. */
import type { PictureInfo, SettingInfo, Welcome } from '../../../src/studio/protocol';
import { type Draft, usual } from '../draft';
import { PictureField } from '../parts/pictureField';
import { Problem } from '../parts/problem';
import { asText, inWords } from '../words';

/** As it is chosen: text for values that are typed, a list for those that are picked. */
export interface AxisDraft {
  setting: SettingInfo['name'];
  text: string;
  picked: readonly string[];
}

export interface AxisFieldProps {
  label: string;
  axis: AxisDraft;
  onChange: (axis: AxisDraft) => void;
  welcome: Welcome;
  draft: Draft;
  onAdd: (picture: PictureInfo) => void;
  problem?: string;
}

export function AxisField({ label, axis, onChange, welcome, draft, onAdd, problem }: AxisFieldProps) {
  const id = `axis-${label.toLowerCase()}`;
  const info = infoOf(welcome, axis);
  return (
    <fieldset class="axis">
      <legend>{label}</legend>
      <label for={id} class="unseen">
        {label}: the setting
      </label>
      <select
        id={id}
        value={axis.setting}
        onChange={(event) =>
          onChange(axisOf(event.currentTarget.value as AxisDraft['setting'], welcome, draft))
        }
      >
        {welcome.settings.filter(canVary).map(({ name }) => (
          <option value={name}>{inWords(name)}</option>
        ))}
      </select>
      <Values {...{ id, label, info, axis, onChange, onAdd, problem }} pictures={welcome.pictures} />
      {problem && <Problem id={`${id}-problem`}>{problem}</Problem>}
    </fieldset>
  );
}

interface ValuesProps extends Pick<AxisFieldProps, 'label' | 'axis' | 'onChange' | 'onAdd' | 'problem'> {
  id: string;
  info: SettingInfo;
  pictures: readonly PictureInfo[];
}

function Values({ id, label, info, axis, onChange, pictures, onAdd, problem }: ValuesProps) {
  const { picked } = axis;
  const words = wordsOf(info);
  if (words) {
    const toggle = (word: string) =>
      onChange({
        ...axis,
        picked: words.filter((each) => (each === word) !== picked.includes(each)),
      });
    return (
      <div class="words-to-vary">
        {words.map((word) => (
          <label>
            <input type="checkbox" checked={picked.includes(word)} onChange={() => toggle(word)} /> {word}
          </label>
        ))}
      </div>
    );
  }
  if (info.control === 'picture') {
    return (
      <div class="pictures-to-vary">
        {[...picked, undefined].map((picture, i) => (
          <PictureField
            key={i}
            label={`${inWords(info.name)} ${i + 1}`}
            pictures={pictures}
            chosen={picture}
            onChoose={(chosen) => onChange({ ...axis, picked: [...new Set(picked.toSpliced(i, 1, chosen))] })}
            onAdd={onAdd}
          />
        ))}
        {picked.length > 0 && (
          <button
            type="button"
            class="plain"
            onClick={() => onChange({ ...axis, picked: picked.slice(0, -1) })}
          >
            Remove the last
          </button>
        )}
      </div>
    );
  }
  return (
    <>
      <label for={`${id}-values`} class="unseen">
        {label}: the values
      </label>
      <input
        id={`${id}-values`}
        type="text"
        value={axis.text}
        aria-describedby={`${id}-help${problem ? ` ${id}-problem` : ''}`}
        aria-invalid={problem ? true : undefined}
        onInput={(event) => onChange({ ...axis, text: event.currentTarget.value })}
      />
      <p class="help" id={`${id}-help`}>
        {info.isList ? 'Each is a list; put semicolons between them' : 'Put commas between them'}:{' '}
        {info.expected}.
      </p>
    </>
  );
}

/** An axis with values to begin with. */
export function axisOf(setting: AxisDraft['setting'], welcome: Welcome, draft: Draft): AxisDraft {
  const info = infoOf(welcome, { setting });
  const present = draft[setting] ?? usual(info, draft, welcome.presets);
  const words = wordsOf(info);
  if (words) return { setting, text: '', picked: words };
  if (info.control === 'picture') return { setting, text: '', picked: [present ?? []].flat() as string[] };
  return { setting, text: aroundIt(present, info), picked: [] };
}

/** Half of it, itself and twice it, where it is a number; else itself. */
function aroundIt(present: unknown, { control }: SettingInfo): string {
  const value = Number(present);
  if (!control.endsWith('number') || Number.isNaN(value)) return asText(present);
  if (value === 0) return '0, 1';
  const half = control === 'whole number' ? Math.ceil(value / 2) : value / 2;
  return [...new Set([half, value, value * 2])].join(', ');
}

/** The values as the server reads them. */
export function valuesOf({ setting, text, picked }: AxisDraft, welcome: Welcome): unknown[] {
  const info = infoOf(welcome, { setting });
  if (info.control === 'switch') return picked.map((word) => word === 'on');
  if (wordsOf(info)) return [...picked];
  if (info.control === 'picture') return picked.map((id) => (info.isList ? [id] : id));
  const values = text.split(info.isList ? ';' : /[,;]/).map((value) => value.trim());
  return values.filter((value) => value !== '');
}

/** The words that a setting may be, where it may be nothing else, or what else is no choice for a grid. */
function wordsOf({ control, choices }: SettingInfo): readonly string[] | undefined {
  return control === 'switch' ? ['on', 'off'] : choices;
}

/** Masks go with their style pictures, so that they cannot vary alone. */
function canVary({ name }: SettingInfo): boolean {
  return name !== 'mask' && name !== 'styleWeights';
}

function infoOf({ settings }: Welcome, { setting }: Pick<AxisDraft, 'setting'>): SettingInfo {
  return settings.find(({ name }) => name === setting) as SettingInfo;
}
