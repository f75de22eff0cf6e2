/** A picture that can be looked at closely: dragged, enlarged to its pixels, and compared with another by a divider. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** What part of a picture is seen: 1 is the whole of it; the middle is a part of its width and height. */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export const WHOLE: View = { zoom: 1, x: 0.5, y: 0.5 };
const MOST_ZOOM = 64;

export interface ViewerProps {
  src: string;
  alt: string;
  /** Lies under the picture, left of the divider. */
  before?: { src: string; alt: string };
  view: View;
  onView: (view: View) => void;
  /** Width by height, so that the room is there before the picture is. */
  aspect: number;
}

export function Viewer({ src, alt, before, view, onView, aspect }: ViewerProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [box, setBox] = useState({ width: 1, height: 1 });
  const [divider, setDivider] = useState(50);
  const [pixels, setPixels] = useState(0);
  const shown = useDecoded(src);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setBox({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const fit = fitted(box, aspect);
  const width = fit.width * view.zoom;
  const left = place(box.width, width, view.x);
  const top = place(box.height, fit.height * view.zoom, view.y);
  /** Zooms so that what lies under the point stays there. */
  const zoomAt = (factor: number, pointX = box.width / 2, pointY = box.height / 2) => {
    const zoom = Math.min(Math.max(view.zoom * factor, 1), MOST_ZOOM);
    const grown = zoom / view.zoom;
    const x = ((pointX - left) * grown + box.width / 2 - pointX) / (fit.width * zoom);
    const y = ((pointY - top) * grown + box.height / 2 - pointY) / (fit.height * zoom);
    onView(zoom === 1 ? WHOLE : within({ zoom, x, y }));
  };
  const move = (dx: number, dy: number) =>
    onView(within({ ...view, x: view.x - dx / width, y: view.y - dy / (fit.height * view.zoom) }));

  useGestures(frame, { zoomAt, move });

  const onKeyDown = (event: KeyboardEvent) => {
    const step = 40;
    const act = {
      '+': () => zoomAt(1.5),
      '=': () => zoomAt(1.5),
      '-': () => zoomAt(1 / 1.5),
      '0': () => onView(WHOLE),
      ArrowLeft: () => move(step, 0),
      ArrowRight: () => move(-step, 0),
      ArrowUp: () => move(0, step),
      ArrowDown: () => move(0, -step),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };

  const style = {
    left: `${left}px`,
    top: `${top}px`,
    width: `${width}px`,
    height: `${fit.height * view.zoom}px`,
  };
  const clip = before ? { clipPath: `inset(0 0 0 ${divider}%)` } : {};
  const isClose = pixels > 0 && width / pixels >= 2;
  return (
    <div class="viewer">
      <div
        class="frame"
        ref={frame}
        tabIndex={0}
        role="group"
        aria-label={`${alt}. Plus and minus zoom, arrows move, 0 shows the whole.`}
        onKeyDown={onKeyDown}
      >
        {before && <img class="layer" src={before.src} alt={before.alt} style={style} draggable={false} />}
        {shown && (
          <img
            class={`layer ${isClose ? 'close' : ''}`}
            src={shown}
            alt={alt}
            style={{ ...style, ...clip }}
            draggable={false}
            onLoad={(event) => setPixels(event.currentTarget.naturalWidth)}
          />
        )}
        {before && shown && (
          <span
            class="divider"
            aria-hidden="true"
            style={{
              left: `${left + (width * divider) / 100}px`,
              top: `${Math.max(top, 0)}px`,
              height: `${Math.min(fit.height * view.zoom, box.height)}px`,
            }}
          />
        )}
      </div>
      <div class="viewing">
        {before && (
          <label class="compare">
            <span>Before and after</span>
            <input
              type="range"
              min={0}
              max={100}
              value={divider}
              onInput={(event) => setDivider(event.currentTarget.valueAsNumber)}
            />
          </label>
        )}
        <span class="zooms">
          <button
            type="button"
            onClick={() => zoomAt(1 / 1.5)}
            aria-label="Smaller"
            disabled={view.zoom <= 1}
          >
            −
          </button>
          <button type="button" onClick={() => onView(WHOLE)} disabled={view.zoom === 1}>
            Whole
          </button>
          <button type="button" onClick={() => zoomAt((pixels * 4) / width)} disabled={pixels === 0}>
            Pixels
          </button>
          <button type="button" onClick={() => zoomAt(1.5)} aria-label="Larger">
            +
          </button>
        </span>
      </div>
    </div>
  );
}

/** The last picture that is decoded, so that a new one takes its place without a gap. */
function useDecoded(src: string): string | undefined {
  const [decoded, setDecoded] = useState<string>();
  useEffect(() => {
    let isWanted = true;
    const image = new Image();
    image.src = src;
    image.decode().then(
      () => isWanted && setDecoded(src),
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [src]);
  return decoded;
}

interface Gestures {
  zoomAt: (factor: number, x: number, y: number) => void;
  move: (dx: number, dy: number) => void;
}

/** The wheel, one finger or the mouse to drag, two fingers to zoom. */
function useGestures(frame: { current: HTMLDivElement | null }, gestures: Gestures): void {
  const latest = useRef(gestures);
  latest.current = gestures;
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const pointers = new Map<number, PointerEvent>();
    const at = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
      const { left, top } = element.getBoundingClientRect();
      return [clientX - left, clientY - top] as const;
    };
    const onWheel = (event: WheelEvent) => {
      // The wheel alone scrolls the page, as everywhere; with Ctrl, which is also a pinch on a touchpad, it zooms.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.zoomAt(Math.exp(-event.deltaY / 200), ...at(event));
    };
    const onDown = (event: PointerEvent) => {
      pointers.set(event.pointerId, event);
      element.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      pointers.set(event.pointerId, event);
      const other = [...pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
      if (!other) return latest.current.move(event.clientX - before.clientX, event.clientY - before.clientY);
      const distance = (point: PointerEvent) =>
        Math.hypot(point.clientX - other.clientX, point.clientY - other.clientY);
      latest.current.zoomAt(distance(event) / Math.max(distance(before), 1), ...at(other));
    };
    const onUp = (event: PointerEvent) => pointers.delete(event.pointerId);
    const onDouble = (event: MouseEvent) => latest.current.zoomAt(2, ...at(event));
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('pointerdown', onDown);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onUp);
    element.addEventListener('dblclick', onDouble);
    return () => {
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onUp);
      element.removeEventListener('dblclick', onDouble);
    };
  }, [frame]);
}

function fitted({ width, height }: { width: number; height: number }, aspect: number) {
  return width / height > aspect ? { width: height * aspect, height } : { width, height: width / aspect };
}

/** Where a side begins: in the middle where all of it fits, else where the view says, without a gap at an end. */
function place(room: number, length: number, middle: number): number {
  if (length <= room) return (room - length) / 2;
  return Math.min(0, Math.max(room - length, room / 2 - length * middle));
}

function within({ zoom, x, y }: View): View {
  const half = 0.5 / zoom;
  const clamp = (value: number) => Math.min(Math.max(value, half), 1 - half);
  return { zoom, x: clamp(x), y: clamp(y) };
}
