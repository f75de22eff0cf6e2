/** The pictures of a transfer: read from wherever they come from, with what tells them apart from others. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { PictureSource } from '../picture/image';

/** Which picture it was. */
export interface SourceRecord {
  /** Absolute; absent for a picture that came from memory. */
  path?: string;
  /** Of the file's bytes, or of a picture in memory: its width, height and data. */
  sha256: string;
}

/** Which picture this is. */
export async function recordOf(source: PictureSource): Promise<SourceRecord> {
  const hash = createHash('sha256');
  if (typeof source === 'string') {
    for await (const chunk of createReadStream(source)) hash.update(chunk as Buffer);
    return { path: path.resolve(source), sha256: hash.digest('hex') };
  }
  if (source instanceof Uint8Array) return { sha256: hash.update(source).digest('hex') };
  hash.update(`${source.width} x ${source.height} `).update(source.data);
  return { sha256: hash.digest('hex') };
}
