/**
 * Paints grids, one run after the other, and rests while a painting is at work: whoever paints waits for the picture. A grid that was
 * stopped, or whose studio was closed, goes on with the runs that it has not done.
 */
import path from 'node:path';
import { UserError } from '../../errors';
import type { OpenNetwork } from '../../network/network';
import { recordedTransfer } from '../../runFolder/recordedTransfer';
import { beginResults } from '../../runFolder/results';
import { type Settings, readSettings } from '../../settings';
import type { Feed } from '../feed';
import type { Library } from '../library';
import { newFolder } from '../newFolder';
import { idOf, shownSettings } from '../paths';
import type { Axis, GivenGrid, Grid, GridCell } from '../protocol';
import { planGrid, settingsAt } from './axes';
import { type GridRecord, cellName, readGrids, writeGrid } from './gridFile';

export interface GridsOptions {
  feed: Feed;
  library: Library;
  /** The working folder. */
  folder: string;
  openNetwork?: OpenNetwork;
}

/** A grid that waits for its turn, or has it. */
interface Work {
  controller: AbortController;
  ended: Promise<void>;
}

export class Grids {
  /** What is wrong with grids that cannot be read. */
  readonly problems: string[] = [];
  private readonly records = new Map<string, GridRecord>();
  private readonly works = new Map<string, Work>();
  private turns: Promise<void> = Promise.resolve();

  constructor(private readonly options: GridsOptions) {}

  /** Shows the grids of earlier days. */
  async open(): Promise<void> {
    for (const [name, record] of await readGrids(this.results)) {
      if (record instanceof UserError) this.problems.push(record.message);
      else this.show(name, record);
    }
  }

  /**
   * Begins a grid in a folder of its own.
   *
   * @throws UserError where the settings of one of its runs are not valid
   */
  async begin(given: GivenGrid): Promise<void> {
    const { folder, library } = this.options;
    const record: GridRecord = { ...(await planGrid(given, library)), runs: {} };
    const dir = await newFolder(folder, 'grid');
    await writeGrid(dir, record);
    const name = path.basename(dir);
    this.show(name, record);
    this.goOn(name);
  }

  /** Goes on with the runs that are not done; one that failed is tried again. */
  goOn(name: string): void {
    const record = this.find(name);
    if (this.works.has(name)) return;
    const controller = new AbortController();
    const { signal } = controller;
    this.change(name, { status: 'waiting', doing: 'It waits for its turn.' });
    const ended = this.turns
      .then(() => (signal.aborted ? undefined : this.paint(name, record, signal)))
      .catch((error: unknown) => {
        // Such as a full disk.
        if (!(error instanceof UserError)) console.error(error);
        this.change(name, { status: 'stopped', doing: (error as Error).message });
      })
      .finally(() => {
        if (!signal.aborted) this.works.delete(name);
      });
    this.turns = ended;
    this.works.set(name, { controller, ended });
  }

  /** Stops at once. The run that it was painting begins again when the grid goes on. */
  async stop(name: string): Promise<void> {
    this.find(name);
    const work = this.works.get(name);
    if (!work) return;
    this.works.delete(name);
    work.controller.abort('stop');
    if (this.view(name).status === 'waiting') this.change(name, { status: 'stopped', doing: this.sum(name) });
    else await work.ended;
  }

  async close(): Promise<void> {
    for (const name of this.works.keys()) await this.stop(name);
  }

  private get results(): string {
    return path.join(this.options.folder, 'results');
  }

  private find(name: string): GridRecord {
    const record = this.records.get(name);
    if (record) return record;
    throw new UserError('This grid is not here any more. Reload the page.');
  }

  private async paint(name: string, record: GridRecord, signal: AbortSignal): Promise<void> {
    this.change(name, { status: 'painting', doing: 'It paints.' });
    for (const [row, cells] of this.view(name).cells.entries()) {
      for (const column of cells.keys()) {
        if (signal.aborted || record.runs[cellName(row, column)] === 'done') continue;
        await this.paintCell(name, record, [row, column], signal);
      }
    }
    this.change(name, { status: signal.aborted ? 'stopped' : 'ended', doing: this.sum(name) });
  }

  private async paintCell(
    name: string,
    record: GridRecord,
    at: readonly [number, number],
    signal: AbortSignal,
  ): Promise<void> {
    const change = (part: Partial<GridCell>) => this.changeCell(name, at, part);
    const out = path.join(this.results, name, cellName(...at));
    change({ status: 'painting', iterations: 0, error: undefined });
    try {
      const settings = readSettings({ ...settingsAt(record, ...at), out });
      const isDone = await this.follow(name, settings, signal, (iterations) => change({ iterations }));
      if (!isDone) return change({ status: 'waiting' });
      record.runs[cellName(...at)] = 'done';
      change({ status: 'done' });
    } catch (error) {
      // What is not the person's to correct is shown as well, and printed where the studio was started.
      if (!(error instanceof UserError)) console.error(error);
      const failed = error instanceof Error ? error.message : String(error);
      record.runs[cellName(...at)] = { failed };
      change({ status: 'failed', error: failed });
    }
    await writeGrid(path.join(this.results, name), record);
  }

  /** @returns whether the run came to its end, and was not stopped */
  private async follow(
    name: string,
    settings: Settings,
    signal: AbortSignal,
    onIteration: (iterations: number) => void,
  ): Promise<boolean> {
    const { openNetwork } = this.options;
    const run = recordedTransfer(settings, {
      signal,
      openNetwork,
      open: (source) => beginResults(settings.out, settings, source),
    });
    for (;;) {
      await this.giveWay(name, signal);
      const { value: event, done } = await run.next();
      if (done) return false;
      if (event.type === 'iteration') onIteration(event.iteration + 1);
      if (event.type === 'end') {
        await run.return();
        return event.reason !== 'stopped';
      }
    }
  }

  /** Rests while a painting is at work. */
  private async giveWay(name: string, signal: AbortSignal): Promise<void> {
    const { feed } = this.options;
    const isFree = ({ painting }: typeof feed.state) =>
      painting === undefined || painting.status === 'paused' || painting.status === 'ended';
    if (isFree(feed.state)) return;
    this.change(name, { status: 'resting', doing: 'It rests while a painting is at work.' });
    await feed.until(isFree, signal);
    this.change(name, { status: 'painting', doing: 'It paints.' });
  }

  /** How far it is, in a sentence. */
  private sum(name: string): string {
    const cells = this.view(name).cells.flat();
    const count = (status: GridCell['status']) => cells.filter((cell) => cell.status === status).length;
    const failed = count('failed');
    return `${count('done')} of ${cells.length} runs are done${failed > 0 ? `, and ${failed} failed` : ''}.`;
  }

  private view(name: string): Grid {
    return this.options.feed.state.grids.find((grid) => grid.name === name) as Grid;
  }

  private show(name: string, record: GridRecord): void {
    const { feed, folder } = this.options;
    this.records.set(name, record);
    const dir = path.join(this.results, name);
    const cells = record.rows.values.map((_, row) =>
      record.columns.values.map((__, column) => cellOf(dir, record, cellName(row, column))),
    );
    const shown = ({ setting, values }: Axis) => ({
      setting,
      values: values.map((value) => shownSettings(folder, { value }).value),
    });
    feed.publish({
      type: 'grid',
      grid: {
        name,
        settings: shownSettings(folder, record.settings),
        rows: shown(record.rows),
        columns: shown(record.columns),
        cells,
        status: cells.flat().every(({ status }) => status === 'done') ? 'ended' : 'stopped',
        doing: '',
      },
    });
    this.change(name, { doing: this.sum(name) });
  }

  private change(name: string, part: Partial<Grid>): void {
    this.options.feed.publish({ type: 'grid', grid: { ...this.view(name), ...part } });
  }

  private changeCell(name: string, [row, column]: readonly [number, number], part: Partial<GridCell>): void {
    const cells = this.view(name).cells.map((inRow, i) =>
      i === row ? inRow.map((cell, j) => (j === column ? { ...cell, ...part } : cell)) : inRow,
    );
    this.change(name, { cells });
  }
}

function cellOf(dir: string, { runs }: GridRecord, cell: string): GridCell {
  const outcome = runs[cell];
  const run = idOf(path.join(dir, cell));
  if (outcome === 'done') return { run, status: 'done', iterations: 0 };
  if (outcome) return { run, status: 'failed', iterations: 0, error: outcome.failed };
  return { run, status: 'waiting', iterations: 0 };
}
