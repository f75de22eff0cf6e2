/** What each layer alone would paint: 16 small pictures from noise, one after the other. Those that were painted once are kept. */
import { UserError } from '../../errors';
import { convolutionNames } from '../../network/vgg19';
import type { OpenNetwork } from '../../network/network';
import { problemFromSettings } from '../../problem/fromSettings';
import type { Settings } from '../../settings';
import { wholeTransfer } from '../../styleTransfer';
import type { Feed } from '../feed';
import { giveWay } from '../giveWay';
import type { Library } from '../library';
import { previewPng } from '../preview';
import type { GivenWall, WallCell } from '../protocol';
import { settingsFrom } from '../settingsPanel';

/** How a cell is painted, besides the layer: small, in a few seconds. The other weights are the painter's. */
const SMALL = { height: 128, margin: 8, iterations: 1, evaluations: 30, init: 'noise' } as const;
/** Pictures that are kept: six walls. */
const MOST_KEPT = 96;

export interface WallOptions {
  feed: Feed;
  library: Library;
  openNetwork?: OpenNetwork;
}

export class WallPainter {
  /** Pictures by the settings that paint them. */
  private readonly kept = new Map<string, { png: Buffer; evaluations: number; isWhole: boolean }>();
  /** The settings of the wall that is shown, by layer. */
  private settings: ReadonlyMap<string, Settings> = new Map();
  private work: { controller: AbortController; ended: Promise<void> } | undefined;

  constructor(private readonly options: WallOptions) {}

  /**
   * Shows a wall, and paints what it lacks. One that is at work is stopped first.
   *
   * @throws UserError for a picture that is not here, or another kind or network
   */
  async begin(given: GivenWall): Promise<void> {
    const { feed, library } = this.options;
    const settings = new Map<string, Settings>();
    for (const layer of convolutionNames()) settings.set(layer, await settingsOf(given, layer, library));
    await this.stop();
    this.settings = settings;
    const { kind, content, style, network } = given;
    const cells = [...settings].map(([layer, each]): WallCell => {
      const known = this.kept.get(keyOf(each));
      return { layer, status: known?.isWhole ? 'done' : 'waiting', evaluations: known?.evaluations ?? 0 };
    });
    feed.publish({ type: 'wall', wall: { kind, content, style, network, cells, status: 'painting' } });
    const controller = new AbortController();
    this.work = { controller, ended: this.paint(controller.signal) };
  }

  /** Stops at once; what is painted stays. */
  async stop(): Promise<void> {
    this.work?.controller.abort('stop');
    await this.work?.ended;
    this.work = undefined;
  }

  /**
   * The picture of a layer, as far as it is painted.
   *
   * @throws UserError where there is none
   */
  picture(layer: string): Buffer {
    const settings = this.settings.get(layer);
    const known = settings && this.kept.get(keyOf(settings));
    if (known) return known.png;
    throw new UserError('This layer has painted nothing yet. Begin the wall.');
  }

  private async paint(signal: AbortSignal): Promise<void> {
    for (const [layer, settings] of this.settings) {
      if (signal.aborted) break;
      if (this.kept.get(keyOf(settings))?.isWhole) continue;
      this.change(layer, { status: 'painting', evaluations: 0 });
      try {
        await this.paintCell(layer, settings, signal);
        this.change(layer, { status: signal.aborted ? 'waiting' : 'done' });
      } catch (error) {
        // What is not the person's to correct is shown as well, and printed where the studio was started.
        if (!(error instanceof UserError)) console.error(error);
        this.change(layer, { status: 'failed', error: (error as Error).message });
      }
    }
    this.setStatus(signal.aborted ? 'stopped' : 'ended');
  }

  private async paintCell(layer: string, settings: Settings, signal: AbortSignal): Promise<void> {
    const { feed, openNetwork } = this.options;
    const run = wholeTransfer({ ...problemFromSettings(settings), openNetwork }, { ...settings, signal });
    for (;;) {
      if (await giveWay(feed, signal, () => this.setStatus('resting'))) this.setStatus('painting');
      const { value: event, done } = await run.next();
      if (done) return;
      if (event.type !== 'step' && event.type !== 'end') continue;
      const { evaluations } = event;
      if (evaluations === 0) continue;
      const isWhole = event.type === 'end' && event.reason !== 'stopped';
      this.keep(settings, { png: await previewPng(await run.picture()), evaluations, isWhole });
      this.change(layer, { evaluations });
    }
  }

  private keep(settings: Settings, picture: { png: Buffer; evaluations: number; isWhole: boolean }): void {
    const key = keyOf(settings);
    this.kept.delete(key);
    this.kept.set(key, picture);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  private setStatus(status: 'painting' | 'resting' | 'stopped' | 'ended'): void {
    const { wall } = this.options.feed.state;
    if (wall) this.options.feed.publish({ type: 'wall', wall: { ...wall, status } });
  }

  private change(layer: string, part: Partial<WallCell>): void {
    const { wall } = this.options.feed.state;
    if (!wall) return;
    const cells = wall.cells.map((cell) => (cell.layer === layer ? { ...cell, ...part } : cell));
    this.options.feed.publish({ type: 'wall', wall: { ...wall, cells } });
  }
}

/** Of one layer alone: all weight is on it. */
async function settingsOf(
  { kind, content, style, network }: GivenWall,
  layer: string,
  library: Library,
): Promise<Settings> {
  if (!['content', 'style'].includes(kind)) {
    throw new UserError('A wall is of the content or of the style. Reload the page.');
  }
  const alone =
    kind === 'style' ? { styleLayers: [layer], contentWeight: 0 } : { contentLayer: [layer], styleWeight: 0 };
  return settingsFrom({ ...SMALL, ...alone, content, style: [style], network }, library);
}

function keyOf(settings: Settings): string {
  return JSON.stringify(settings);
}
