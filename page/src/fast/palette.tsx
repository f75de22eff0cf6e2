/** The styles to choose from, each as it paints the picture at hand. */
import { useEffect, useState } from 'preact/hooks';
import type { FastStyle } from '../../../src/studio/protocol';
import type { Picture } from '../../../src/picture/image';
import type { Painter } from './painter';
import { draw, shrunk } from './sources';

/** Pixels. */
const HEIGHT = 72;

export interface PaletteProps {
  styles: readonly FastStyle[];
  chosen: FastStyle | undefined;
  onChoose: (style: FastStyle) => void;
  painter: Painter | undefined;
  /** The number of the painter's network. */
  network: number | undefined;
  picture: Picture | undefined;
}

export function Palette({ styles, chosen, onChoose, painter, network, picture }: PaletteProps) {
  const paintings = usePaintings({ styles, painter, network, picture });
  return (
    <ul class="thumbs palette" aria-label="Styles">
      {styles.map((style) => (
        <li key={style.id}>
          <button type="button" aria-pressed={style === chosen} onClick={() => onChoose(style)}>
            <Thumbnail picture={paintings.get(style.id)} />
            <span>{styleName(style.name)}</span>
            {style.isOwn && <span class="size">yours</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** great-wave as great wave. */
export function styleName(name: string): string {
  return name.replaceAll('-', ' ');
}

function Thumbnail({ picture }: { picture?: Picture }) {
  return (
    <canvas
      aria-hidden="true"
      ref={(canvas: HTMLCanvasElement | null) => {
        if (canvas && picture) draw(picture, canvas);
      }}
    />
  );
}

function usePaintings({ styles, painter, network, picture }: Omit<PaletteProps, 'chosen' | 'onChoose'>) {
  const [paintings, setPaintings] = useState<ReadonlyMap<string, Picture>>(new Map());
  useEffect(() => {
    if (!painter || !picture) return;
    let isWanted = true;
    const paint = async () => {
      const small = await shrunk(picture, HEIGHT);
      for (const { id, vector } of styles.filter((style) => style.network === network)) {
        const style = Float32Array.from(vector);
        const painting = await painter.paint({ picture: small, style, strength: 1, isBeside: true });
        if (!isWanted) return;
        setPaintings((known) => new Map([...known, [id, painting]]));
      }
    };
    // Where the painter was closed on the way, another follows. What else fails shows in the large picture, with its reason.
    paint().catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, [painter, picture, styles]);
  return paintings;
}
