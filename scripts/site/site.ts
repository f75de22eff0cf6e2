/** Writes the whole site into a folder: the course, the gallery, the reference and the command line's help. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CellWithOutputs } from '../notebooks/ipynb';
import { exercisePath, readNotebook } from '../notebooks/lessons';
import { commandLineBody } from './commandLinePage';
import { COURSE, type Lesson } from './course';
import { gallery } from './gallery';
import { lessonBody } from './lessonPage';
import { markdownHtml } from './markdown';
import { PLOTS_SCRIPT, type Page, STYLE, escapeHtml, pageHtml } from './page';
import { writeReference } from './reference';

const ROOT = path.join(__dirname, '..', '..');

/** Pages made from a Markdown file of the project: the page's file by the Markdown's. */
const TEXTS: Record<string, string> = {
  'README.md': 'readme.html',
  'TEACHING.md': 'teaching.html',
  'CONTRIBUTING.md': 'contributing.html',
  'CHANGELOG.md': 'changelog.html',
  'models/README.md': 'models.html',
};

const lessonFile = (name: string) => `lessons/${name}.html`;

/** The files of the project that pages link to, and where the site has them. */
function placeOf(file: string): string | undefined {
  const lesson = /^notebooks\/([\w-]+)\.ipynb$/.exec(file)?.[1];
  if (lesson !== undefined) return lessonFile(lesson);
  if (file === 'img/CREDITS.md') return 'gallery.html';
  if (file.startsWith('img/') || file.startsWith('notebooks/exercises/')) return file;
  return TEXTS[file];
}

/** @param folder is emptied first */
export async function writeSite(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const write = async (file: string, content: string | Buffer) => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  };
  const writePage = (page: Page) => write(page.file, pageHtml(page));

  await write('style.css', STYLE);
  await write('plots.js', PLOTS_SCRIPT);
  await copyFile(require.resolve('plotly.js/plotly.min.js'), path.join(folder, 'plotly.min.js'));

  for (const lesson of COURSE) {
    const cells = await readNotebook(lesson.name);
    const { html, pictures, plots } = await lessonBody(cells, lesson.name);
    await writePage({
      file: lessonFile(lesson.name),
      title: lesson.title,
      body: html + nextLesson(lesson),
      plots,
    });
    for (const [name, picture] of Object.entries(pictures)) await write(`lessons/${name}`, picture);
  }
  const exercises = await copyExercises(folder);
  await writePage({ file: 'course.html', title: 'The course', body: courseBody(exercises) });

  const { html, pictures } = await gallery((name) => `gallery/${name}`);
  await writePage({ file: 'gallery.html', title: 'Gallery', body: html });
  for (const [name, picture] of Object.entries(pictures)) await write(`gallery/${name}`, picture);

  await writePage({ file: 'command-line.html', title: 'The command line', body: commandLineBody() });
  await writeReference(path.join(folder, 'reference'));

  const linked = new Set<string>();
  for (const [source, file] of Object.entries(TEXTS)) {
    const text = await readFile(path.join(ROOT, source), 'utf8');
    const body = await markdownHtml(text, (to) => linkFrom(source, to, linked));
    await writePage({ file, title: /^# (.*)$/m.exec(text)?.[1] ?? source, body });
  }
  for (const file of linked) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await copyFile(path.join(ROOT, file), path.join(folder, file));
  }
  await writePage({
    file: 'index.html',
    title: 'Wheatfield',
    body: homeBody(await lastPicture('style-transfer', folder)),
  });
}

/** Where a link of a Markdown file leads on the site. `linked` collects the pictures that have to be there. */
function linkFrom(source: string, to: string, linked: Set<string>): string {
  if (/^(https?:|#)/.test(to)) return to;
  const [name = '', place] = to.split('#');
  const file = path.posix.normalize(path.posix.join(path.posix.dirname(source), name));
  const target = placeOf(file);
  if (target === undefined) {
    throw new Error(
      `${source} links to ${to}, which the site does not have. Add it to TEXTS, or link elsewhere.`,
    );
  }
  if (target === file && file.startsWith('img/')) linked.add(file);
  return place === undefined ? target : `${target}#${place}`;
}

/** The exercise editions, for download. Returns the lessons that have one. */
async function copyExercises(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  await mkdir(path.join(folder, 'notebooks', 'exercises'), { recursive: true });
  for (const { name } of COURSE) {
    try {
      await copyFile(exercisePath(name), path.join(folder, 'notebooks', 'exercises', `${name}.ipynb`));
      found.add(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}

function courseBody(exercises: ReadonlySet<string>): string {
  const items = COURSE.map(({ name, title, minutes, summary }) => {
    const exercise = exercises.has(name)
      ? ` There is an <a href="notebooks/exercises/${name}.ipynb" download>exercise edition</a>: you write the functions, and a check says what is wrong.`
      : '';
    return `<li><a href="${lessonFile(name)}">${escapeHtml(title)}</a> (${minutes} minutes). ${escapeHtml(summary)}${exercise}</li>`;
  });
  return [
    '<h1>The course</h1>',
    '<p>Read the lessons here, with their results. To run them and change them, follow the <a href="readme.html">README</a> and open them in Jupyter.</p>',
    `<ol>${items.join('\n')}</ol>`,
    '<p>For teachers: <a href="teaching.html">aims, minutes, questions and common answers</a>.</p>',
  ].join('\n');
}

function nextLesson({ name }: Lesson): string {
  const next = COURSE[COURSE.findIndex((lesson) => lesson.name === name) + 1];
  return next
    ? `\n<p>Next: <a href="${next.name}.html">${escapeHtml(next.title)}</a>.</p>`
    : '\n<p>This is the last lesson. <a href="../course.html">All lessons</a>.</p>';
}

/** The picture that a lesson ends its run with: content, style and result side by side. */
async function lastPicture(name: string, folder: string): Promise<string> {
  const shown = await lessonBody(await sideBySide(name), `${name}-first`);
  const [picture] = Object.values(shown.pictures);
  if (!picture) return '';
  await writeFile(path.join(folder, 'home.webp'), picture);
  return '<figure><img src="home.webp" alt="A content picture, a style picture, and the first painted like the second"></figure>';
}

async function sideBySide(name: string): Promise<CellWithOutputs[]> {
  return (await readNotebook(name)).filter(({ source }) => source.includes("'side-by-side'"));
}

function homeBody(picture: string): string {
  return [
    '<h1>Wheatfield</h1>',
    '<p>Neural style transfer, cell by cell, in TypeScript. It paints the content of one picture in the style of another.</p>',
    picture,
    '<ul>',
    '<li><a href="course.html">The course</a>: lessons to read, and exercises to do.</li>',
    '<li><a href="gallery.html">The gallery</a>: what it paints.</li>',
    '<li><a href="readme.html">The README</a>: install it and paint your own picture.</li>',
    '<li><a href="command-line.html">The command line</a>: every command and flag.</li>',
    '<li><a href="reference/index.html">The reference</a>: every function that a program can import.</li>',
    '<li>For those who work on it: <a href="contributing.html">the map of the code</a>, <a href="models.html">the bundled network</a>, <a href="changelog.html">what changed</a>.</li>',
    '</ul>',
  ].join('\n');
}
