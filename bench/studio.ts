/**
 * What a page costs a painting in the studio: the same painting with vgg19-slim while a page in Chromium shows it, and while none does,
 * taking turns.
 *
 *     npx tsx bench/studio.ts [turns] [height]
 *
 * Processor seconds of the studio's process count, because other programs delay both. What the browser draws with is not among them.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Page, chromium } from 'playwright-core';
import { PROJECT_FOLDER } from '../src/project';
import type { Welcome } from '../src/studio/protocol';
import { openStudio } from '../src/studio/server';

const TURNS = Number(process.argv[2] ?? 8);
const HEIGHT = Number(process.argv[3] ?? 200);
const EVALUATIONS = 20;
/** What is aimed at, as a share of a run. */
const COST = 0.02;
const PAIR = ['bazille_ramparts_aigues-mortes_1867.png', 'vangogh_village_street_auvers_1890.png'];

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-bench-'));
  await mkdir(path.join(folder, 'img'));
  for (const name of PAIR) await cp(path.join(PROJECT_FOLDER, 'img', name), path.join(folder, 'img', name));
  const studio = await openStudio({ folder });
  const { origin, searchParams } = new URL(studio.address);
  const at = (below: string) => `${origin}/${searchParams.get('token')}/${below}`;
  const browser = await chromium.launch({
    executablePath: process.env.WHEATFIELD_BROWSER ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const page: Page = await browser.newPage();
  const { pictures } = (await (await fetch(at('api/welcome'))).json()) as Welcome;
  const [content, style] = PAIR.map((file) => pictures.find(({ name }) => name === file)?.id);
  let runs = 0;
  /** Processor seconds of one painting, from the request to its last file. */
  const paint = async () => {
    const settings = { content, style: [style], network: 'vgg19-slim', height: HEIGHT };
    const body = JSON.stringify({ ...settings, iterations: 1, evaluations: EVALUATIONS });
    const losses = path.join(folder, 'results', `studio-${++runs}`, 'losses.json');
    const began = processorSeconds();
    await fetch(at('api/paint'), { method: 'POST', body });
    while (!existsSync(losses)) await sleep(20);
    return processorSeconds() - began;
  };
  const seconds = { watched: [] as number[], alone: [] as number[] };
  // The first turn loads what computes.
  for (let turn = 0; turn <= TURNS; turn++) {
    await page.goto('about:blank');
    const alone = await paint();
    await page.goto(studio.address);
    const watched = await paint();
    if (turn === 0) continue;
    seconds.alone.push(alone);
    seconds.watched.push(watched);
    console.log(`  alone ${alone.toFixed(2)}  watched ${watched.toFixed(2)}`);
  }
  const [watched, alone] = [median(seconds.watched), median(seconds.alone)];
  const ratio = median(seconds.watched.map((each, i) => each / seconds.alone[i]));
  console.log(`processor seconds of ${EVALUATIONS} evaluations at ${HEIGHT} rows, medians of ${TURNS} turns`);
  console.log(`  alone ${alone.toFixed(2)}  watched ${watched.toFixed(2)}`);
  console.log(`  ratio ${ratio.toFixed(3)} (median of the turns), limit ${1 + COST}`);
  await browser.close();
  await studio.close();
  await rm(folder, { recursive: true, force: true });
}

void main();
