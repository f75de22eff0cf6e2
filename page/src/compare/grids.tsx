/** The grids, the latest first, each as a table that fills while its runs are painted. */
import { useState } from 'preact/hooks';
import type { Axis, Grid, GridCell, SettingInfo, Welcome } from '../../../src/studio/protocol';
import { tell } from '../ask';
import { Problem } from '../parts/problem';
import { thumbnail } from '../parts/pictureField';
import { inWords } from '../words';
import { thumbnailAt } from './runPicture';
import { valueText } from './runText';

interface GridsProps {
  grids: readonly Grid[];
  welcome: Welcome;
  chosen: readonly string[];
  onToggle: (run: string) => void;
}

export function Grids({ grids, ...others }: GridsProps) {
  return (
    <>
      {[...grids].reverse().map((grid) => (
        <OneGrid key={grid.name} grid={grid} {...others} />
      ))}
    </>
  );
}

function OneGrid({ grid, welcome, chosen, onToggle }: Omit<GridsProps, 'grids'> & { grid: Grid }) {
  const [problem, setProblem] = useState<string>();
  const { name, rows, columns, cells, status, doing } = grid;
  const isAtWork = status === 'waiting' || status === 'painting' || status === 'resting';
  const isDone = cells.flat().every((cell) => cell.status === 'done');
  const act = (what: string) => {
    setProblem(undefined);
    tell(`grids/${name}/${what}`).catch((error: Error) => setProblem(error.message));
  };
  const content = welcome.pictures.find(({ path }) => path === grid.settings.content);
  const [rowInfo, columnInfo] = [rows, columns].map(({ setting }) => infoOf(setting, welcome)) as [
    SettingInfo,
    SettingInfo,
  ];
  const failures = [...new Set(cells.flat().map(({ error }) => error))].filter(
    (error) => error !== undefined,
  );
  return (
    <article class="one-grid" aria-label={name}>
      <header>
        <h2>
          {name}: {inWords(rows.setting).toLowerCase()} by {inWords(columns.setting).toLowerCase()}
        </h2>
        <span role="status">{doing}</span>
        {!isDone && (
          <button type="button" onClick={() => act(isAtWork ? 'stop' : 'go-on')}>
            {isAtWork ? 'Stop' : 'Go on'}
          </button>
        )}
      </header>
      {[...failures, ...(problem === undefined ? [] : [problem])].map((each) => (
        <Problem>{each}</Problem>
      ))}
      <div class="wide">
        <table style={{ maxWidth: `${7 + 22 * columns.values.length}rem` }}>
          <thead>
            <tr>
              <td />
              {columns.values.map((_, i) => (
                <th scope="col">
                  <Value axis={columns} at={i} info={columnInfo} welcome={welcome} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((inRow, i) => (
              <tr>
                <th scope="row">
                  <Value axis={rows} at={i} info={rowInfo} welcome={welcome} />
                </th>
                {inRow.map((cell, j) => (
                  <td>
                    <Cell
                      cell={cell}
                      aspect={content ? content.width / content.height : 4 / 3}
                      label={`${valueText(rows.values[i], rowInfo)}, ${valueText(columns.values[j], columnInfo)}`}
                      isChosen={chosen.includes(cell.run)}
                      onToggle={() => onToggle(cell.run)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </article>
  );
}

interface ValueProps {
  axis: Axis;
  at: number;
  info: SettingInfo;
  welcome: Welcome;
}

/** A value at the head of a row or column; a picture as itself. */
function Value({ axis, at, info, welcome }: ValueProps) {
  const value = axis.values[at];
  const paths = [value].flat();
  const picture = welcome.pictures.find(({ path }) => info.control === 'picture' && paths.includes(path));
  return (
    <>
      <span class="of">{inWords(axis.setting)}</span>
      {picture && <img src={thumbnail(picture.id)} alt="" />}
      <span>{typeof value === 'boolean' ? (value ? 'on' : 'off') : valueText(value, info)}</span>
    </>
  );
}

interface CellProps {
  cell: GridCell;
  aspect: number;
  /** Its two values. */
  label: string;
  isChosen: boolean;
  onToggle: () => void;
}

function Cell({ cell: { run, status, iterations }, aspect, label, isChosen, onToggle }: CellProps) {
  const hasPicture = status === 'done' || iterations > 0;
  const words = status === 'painting' ? (iterations > 0 ? `${iterations} done` : 'painting') : status;
  return (
    <button
      type="button"
      class={`cell ${status}`}
      style={{ aspectRatio: aspect }}
      aria-pressed={isChosen}
      aria-label={`${label}: ${words}`}
      disabled={!hasPicture}
      onClick={onToggle}
    >
      {hasPicture && <img src={thumbnailAt(run, `${status}${iterations}`)} alt="" loading="lazy" />}
      {status !== 'done' && <span>{words}</span>}
    </button>
  );
}

function infoOf(setting: SettingInfo['name'], { settings }: Welcome): SettingInfo {
  return settings.find(({ name }) => name === setting) as SettingInfo;
}
