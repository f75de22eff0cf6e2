/** The panel of settings, drawn from the table that the command line has its flags from: a new setting appears by itself. */
import type { PictureInfo, SettingInfo, Welcome } from '../../../src/studio/protocol';
import { type Draft, usual } from '../draft';
import { isChosen, toggled } from '../layers';
import { asText, inWords } from '../words';
import { PictureField } from './pictureField';
import { Problem } from './problem';

export interface SettingsProps {
  welcome: Welcome;
  draft: Draft;
  onChange: (draft: Draft) => void;
  onAdd: (picture: PictureInfo) => void;
  /** What the server has against the settings, and against which. */
  refusal?: { message: string; setting?: string };
  /** Settings that are shown elsewhere. */
  without: readonly string[];
}

/** Open at first: what people try. */
const OPEN = ['Loss'];

export function Settings({ welcome, draft, onChange, onAdd, refusal, without }: SettingsProps) {
  const shown = welcome.settings.filter(({ name }) => !without.includes(name));
  const groups = [...new Set(shown.map(({ group }) => group))].sort(
    (a, b) => Number(OPEN.includes(b)) - Number(OPEN.includes(a)),
  );
  const set = (name: SettingInfo['name'], value: unknown) => {
    const others = Object.entries(draft).filter(([each]) => each !== name);
    onChange(Object.fromEntries(value === undefined ? others : [...others, [name, value]]));
  };
  return (
    <div class="settings">
      {groups.map((group) => {
        const within = shown.filter((info) => info.group === group);
        const changed = within.filter(({ name }) => name in draft).length;
        const isConcerned = within.some(({ name }) => name === refusal?.setting);
        return (
          <details key={group} open={OPEN.includes(group) || isConcerned}>
            <summary>
              {group} {changed > 0 && <span class="changed">{changed} changed</span>}
            </summary>
            {within.map((info) => (
              <Field
                key={info.name}
                info={{ ...info, default: usual(info, draft, welcome.presets) }}
                welcome={welcome}
                value={draft[info.name]}
                onChange={(value) => set(info.name, value)}
                onAdd={onAdd}
                problem={refusal?.setting === info.name ? refusal.message : undefined}
              />
            ))}
          </details>
        );
      })}
    </div>
  );
}

interface FieldProps {
  info: SettingInfo;
  welcome: Welcome;
  value: unknown;
  onChange: (value: unknown) => void;
  onAdd: (picture: PictureInfo) => void;
  problem?: string;
}

function Field(props: FieldProps) {
  const { info, value, onChange, problem } = props;
  const id = `setting-${info.name}`;
  const backTo = `back to ${info.control === 'layers' ? 'the default' : asText(info.default)}`;
  return (
    <div class={`field ${value === undefined ? '' : 'set'}`}>
      <div class="label">
        <label for={id} id={`${id}-label`}>
          {inWords(info.name)}
        </label>
        {value !== undefined && info.default !== undefined && (
          <button
            type="button"
            class="plain"
            onClick={() => onChange(undefined)}
            aria-label={`${inWords(info.name)}: ${backTo}`}
          >
            {backTo}
          </button>
        )}
      </div>
      <Control {...props} id={id} />
      <p class="help" id={`${id}-help`}>
        {info.help}
      </p>
      {problem && <Problem id={`${id}-problem`}>{problem}</Problem>}
    </div>
  );
}

function Control({ info, welcome, value, onChange, onAdd, problem, id }: FieldProps & { id: string }) {
  const common = {
    id,
    'aria-describedby': `${id}-help${problem ? ` ${id}-problem` : ''}`,
    'aria-invalid': problem ? true : undefined,
  };
  const current = value ?? info.default;
  switch (info.control) {
    case 'switch':
      return (
        <input
          {...common}
          type="checkbox"
          role="switch"
          checked={current === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <select {...common} value={asText(current)} onChange={(event) => onChange(event.currentTarget.value)}>
          {info.choices?.map((choice) => (
            <option value={choice}>{choice}</option>
          ))}
        </select>
      );
    case 'layers':
      return (
        <Layers
          id={id}
          info={info}
          layers={welcome.layers}
          value={current as readonly string[]}
          onChange={onChange}
        />
      );
    case 'picture':
      return (
        <div class="words">
          {info.choices && (
            <select
              {...common}
              value={info.choices.includes(asText(current)) ? asText(current) : ''}
              onChange={(event) => onChange(event.currentTarget.value || undefined)}
            >
              {info.choices.map((choice) => (
                <option value={choice}>{choice}</option>
              ))}
              <option value="">a picture</option>
            </select>
          )}
          <PictureField
            label={inWords(info.name)}
            pictures={welcome.pictures}
            chosen={value as string | undefined}
            onChoose={onChange}
            onAdd={onAdd}
          />
        </div>
      );
    default:
      return (
        <input
          {...common}
          type="text"
          inputMode={info.control === 'text' ? 'text' : 'decimal'}
          value={asText(current)}
          placeholder={info.expected}
          onChange={(event) => onChange(event.currentTarget.value.trim() || undefined)}
        />
      );
  }
}

interface LayersProps {
  id: string;
  info: SettingInfo;
  layers: readonly string[];
  value: readonly string[];
  onChange: (value: unknown) => void;
}

/** The layers as buttons, a row for each block. */
function Layers({ id, info, layers, value, onChange }: LayersProps) {
  return (
    <div class="layers" role="group" aria-labelledby={`${id}-label`} aria-describedby={`${id}-help`} id={id}>
      {[1, 2, 3, 4, 5].map((block) => (
        <div class="block">
          <span aria-hidden="true">{block}</span>
          {layers
            .filter((layer) => layer.startsWith(`block${block}_`))
            .map((layer) => (
              <button
                type="button"
                aria-pressed={isChosen(value, layer)}
                aria-label={`${layer.slice(-1)}, ${layer} for ${inWords(info.name).toLowerCase()}`}
                title={layer}
                onClick={() => onChange(toggled(value, layer, layers))}
              >
                {layer.slice(-1)}
              </button>
            ))}
        </div>
      ))}
      {value.some((spec) => /[:/]/.test(spec)) && <code>{value.join(' ')}</code>}
    </div>
  );
}
