/** A studio in a folder of its own with the pair of paintings of img/, and Chromium to show it in. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type Page, chromium } from 'playwright-core';
import { PROJECT_FOLDER } from '../src/project';
import type { LossEntry } from '../src/runFolder/results';
import type { GivenSettings, Welcome } from '../src/studio/protocol';
import { openStudio } from '../src/studio/server';

const PAIR = ['bazille_ramparts_aigues-mortes_1867.png', 'vangogh_village_street_auvers_1890.png'];

export interface OpenedStudio {
  address: string;
  page: Page;
  /** Begins a painting of the pair. */
  paint(settings: GivenSettings): Promise<void>;
  stop(): Promise<void>;
  /** Waits until so many iterations of the last painting are saved. Nobody reads the studio's events meanwhile. */
  untilSaved(iterations: number): Promise<void>;
  /** Seconds of processor time that the browser has taken, all of its processes together. */
  browserSeconds(): Promise<number>;
  close(): Promise<void>;
}

export async function openInBrowser(): Promise<OpenedStudio> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-bench-'));
  await mkdir(path.join(folder, 'img'));
  for (const name of PAIR) await cp(path.join(PROJECT_FOLDER, 'img', name), path.join(folder, 'img', name));
  const studio = await openStudio({ folder });
  const { origin, searchParams } = new URL(studio.address);
  const at = (below: string) => `${origin}/${searchParams.get('token')}/api/${below}`;
  const post = (below: string, body = '{}') => fetch(at(below), { method: 'POST', body });
  const browser: Browser = await chromium.launch({
    executablePath: process.env.WHEATFIELD_BROWSER ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const devTools = await browser.newBrowserCDPSession();
  const { pictures } = (await (await fetch(at('welcome'))).json()) as Welcome;
  const [content, style] = PAIR.map((file) => pictures.find(({ name }) => name === file)?.id);
  let paintings = 0;
  return {
    address: studio.address,
    page: await browser.newPage(),
    async paint(settings) {
      paintings++;
      const { ok } = await post('paint', JSON.stringify({ content, style: [style], ...settings }));
      if (!ok) throw new Error('The studio does not paint.');
    },
    stop: async () => void (await post('stop')),
    async untilSaved(iterations) {
      const file = path.join(folder, 'results', `studio-${paintings}`, 'losses.json');
      for (;;) {
        const saved = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as LossEntry[]) : [];
        if (saved.length >= iterations) return;
        await sleep(20);
      }
    },
    async browserSeconds() {
      const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    },
    async close() {
      await browser.close();
      await studio.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
