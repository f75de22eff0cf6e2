/** A run on one page: the result, how it came about, and how to paint it again. */
import { useState } from 'preact/hooks';
import type { ReportData } from '../../../src/report/reportData';
import { Curves } from '../parts/curves';
import { type View, Viewer, WHOLE } from '../parts/viewer';
import { inPowers, inTime, inWords } from '../words';

export function Report({ data }: { data: ReportData }) {
  const { name, size, network, painted, result, content, styles, filmstrip, losses } = data;
  const [view, setView] = useState<View>(WHOLE);
  const last = losses.at(-1);
  return (
    <main class="report">
      <header>
        <h1>{name}</h1>
        <p>
          {size.width} × {size.height} pixels, painted with {network} on{' '}
          {new Date(painted).toLocaleDateString('en-GB', { dateStyle: 'long' })}
          {last &&
            `: ${last.evaluations} evaluations in ${inTime(last.seconds)}, loss ${inPowers(last.loss)}`}
          .
        </p>
      </header>
      <section class="result" aria-label="The result">
        <Viewer
          src={result.src}
          alt={`The result, ${name}`}
          before={content && { src: content.src, alt: `The content picture, ${content.label}` }}
          view={view}
          onView={setView}
          aspect={size.width / size.height}
        />
      </section>
      <section aria-label="The pictures that it is made from">
        <h2>Made from</h2>
        <ul class="made-from">
          {[
            content && { ...content, what: 'Content' },
            ...styles.map((style) => ({ ...style, what: 'Style' })),
          ]
            .filter((picture) => picture !== undefined)
            .map(({ src, label, what }) => (
              <li>
                <img src={src} alt={`${what}: ${label}`} />
                <b>{what}</b> <span>{label}</span>
              </li>
            ))}
          {!content && <li>The content picture is no longer where it was.</li>}
        </ul>
      </section>
      <Filmstrip filmstrip={filmstrip} />
      {losses.length > 0 && (
        <section aria-label="The loss">
          <h2>The loss</h2>
          <Curves legs={[losses]} />
        </section>
      )}
      <section aria-label="The command">
        <h2>Paint it again</h2>
        <pre tabIndex={0}>{data.command}</pre>
      </section>
      <section aria-label="Settings">
        <h2>Settings</h2>
        <table>
          <tbody>
            {data.settings.map(({ name: setting, value, isDefault, help }) => (
              <tr class={isDefault ? '' : 'set'}>
                <th scope="row">{inWords(setting)}</th>
                <td>{value}</td>
                <td class="help">{help}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="versions">
          {Object.entries(data.versions)
            .map(([part, version]) => `${part} ${version}`)
            .join(', ')}
        </p>
      </section>
    </main>
  );
}

/** How the picture came about: a slider through the iterations. */
function Filmstrip({ filmstrip }: Pick<ReportData, 'filmstrip'>) {
  const [at, setAt] = useState(filmstrip.length - 1);
  const shown = filmstrip[at];
  if (!shown || filmstrip.length < 2) return null;
  return (
    <section aria-label="How it came about">
      <h2>How it came about</h2>
      <ul class="filmstrip">
        {filmstrip.map(({ src, label }, i) => (
          <li>
            <button type="button" aria-pressed={i === at} aria-label={label} onClick={() => setAt(i)}>
              <img src={src} alt="" />
            </button>
          </li>
        ))}
      </ul>
      <figure class="frame-shown">
        <img src={shown.src} alt={`The picture at ${shown.label}`} />
        <figcaption>
          <label>
            {shown.label}
            <input
              type="range"
              min={0}
              max={filmstrip.length - 1}
              value={at}
              onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
            />
          </label>
        </figcaption>
      </figure>
    </section>
  );
}
