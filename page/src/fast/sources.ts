/** What is painted: a picture, a camera or a video, as frames of a height. */
import type { Picture } from '../../../src/picture/image';

export interface Source {
  isFilm: boolean;
  /**
   * The picture at hand; undefined while there is none, or none since the last.
   *
   * @param isFirst of those that this reader grabs
   */
  grab: (isFirst: boolean) => Picture | undefined;
  /** Ends it, and the camera with it. */
  close: () => void;
}

export type Choice = { kind: 'picture'; id: string } | { kind: 'camera' } | { kind: 'video'; file: File };

/** @throws Error in two sentences: what is wrong, and what to do */
export async function openSource(choice: Choice, height: number): Promise<Source> {
  switch (choice.kind) {
    case 'picture':
      return openPicture(choice.id, height);
    case 'camera':
      return openFilm(await openCamera(height), height);
    case 'video':
      return openFilm({ address: URL.createObjectURL(choice.file) }, height);
  }
}

async function openPicture(id: string, height: number): Promise<Source> {
  const image = new Image();
  image.src = `api/pictures/${id}/exact.png?height=${height}`;
  await image.decode().catch(() => {
    throw new Error('This picture cannot be shown. Choose another.');
  });
  const picture = pixelsOf(image, image.naturalWidth, image.naturalHeight);
  return { isFilm: false, grab: (isFirst) => (isFirst ? picture : undefined), close: () => undefined };
}

async function openCamera(height: number): Promise<{ stream: MediaStream }> {
  // Some browsers have no cameras for a page in a frame.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  try {
    if (!devices) throw new DOMException('', 'NotAllowedError');
    return { stream: await devices.getUserMedia({ video: { height: { ideal: Math.max(height, 240) } } }) };
  } catch (error) {
    const { name } = error as DOMException;
    throw new Error(
      name === 'NotFoundError'
        ? 'This machine has no camera. Connect one, or choose a picture or a video.'
        : name === 'NotReadableError'
          ? 'The camera is in use elsewhere. Close the other program, then choose it again.'
          : 'The browser does not let this page see the camera. Allow it beside the address, or open the page in a tab of its own.',
      { cause: error },
    );
  }
}

async function openFilm(
  { stream, address }: { stream?: MediaStream; address?: string },
  height: number,
): Promise<Source> {
  const video = document.createElement('video');
  const close = () => {
    video.pause();
    stream?.getTracks().forEach((track) => track.stop());
    video.removeAttribute('src');
    if (address) URL.revokeObjectURL(address);
  };
  Object.assign(video, { muted: true, loop: true, playsInline: true });
  if (stream) video.srcObject = stream;
  else if (address) video.src = address;
  try {
    await video.play();
  } catch (error) {
    close();
    throw new Error('The browser cannot play this video. Choose an MP4 or WebM file.', { cause: error });
  }
  let shown = -1;
  return {
    isFilm: true,
    grab: (isFirst) => {
      const isSame = video.currentTime === shown && !isFirst;
      if (video.readyState < video.HAVE_CURRENT_DATA || isSame) return undefined;
      shown = video.currentTime;
      const scale = height / video.videoHeight;
      return pixelsOf(video, Math.max(Math.round(video.videoWidth * scale), 1), height);
    },
    close,
  };
}

const canvas = document.createElement('canvas');

/** The pixels without alpha, as the program has pictures. */
function pixelsOf(source: CanvasImageSource, width: number, height: number): Picture {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  if (!context) throw new Error('The browser gives no canvas. Close other tabs, then reload.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from] ?? 0;
    data[to + 1] = rgba[from + 1] ?? 0;
    data[to + 2] = rgba[from + 2] ?? 0;
  }
  return { width, height, data };
}

/** Draws a picture on a canvas of its size. */
export function draw({ width, height, data }: Picture, onto: HTMLCanvasElement): void {
  const pixels = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    pixels.data[to] = data[from] ?? 0;
    pixels.data[to + 1] = data[from + 1] ?? 0;
    pixels.data[to + 2] = data[from + 2] ?? 0;
    pixels.data[to + 3] = 255;
  }
  if (onto.width !== width || onto.height !== height) Object.assign(onto, { width, height });
  onto.getContext('2d')?.putImageData(pixels, 0, 0);
}

/** A smaller copy, by the browser's own means. */
export async function shrunk(picture: Picture, height: number): Promise<Picture> {
  const whole = document.createElement('canvas');
  draw(picture, whole);
  const width = Math.max(Math.round((picture.width * height) / picture.height), 5);
  const bitmap = await createImageBitmap(whole, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
  });
  const small = pixelsOf(bitmap, width, height);
  bitmap.close();
  return small;
}
