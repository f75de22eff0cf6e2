/**
 * The painting of the studio: one at a time, the same for every page. It can rest, go on, stop, and go on from the picture at hand with other
 * settings; each such part (a leg) is a run with a folder of its own, which every other command can read.
 */
import path from 'node:path';
import { UserError } from '../errors';
import type { OpenNetwork } from '../network/network';
import type { Picture } from '../picture/image';
import { encodeImage, saveImage } from '../picture/save';
import { recordedTransfer } from '../runFolder/recordedTransfer';
import { beginResults } from '../runFolder/results';
import type { Settings } from '../settings';
import type { TransferEvent } from '../transfer/events';
import type { Transfer } from '../transfer/transfer';
import { type Copies, type Leg, type Painting } from './protocol';
import { copiesOf } from './copies';
import type { Feed } from './feed';
import { newFolder } from './newFolder';
import { Pace } from './pace';
import { shownSettings } from './paths';
import { previewPng } from './preview';

const LOOKS = 'The network looks at the pictures.';

export interface PainterOptions {
  feed: Feed;
  /** The working folder, from which paths are shown. */
  folder: string;
  openNetwork?: OpenNetwork;
}

/** The leg at work. */
interface Work {
  transfer: Transfer<TransferEvent>;
  controller: AbortController;
  /** Ends when the leg has ended, whatever ended it. */
  ended: Promise<void>;
}

export class Painter {
  private paintings = 0;
  private work: Work | undefined;
  private shown: { picture: Picture; preview: Buffer; leg: number; evaluations: number } | undefined;
  private resume: (() => void) | undefined;
  private resting: Promise<void> = Promise.resolve();
  private readonly pace = new Pace();

  constructor(private readonly options: PainterOptions) {}

  /** Begins a new painting, in a folder of its own. One that is at work is stopped first. */
  async paint(settings: Settings): Promise<void> {
    const { feed, folder } = this.options;
    await this.stop();
    const out = await newFolder(folder, 'studio');
    this.shown = undefined;
    this.paintings++;
    const painting: Painting = { id: this.paintings, status: 'preparing', doing: 'It begins.', legs: [] };
    feed.publish({ type: 'painting', painting });
    this.begin({ ...settings, out });
  }

  /**
   * Goes on from the picture at hand with other settings.
   *
   * @throws UserError where there is no picture yet
   */
  async steer(settings: Settings): Promise<void> {
    if (!this.painting || !this.shown) {
      throw new UserError('There is no picture to go on from yet. Wait for the first, or paint afresh.');
    }
    await this.stop();
    const out = await newFolder(this.options.folder, 'studio');
    const init = path.join(out, 'first.png');
    await saveImage(this.shown.picture, init);
    this.begin({ ...settings, out, init });
  }

  /** Rests after the evaluation at hand. */
  pause(): void {
    if (this.painting?.status !== 'painting') return;
    this.resting = new Promise((resolve) => (this.resume = resolve));
    this.options.feed.publish({ type: 'status', status: 'paused', doing: 'It rests.' });
  }

  goOn(): void {
    if (this.painting?.status !== 'paused') return;
    this.options.feed.publish({ type: 'status', status: 'painting', doing: 'It paints.' });
    this.resume?.();
  }

  /** Stops for good, at once; the picture at hand is kept. */
  async stop(): Promise<void> {
    this.work?.controller.abort('stop');
    this.resume?.();
    await this.work?.ended;
  }

  /**
   * The picture that is shown, as an uncompressed PNG.
   *
   * @throws UserError where there is none yet
   */
  preview(): Buffer {
    return this.shownNow().preview;
  }

  /**
   * The same, as the file that a command would save.
   *
   * @throws UserError where there is none yet
   */
  async png(): Promise<Buffer> {
    return encodeImage(this.shownNow().picture, 'picture.png');
  }

  /** @throws UserError where no picture is shown yet, or only the one that it begins with, which no command saves */
  copies(): Copies {
    const { leg, evaluations } = this.shownNow();
    if (evaluations === 0) {
      throw new UserError(
        'Only the picture that the painting begins with is there. Wait for the first step.',
      );
    }
    return copiesOf((this.painting?.legs ?? []).slice(0, leg + 1), evaluations);
  }

  private get painting(): Painting | undefined {
    return this.options.feed.state.painting;
  }

  private shownNow() {
    if (this.shown) return this.shown;
    throw new UserError('There is no picture yet. Wait for the first step.');
  }

  private begin(settings: Settings): void {
    const { feed, folder, openNetwork } = this.options;
    const controller = new AbortController();
    const { signal } = controller;
    const transfer = recordedTransfer(settings, {
      signal,
      openNetwork,
      open: (source) => beginResults(settings.out, settings, source),
    });
    const leg: Leg = {
      name: path.basename(settings.out),
      settings: shownSettings(folder, settings),
      steps: [],
    };
    feed.publish({ type: 'leg', leg });
    feed.publish({ type: 'status', status: 'preparing', doing: 'It reads the pictures.' });
    this.resting = Promise.resolve();
    this.work = { transfer, controller, ended: this.run(transfer, settings) };
  }

  private async run(transfer: Transfer<TransferEvent>, settings: Settings): Promise<void> {
    const { feed } = this.options;
    try {
      for (;;) {
        await this.resting;
        const next = await transfer.next();
        if (next.done) break;
        await this.follow(next.value, transfer, settings);
      }
    } catch (error) {
      // What is not the person's to correct is shown as well, and printed where the studio was started.
      if (!(error instanceof UserError)) console.error(error);
      const message = error instanceof Error ? error.message : String(error);
      feed.publish({ type: 'leg changed', part: { error: message } });
      feed.publish({ type: 'status', status: 'ended', doing: message });
    }
  }

  private async follow(
    event: TransferEvent,
    transfer: Transfer<TransferEvent>,
    settings: Settings,
  ): Promise<void> {
    const { feed } = this.options;
    const status = (doing: string) => feed.publish({ type: 'status', status: 'preparing', doing });
    switch (event.type) {
      case 'pictures':
        feed.publish({ type: 'leg changed', part: { size: event.size } });
        return status('It opens the network.');
      case 'download':
        return status(downloading(event.received, event.total));
      case 'network':
        feed.publish({ type: 'leg changed', part: { network: event.choice } });
        return status(settings.init === 'draft' ? 'It paints a draft.' : LOOKS);
      case 'first':
        status(LOOKS);
        // A page that nobody looks at costs nothing. Another leg begins at the picture that is shown.
        if (feed.readers > 0 && !event.isContent && !this.shown) await this.show(transfer);
        return;
      case 'targets':
        return status('It compiles the loss and its gradient.');
      case 'start':
        if (this.painting?.status === 'preparing') {
          feed.publish({ type: 'status', status: 'painting', doing: 'It paints.' });
        }
        return;
      case 'step': {
        const { type, ...step } = event;
        feed.publish({ type: 'step', step });
        if (feed.readers > 0 || this.painting?.status === 'paused') {
          await this.pace.spend(this.painting?.status === 'paused', () => this.show(transfer));
        }
        return void type;
      }
      case 'end': {
        const { type, ...end } = event;
        if (this.lastLeg?.steps.length) await this.show(transfer);
        feed.publish({ type: 'leg changed', part: { end } });
        feed.publish({ type: 'status', status: 'ended', doing: event.message });
        return void type;
      }
    }
  }

  private async show(transfer: Transfer<TransferEvent>): Promise<void> {
    const leg = (this.painting?.legs.length ?? 0) - 1;
    const evaluations = this.lastLeg?.steps.at(-1)?.evaluations ?? 0;
    const picture = await transfer.picture();
    this.shown = { picture, preview: await previewPng(picture), leg, evaluations };
    this.options.feed.publish({ type: 'shown', shown: { leg, evaluations } });
  }

  private get lastLeg(): Leg | undefined {
    return this.painting?.legs.at(-1);
  }
}

function downloading(received: number, total: number | undefined): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const of = total === undefined ? '' : ` of ${megabytes(total)}`;
  return `It downloads the network's weights: ${megabytes(received)}${of} MB.`;
}
