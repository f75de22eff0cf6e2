/** The watcher that prints: the chapter's lines, and on a terminal a live line with an estimate of the time left. */
import { gigabytes } from '../problem/memory';
import { draftPath, isDraft, resultPath } from '../runFolder/pictureFiles';
import type { Settings } from '../settings';
import { evaluationsLeft } from '../transfer/estimate';
import type { DownloadEvent, StepEvent, TransferEvent } from '../transfer/events';

/** Where lines go: process.stdout, or anything like it. */
export interface TerminalStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * Prints what the chapter prints, and the loss of the picture as it was saved. On a terminal a last line, rewritten in place, shows how
 * far the iteration is; anything else gets whole lines without control characters.
 *
 * @returns the watcher, to be called after the one that writes the files
 */
export function terminal(
  stream: TerminalStream,
  settings: Pick<Settings, 'out' | 'format' | 'init' | 'iterations' | 'evaluations' | 'threads'>,
): (event: TransferEvent) => void {
  const live = stream.isTTY === true;
  const clear = () => live && stream.write('\r\x1b[K');
  const print = (line: string) => {
    clear();
    stream.write(`${line}\n`);
  };
  const download = downloadProgress(stream);
  let [startedAt, bytes] = [0, 0];
  let [size, network, weights, device, why, draft] = ['', '', '', '', '', ''];
  const notices: string[] = [];
  return (event) => {
    switch (event.type) {
      case 'pictures':
        size = `${event.size.width} x ${event.size.height} pixels`;
        break;
      case 'notice':
        notices.push(`${event.message}\n`);
        break;
      case 'download':
        download(event);
        break;
      case 'network':
        [network, weights] = [event.choice, event.weights];
        break;
      case 'device':
        [device, why] = [event.name, event.why ? `${event.why}\n` : ''];
        break;
      case 'first':
        if (isDraft(event, settings)) {
          draft = `\nDraft saved as ${draftPath(settings.out, settings.format)}`;
        }
        break;
      case 'compiled':
        ({ bytes } = event);
        // Only now, so that a run that cannot work prints nothing but the reason.
        print(
          `${notices.join('')}${network}\n${why}${size}, device: ${device}, threads: ${settings.threads}, weights: ${weights}${draft}`,
        );
        break;
      case 'estimate':
        print(
          `About ${event.secondsEach.toPrecision(3)} s an evaluation, ${duration(event.seconds)} to go, and at most ${gigabytes(bytes)} of memory`,
        );
        break;
      case 'start':
        startedAt = event.seconds;
        print(`Start of iteration ${event.iteration}`);
        break;
      case 'step':
        if (!live) break;
        clear();
        // One column stays free: a full line would wrap in some terminals.
        stream.write(progressLine(event, settings).slice(0, (stream.columns ?? 80) - 1));
        break;
      case 'iteration':
        print(`  Current loss value: ${event.loss}`);
        print(`  Image saved as ${resultPath(settings.out, event.iteration, settings.format)}`);
        print(`  Loss of the saved image: ${event.saved}`);
        print(`  Iteration ${event.iteration} completed in ${(event.seconds - startedAt).toFixed(1)} s`);
        break;
      case 'end':
        // The error that follows says why the run could not continue.
        if (event.reason !== 'not finite') print(event.message);
    }
  };
}

/** Such as "  evaluation 12 of 21, loss 4.42e+8, 2.51 s each, 16 min left". */
export function progressLine(
  event: StepEvent,
  { iterations, evaluations }: Pick<Settings, 'iterations' | 'evaluations'>,
): string {
  const secondsEach = event.seconds / event.evaluations;
  const left = evaluationsLeft(event, event.evaluationsInIteration, { iterations, evaluations });
  return (
    `  evaluation ${event.evaluationsInIteration} of ${evaluations + 1}, loss ${event.loss.toExponential(3)}, ` +
    `${secondsEach.toPrecision(3)} s each, ${duration(left * secondsEach)} left`
  );
}

/** Such as "45 s", "16 min" and "2 h 05 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A watcher of the weights' download: a live line on a terminal, one line otherwise. */
export function downloadProgress(
  stream: TerminalStream,
): (progress: Pick<DownloadEvent, 'received' | 'total'>) => void {
  let announced = false;
  return ({ received, total }) => {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
    const of = total === undefined ? '' : ` of ${megabytes(total)}`;
    if (stream.isTTY) {
      const done = received === total ? '\n' : '';
      stream.write(`\r\x1b[KDownloading the weights: ${megabytes(received)}${of} MB${done}`);
    } else if (!announced) {
      stream.write(`Downloading the weights...\n`);
    }
    announced = true;
  };
}
