/** What differs between the runs that are shown: the settings, and what came out. */
import type { RunInfo, SettingInfo, Welcome } from '../../../src/studio/protocol';
import { isSame } from '../draft';
import { inPowers, inTime, inWords } from '../words';
import { departed, valueText } from './runText';

interface Row {
  name: string;
  values: string[];
}

export function Differences({ runs, welcome }: { runs: readonly RunInfo[]; welcome: Welcome }) {
  const [first, ...others] = runs;
  if (!first) return null;
  const differing =
    others.length === 0
      ? departed(first, welcome)
      : welcome.settings.filter(({ name }) =>
          others.some(({ settings }) => !isSame(settings[name], first.settings[name])),
        );
  const settings = differing.map((info) => ({
    name: inWords(info.name),
    values: runs.map((run) => valueText(run.settings[info.name], info)),
  }));
  return (
    <div class="differences" tabIndex={0} role="region" aria-label="What differs">
      <table>
        <thead>
          <tr>
            <th scope="col">{others.length === 0 ? 'Not as usual' : 'What differs'}</th>
            {runs.map(({ id, name }) => (
              <th scope="col" key={id}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {settings.map((row) => (
            <Line row={row} />
          ))}
          {settings.length === 0 && (
            <tr>
              <td colSpan={runs.length + 1}>
                {others.length === 0 ? 'All settings are as usual.' : 'All settings are the same.'}
              </td>
            </tr>
          )}
        </tbody>
        <tbody class="outcome">
          {outcomes(runs).map((row) => (
            <Line row={row} />
          ))}
        </tbody>
      </table>
      {others.length > 0 && differing.some(isOfTheLoss) && (
        <p class="help">
          A loss says how near a picture is to its own aim. These runs have different aims, so their losses do
          not say which is better.
        </p>
      )}
    </div>
  );
}

function Line({ row: { name, values } }: { row: Row }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {values.map((value) => (
        <td>{value}</td>
      ))}
    </tr>
  );
}

function isOfTheLoss({ group, control }: SettingInfo): boolean {
  return group === 'Loss' || group === 'Network' || control === 'picture';
}

/** What came out, as far as it is known. */
function outcomes(runs: readonly RunInfo[]): Row[] {
  const row = (name: string, value: (run: RunInfo) => string | undefined): Row => ({
    name,
    values: runs.map((run) => value(run) ?? '–'),
  });
  const terms = [...new Set(runs.flatMap(({ last }) => Object.keys(last?.terms ?? {})))];
  return [
    row('Size', ({ size }) => `${size.width} × ${size.height}`),
    row('Network', ({ network }) => network),
    row('Evaluations', ({ last }) => last && String(last.evaluations)),
    row('Time', ({ last }) => last && inTime(last.seconds)),
    row('Loss', ({ last }) => last && inPowers(last.loss)),
    ...terms.map((term) =>
      row(`– ${inWords(term).toLowerCase()}`, ({ last }) => {
        const value = last?.terms[term];
        return value === undefined ? undefined : inPowers(value);
      }),
    ),
  ];
}
