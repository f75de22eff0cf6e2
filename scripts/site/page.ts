/** What every page has: a head, a way to the other pages, and one look on every screen. */

export interface Page {
  /** Its file, relative to the site's folder, such as lessons/layers.html. */
  file: string;
  title: string;
  /** The HTML of what is special about it. */
  body: string;
  /** Whether it has plots, which need plotly.js. */
  plots?: boolean;
}

/** Where the menu leads, relative to the site's folder. */
const MENU: readonly (readonly [file: string, text: string])[] = [
  ['index.html', 'Wheatfield'],
  ['course.html', 'Course'],
  ['gallery.html', 'Gallery'],
  ['command-line.html', 'Command line'],
  ['reference/index.html', 'Reference'],
];

/** The whole HTML of a page. */
export function pageHtml({ file, title, body, plots = false }: Page): string {
  const up = '../'.repeat(file.split('/').length - 1);
  const menu = MENU.map(
    ([to, text]) => `<a href="${up}${to}"${to === file ? ' aria-current="page"' : ''}>${text}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${up}style.css">
${plots ? `<script src="${up}plotly.min.js"></script>\n<script src="${up}plots.js" defer></script>` : ''}
</head>
<body>
<nav>${menu.join('\n')}</nav>
<main>
${body}
</main>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

export const STYLE = `
:root { --ink: #222; --faint: #666; --line: #ddd; --paper: #fff; --code: #f6f4ee; --link: #1a5a96; --accent: #b5541c; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 17px/1.6 system-ui, sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; padding: 0.7rem 1.2rem; border-bottom: 1px solid var(--line); font-size: 0.95rem; }
nav a { color: var(--ink); text-decoration: none; padding: 0.2rem 0; }
nav a:first-child { font-weight: 700; }
nav a:hover, nav a[aria-current] { color: var(--accent); }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.2rem 4rem; }
h1, h2, h3 { line-height: 1.25; margin: 2.2rem 0 0.8rem; }
h1 { font-size: 2rem; margin-top: 1rem; }
p, li { max-width: 46rem; overflow-wrap: break-word; }
a { color: var(--link); }
img { max-width: 100%; height: auto; }
figure { margin: 1.4rem 0; }
figcaption { color: var(--faint); font-size: 0.9rem; }
pre { margin: 0.8rem 0; padding: 0.8rem 1rem; overflow-x: auto; font: 14px/1.5 ui-monospace, Consolas, monospace; border-radius: 6px; }
pre.code, main > pre { background: var(--code); }
pre.printed { border-left: 4px solid var(--line); border-radius: 0; color: var(--faint); max-height: 24rem; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.88em ui-monospace, Consolas, monospace; overflow-wrap: break-word; }
pre code { font: inherit; overflow-wrap: normal; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.95rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 1rem 0.35rem 0; border-bottom: 1px solid var(--line); }
.plot { width: 100%; height: 460px; }
.wall { display: grid; gap: 1.4rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
.wall figure { margin: 0; }
.wall img { width: 100%; border-radius: 4px; }
.hljs-comment { color: #6a737d; } .hljs-keyword, .hljs-literal { color: #a0308f; } .hljs-string, .hljs-regexp { color: #2a7a3b; }
.hljs-number { color: #a55a00; } .hljs-title { color: #1a5a96; } .hljs-built_in, .hljs-type { color: #7a5c00; }
@media (max-width: 40rem) { body { font-size: 16px; } main { padding: 0.6rem 0.9rem 3rem; } h1 { font-size: 1.6rem; } pre { font-size: 12.5px; } .plot { height: 380px; } }
@media print { nav { display: none; } }
`;

/** In the page: draws each plot where its picture stood. Without scripts the picture stays. */
export const PLOTS_SCRIPT = `
for (const script of document.querySelectorAll('script[type="application/vnd.plotly.v1+json"]')) {
  const { data, layout } = JSON.parse(script.textContent);
  const narrow = window.innerWidth < 640;
  const div = document.createElement('div');
  div.className = 'plot';
  script.parentElement.querySelector('img').replaceWith(div);
  // As wide as the page, and not as the lesson's picture.
  const { width, height, ...rest } = layout;
  const margin = narrow ? { ...rest.margin, l: 60, r: 10 } : rest.margin;
  const font = narrow ? { ...rest.font, size: 12 } : rest.font;
  const title = narrow ? { ...rest.title, font: { size: 14 } } : rest.title;
  const yaxis = narrow ? { ...rest.yaxis, title: undefined } : rest.yaxis;
  Plotly.newPlot(div, data, { ...rest, margin, font, title, yaxis, autosize: true }, { responsive: true, displaylogo: false });
}
`;
