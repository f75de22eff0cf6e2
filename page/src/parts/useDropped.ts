/** A place that files are dropped on. */
import { useState } from 'preact/hooks';

export interface Dropped {
  /** Whether a file hangs over it. */
  isOver: boolean;
  /** For its element. */
  handlers: {
    onDragOver: (event: DragEvent) => void;
    onDragLeave: () => void;
    onDrop: (event: DragEvent) => void;
  };
}

/** @param take what becomes of the first file */
export function useDropped(take: (file: File) => void): Dropped {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    handlers: {
      onDragOver: (event) => {
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer?.files ?? [];
        if (file) take(file);
      },
    },
  };
}
