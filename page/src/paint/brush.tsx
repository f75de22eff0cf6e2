/** A brush over the content picture: by mouse, pen or finger, or by the keyboard. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Slider } from '../parts/slider';
import { type Stroke, drawStroke, drawStrokes } from './strokes';

/** Pixels of the mask's longer side. */
const SIDE = 1024;
/** How far a key moves the brush, in parts of the picture. */
const STEP = 0.02;
const KEYS: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

export interface BrushProps {
  /** The address of the picture below. */
  src: string;
  /** Width by height. */
  aspect: number;
  canvas: RefObject<HTMLCanvasElement | null>;
  strokes: readonly Stroke[];
  onChange: (strokes: readonly Stroke[]) => void;
}

export function Brush({ src, aspect, canvas, strokes, onChange }: BrushProps) {
  const [size, setSize] = useState(15);
  const [softness, setSoftness] = useState(30);
  const [isEraser, setEraser] = useState(false);
  const [place, setPlace] = useState<[number, number]>([0.5, 0.5]);
  const stroke = useRef<Stroke | undefined>(undefined);
  /** The strokes before the one at hand, drawn once. */
  const before = useRef(document.createElement('canvas'));
  const [width, height] = aspect > 1 ? [SIDE, Math.round(SIDE / aspect)] : [Math.round(SIDE * aspect), SIDE];

  useEffect(() => {
    Object.assign(before.current, { width, height });
    drawStrokes(before.current, strokes);
    show();
  }, [strokes, width, height]);

  const show = () => {
    const context = canvas.current?.getContext('2d');
    context?.clearRect(0, 0, width, height);
    context?.drawImage(before.current, 0, 0);
    if (context && stroke.current) drawStroke(context, stroke.current);
  };
  const begin = (at: [number, number]) => {
    stroke.current = { points: [at], diameter: size / 100, softness: softness / 100, isEraser };
    goOn(at);
  };
  const goOn = (at: [number, number]) => {
    setPlace(at);
    if (!stroke.current) return;
    stroke.current.points.push(at);
    show();
  };
  const end = () => {
    if (stroke.current) onChange([...strokes, stroke.current]);
    stroke.current = undefined;
  };
  const at = ({ clientX, clientY, currentTarget }: PointerEvent): [number, number] => {
    const box = (currentTarget as HTMLElement).getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = KEYS[event.key];
    if (!move && event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    if (!move) return stroke.current ? end() : begin(place);
    const within = (value: number) => Math.min(Math.max(value, 0), 1);
    goOn([within(place[0] + move[0]), within(place[1] + move[1])]);
  };

  return (
    <div class="brush">
      <div class="tools">
        <div class="kinds" role="group" aria-label="What the brush does">
          <button type="button" aria-pressed={!isEraser} onClick={() => setEraser(false)}>
            Paint
          </button>
          <button type="button" aria-pressed={isEraser} onClick={() => setEraser(true)}>
            Erase
          </button>
        </div>
        <Slider label="Brush size" value={size} onChange={(value) => setSize(Math.max(value, 1))} />
        <Slider label="Soft edge" value={softness} onChange={setSoftness} />
        <div class="kinds">
          <button
            type="button"
            disabled={strokes.length === 0}
            onClick={() => onChange(strokes.slice(0, -1))}
          >
            Undo
          </button>
          <button type="button" disabled={strokes.length === 0} onClick={() => onChange([])}>
            Clear
          </button>
        </div>
      </div>
      <div
        class="canvas"
        style={{ aspectRatio: String(aspect), maxWidth: `min(100%, ${(60 * aspect).toFixed(1)}vh)` }}
        tabIndex={0}
        role="application"
        aria-label="The mask over the content picture. Arrow keys move the brush, Space puts it down and lifts it."
        onKeyDown={onKeyDown}
        onBlur={end}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          begin(at(event));
        }}
        onPointerMove={(event) => goOn(at(event))}
        onPointerUp={end}
        onPointerCancel={end}
      >
        <img src={src} alt="" draggable={false} />
        <canvas ref={canvas} width={width} height={height} />
        <span
          class="ring"
          style={{
            left: `${place[0] * 100}%`,
            top: `${place[1] * 100}%`,
            width: `${size * Math.min(1, 1 / aspect)}%`,
          }}
        />
      </div>
    </div>
  );
}
