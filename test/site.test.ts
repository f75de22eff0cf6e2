import assert from 'node:assert/strict';
import sharp from 'sharp';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CellWithOutputs } from '../scripts/notebooks/ipynb';
import { lessons } from '../scripts/notebooks/lessons';
import { commandLineBody } from '../scripts/site/commandLinePage';
import { COURSE } from '../scripts/site/course';
import { lessonBody } from '../scripts/site/lessonPage';
import { deadLinks } from '../scripts/site/links';
import { markdownHtml } from '../scripts/site/markdown';
import { pageHtml } from '../scripts/site/page';

const ROOT = path.join(__dirname, '..');

/** The whole site is made and looked at in CI: npm run site, test/site/check.ts. */
describe('the site', () => {
  it('has every lesson, in the order in which README and TEACHING.md have them', async () => {
    const names = COURSE.map(({ name }) => name);
    assert.deepEqual([...names].sort(), await lessons());
    for (const file of ['README.md', 'TEACHING.md']) {
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      const places = COURSE.map(({ name, minutes }) => {
        const line = text.split('\n').find((each) => each.includes(`](notebooks/${name}.ipynb)`)) ?? '';
        assert.match(line, new RegExp(`\\b${minutes}\\b`), `${file} gives the minutes of ${name}`);
        return text.indexOf(line);
      });
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
        file,
      );
    }
  });

  it('shows text, code, pictures and plots of a notebook', async () => {
    const png = await sharp({ create: { width: 9, height: 5, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const cells: CellWithOutputs[] = [
      { kind: 'markdown', tags: [], source: '## A & B\n\nSome *text*.', executionCount: null, outputs: [] },
      {
        kind: 'code',
        tags: [],
        source: 'const a = 1 < 2;',
        executionCount: 1,
        outputs: [
          { output_type: 'stream', name: 'stdout', text: '<b>\n' },
          {
            output_type: 'display_data',
            data: {
              'text/plain': 'A plot.',
              'image/png': png.toString('base64'),
              'application/vnd.plotly.v1+json': { data: ['</script>'], layout: {} },
            },
            metadata: { 'image/png': { width: 9, height: 5 } },
          },
        ],
      },
    ];
    const { html, pictures, plots } = await lessonBody(cells, 'x');
    assert.match(html, /<h2 id="a--b">A &amp; B<\/h2>\s*<p>Some <em>text<\/em>\.<\/p>/);
    assert.match(html, /<span class="hljs-keyword">const<\/span>/);
    assert.match(html, /<pre class="printed">&#60;b&#62;<\/pre>/);
    assert.match(html, /<img src="x-1\.webp" width="9" height="5" alt="A plot\."/);
    assert.match(html, /\{"data":\["\\u003c\/script>"\]/);
    assert.deepEqual(Object.keys(pictures), ['x-1.webp']);
    const { format, width, height } = await sharp(pictures['x-1.webp']).metadata();
    assert.deepEqual({ format, width, height }, { format: 'webp', width: 9, height: 5 });
    assert.equal(plots, true);
  });

  it('has the help of every command', () => {
    const html = commandLineBody();
    assert.match(html, /<h2 id="transfer">[^]*--content-weight[^]*<h2 id="resume">/);
  });

  it('takes links of Markdown to where the site has them', async () => {
    const html = await markdownHtml('[a](b.md) ![c](d.png)', (to) => `there/${to}`);
    assert.match(html, /<a href="there\/b\.md">a<\/a> <img src="there\/d\.png" alt="c">/);
  });

  it('finds dead links', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-site-'));
    try {
      mkdirSync(path.join(folder, 'in'));
      for (const file of ['style.css', 'index.html', 'course.html', 'gallery.html', 'command-line.html'])
        writeFileSync(path.join(folder, file), '');
      mkdirSync(path.join(folder, 'reference'));
      writeFileSync(path.join(folder, 'reference', 'index.html'), '');
      const body =
        '<h2 id="here">x</h2><a href="#here">1</a><a href="#there">2</a><img src="no.png"><a href="../index.html">3</a><a href="https://a.b/c">4</a>';
      writeFileSync(path.join(folder, 'in', 'a.html'), pageHtml({ file: 'in/a.html', title: 'A', body }));
      assert.deepEqual(await deadLinks(folder), [
        'in/a.html links to #there, but in/a.html has no place of that name.',
        'in/a.html links to no.png, which is not there.',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
