/** Reads the pictures of a transfer, wherever they come from, and identifies them by a checksum. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import {
  type Picture,
  type PictureSource,
  type ResizeFilter,
  type Size,
  chapterSize,
  loadImage,
  pictureSize,
} from '../picture/image';

/** The pictures of a transfer, from wherever they come. */
export interface Sources {
  content: PictureSource;
  styles: readonly PictureSource[];
}

/** The pictures of a transfer as the network sees them: the content picture at the result's size, each style picture at its own. */
export interface SizedPictures {
  content: Picture;
  styles: readonly Picture[];
}

/** The size that a style picture gets. */
export interface StyleSize extends Size {
  /** How its own pixels fall short of what was asked for, after the picture's name. */
  shortfall?: string;
}

interface ReadOptions {
  height: number;
  resize: ResizeFilter;
  styleSize: (style: Size, result: Size) => StyleSize;
  onNotice?: (message: string) => void;
}

/**
 * Reads and resizes the pictures.
 *
 * @throws UserError for a picture that cannot be read or used
 */
export async function readPictures(
  sources: Sources,
  { height, resize, styleSize, onNotice }: ReadOptions,
): Promise<SizedPictures> {
  const { imgHeight, imgWidth } = chapterSize(await pictureSize(sources.content), height);
  const size = { height: imgHeight, width: imgWidth };
  const content = await loadImage(sources.content, { size, resize });
  const styles: Picture[] = [];
  for (const [i, style] of sources.styles.entries()) {
    const { shortfall, ...sized } = styleSize(await pictureSize(style), size);
    if (shortfall) onNotice?.(`${typeof style === 'string' ? style : `Style picture ${i + 1}`} ${shortfall}`);
    styles.push(await loadImage(style, { size: sized, resize }));
  }
  return { content, styles };
}

/** Identifies a picture. */
export interface SourceRecord {
  /** Absolute; absent for a picture that came from memory. */
  path?: string;
  /** Of the file's bytes, or of a picture in memory: its width, height and data. */
  sha256: string;
}

/** The records that identify these pictures. */
export async function recordsOf({
  content,
  styles,
  masks,
}: Sources & { masks: readonly PictureSource[] }): Promise<{
  content: SourceRecord;
  styles: SourceRecord[];
  masks?: SourceRecord[];
}> {
  return {
    content: await recordOf(content),
    styles: await Promise.all(styles.map(recordOf)),
    ...(masks.length > 0 && { masks: await Promise.all(masks.map(recordOf)) }),
  };
}

async function recordOf(source: PictureSource): Promise<SourceRecord> {
  const hash = createHash('sha256');
  if (typeof source === 'string') {
    for await (const chunk of createReadStream(source)) hash.update(chunk as Buffer);
    return { path: path.resolve(source), sha256: hash.digest('hex') };
  }
  if (source instanceof Uint8Array) return { sha256: hash.update(source).digest('hex') };
  hash.update(`${source.width} x ${source.height} `).update(source.data);
  return { sha256: hash.digest('hex') };
}
