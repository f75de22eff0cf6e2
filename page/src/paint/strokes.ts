/** A mask as the strokes of a brush, which can be drawn again without the last. */
export interface Stroke {
  /** In parts of the picture's width and height. */
  points: [x: number, y: number][];
  /** Parts of the picture's shorter side. */
  diameter: number;
  /** 0 for a hard edge, 1 for one that is as wide as the brush. */
  softness: number;
  isEraser: boolean;
}

/** How the region looks over a picture: a colour that pictures seldom have. */
const COLOUR = '#f0f';
/** Pixels, beyond any canvas. A stroke is drawn there, so that only its blurred shadow falls on the canvas. */
const AWAY = 20_000;

export function drawStroke(context: CanvasRenderingContext2D, stroke: Stroke): void {
  const { width, height } = context.canvas;
  const { points, diameter, softness, isEraser } = stroke;
  const thickness = diameter * Math.min(width, height);
  context.save();
  context.globalCompositeOperation = isEraser ? 'destination-out' : 'source-over';
  Object.assign(context, { strokeStyle: COLOUR, lineCap: 'round', lineJoin: 'round' });
  // A blur widens the stroke by as much as it thins it.
  context.lineWidth = Math.max(thickness * (1 - softness / 2), 1);
  const away = softness > 0 ? AWAY : 0;
  if (away) {
    Object.assign(context, {
      shadowColor: COLOUR,
      shadowBlur: (thickness * softness) / 4,
      shadowOffsetX: AWAY,
    });
  }
  context.beginPath();
  const [first = [0, 0], ...others] = points;
  context.moveTo(first[0] * width - away, first[1] * height);
  // A single point becomes a dot.
  for (const [x, y] of others.length > 0 ? others : [first]) context.lineTo(x * width - away, y * height);
  context.stroke();
  context.restore();
}

export function drawStrokes(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const context = canvas.getContext('2d');
  context?.clearRect(0, 0, canvas.width, canvas.height);
  for (const stroke of strokes) if (context) drawStroke(context, stroke);
}

/** The region as a picture that the program takes for a mask: white within, black without. */
export async function maskOf(drawn: HTMLCanvasElement): Promise<Blob> {
  const { width, height } = drawn;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser gives no canvas. Close other tabs, then reload.');
  context.drawImage(drawn, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (blob) return blob;
  throw new Error('The browser gives no picture of the mask. Reload the page.');
}
