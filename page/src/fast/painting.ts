/** A source, painted again and again as long as the room is open: a film's frames as they come, a picture when something was changed. */
import { type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Picture, Size } from '../../../src/picture/image';
import { STEADY } from '../../../src/stylize/steady';
import type { Provider } from './messages';
import { type Painter, openPainter } from './painter';
import { type Choice, type Source, draw, openSource } from './sources';

/** How it is painted. */
export interface Look {
  style: Float32Array;
  strength: number;
}

export interface Wanted {
  choice: Choice | undefined;
  height: number;
  /** The number of the network. */
  network: number | undefined;
  provider: Provider | undefined;
  look: Look | undefined;
  isPaused: boolean;
}

/** What was painted last. */
export interface Painted extends Size {
  isFilm: boolean;
  /** From a frame to its painting. */
  seconds: number;
  /** Frames a second; of the first there is none. */
  rate?: number;
}

export interface FastPainting {
  canvas: RefObject<HTMLCanvasElement | null>;
  painter?: Painter;
  /** The first picture of the source. */
  first?: Picture;
  painted?: Painted;
  problem?: string;
  /** What is still being opened. */
  opening?: string;
}

export function useFastPainting(wanted: Wanted): FastPainting {
  const { choice, height, network, provider } = wanted;
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(wanted);
  latest.current = wanted;
  const [first, setFirst] = useState<Picture>();
  const [painted, setPainted] = useState<Painted>();
  const [failure, setFailure] = useState<string>();

  const { value: painter, problem: noPainter } = useOpened(
    network !== undefined && provider ? () => openPainter(network, provider) : undefined,
    [network, provider],
    (error) =>
      `The network cannot be opened here (${error.message}). Reload the page, or use another browser.`,
  );
  const { value: source, problem: noSource } = useOpened(
    choice ? () => openSource(choice, height) : undefined,
    [choice, height],
    (error) => error.message,
  );

  useEffect(() => {
    setFailure(undefined);
    setPainted(undefined);
    if (!painter || !source || !canvas.current) return;
    const ended = new AbortController();
    paintOn({
      painter,
      source,
      canvas: canvas.current,
      wanted: () => latest.current,
      onFirst: setFirst,
      onPainted: setPainted,
      signal: ended.signal,
    }).catch((error: Error) => {
      if (!ended.signal.aborted) {
        setFailure(`Painting failed (${error.message}). Lower the height, or let the processor compute.`);
      }
    });
    return () => ended.abort();
  }, [painter, source]);

  const problem = noPainter ?? noSource ?? failure;
  const opening = painted || problem ? undefined : !painter ? 'It opens the network.' : 'It paints.';
  return { canvas, painter, first, painted, problem, opening: choice && opening };
}

/** Opens something that can be closed, anew whenever one of `inputs` changes. */
function useOpened<T extends { close: () => void }>(
  open: (() => Promise<T>) | undefined,
  inputs: readonly unknown[],
  inWords: (error: Error) => string,
): { value?: T; problem?: string } {
  const [opened, setOpened] = useState<{ value?: T; problem?: string }>({});
  useEffect(() => {
    let isWanted = true;
    let value: T | undefined;
    setOpened({});
    open?.().then(
      (found) => {
        if (!isWanted) return found.close();
        value = found;
        setOpened({ value });
      },
      (error: Error) => isWanted && setOpened({ problem: inWords(error) }),
    );
    return () => {
      isWanted = false;
      value?.close();
    };
  }, inputs);
  return opened;
}

interface Work {
  painter: Painter;
  source: Source;
  canvas: HTMLCanvasElement;
  wanted: () => Wanted;
  onFirst: (picture: Picture) => void;
  onPainted: (painted: Painted) => void;
  signal: AbortSignal;
}

/** Over how many frames their rate is measured. */
const MEASURED = 12;

async function paintOn({ painter, source, canvas, wanted, onFirst, onPainted, signal }: Work): Promise<void> {
  const ends: number[] = [];
  let before: Look | undefined;
  let isFirst = true;
  while (!signal.aborted) {
    const { look, isPaused } = wanted();
    const picture = isPaused && !isFirst ? undefined : source.grab(isFirst);
    if (picture && isFirst) onFirst(picture);
    if (picture) isFirst = false;
    if (look && !isFirst && (picture || look !== before)) {
      const began = performance.now();
      const painting = await painter.paint({ picture, ...look, steady: source.isFilm ? STEADY : undefined });
      if (signal.aborted) return;
      before = look;
      draw(painting, canvas);
      const ended = performance.now();
      ends.push(ended);
      const lasted = ends.slice(-MEASURED);
      onPainted({
        width: painting.width,
        height: painting.height,
        isFilm: source.isFilm,
        seconds: (ended - began) / 1000,
        rate: lasted.length > 1 ? (1000 * (lasted.length - 1)) / (ended - (lasted[0] ?? ended)) : undefined,
      });
    }
    // A hidden page gets no frames, and rests.
    await new Promise(requestAnimationFrame);
  }
}
