/** What can be shown below the running cell of a tslab notebook, in several forms of which the front end takes the best. */
import path from 'node:path';

export interface CellContent {
  /** By MIME type. */
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  /** With a display_id it can be shown again, changed, in the same place. */
  transient?: { display_id: string };
}

/** The part of tslab that is used. Its public display.raw sends one kind of content a call; this sends a bundle of several. */
interface TslabJupyter {
  lastWriteDisplayData: ((content: CellContent, isUpdate: boolean) => void) | null;
}

/** Shows content below the running cell; undefined outside of a notebook. */
export function cellOutput(): ((content: CellContent, isUpdate?: boolean) => void) | undefined {
  // Only a kernel has loaded it.
  const jupyter = Object.entries(require.cache).find(([file]) =>
    file.endsWith(path.join('tslab', 'dist', 'jupyter.js')),
  )?.[1]?.exports as TslabJupyter | undefined;
  if (!jupyter?.lastWriteDisplayData) return undefined;
  // Every execution replaces the function: it is read when it is called.
  return (content, isUpdate = false) => jupyter.lastWriteDisplayData?.(content, isUpdate);
}
