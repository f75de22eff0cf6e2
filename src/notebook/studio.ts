/** The studio below a cell, served by the kernel's own process. */
import type { Studio } from '../studio/server';
import { cellOutput } from './cellOutput';

/** Front ends that show notebooks on this machine: Jupyter by either name, and VS Code. */
const FRONT_ENDS = 'http://127.0.0.1:* http://localhost:* https://localhost:* vscode-webview:';

export interface StudioFrame {
  /** Of the frame below the cell, in pixels. Default 900. */
  height?: number;
}

/** One for the process: a cell that runs again shows the same studio, with the same painting. */
let opened: Promise<Studio> | undefined;

/**
 * Shows the studio below the running cell of a notebook: its page in a frame, and its address as text. img/ and results/ are those of the
 * notebook's folder. Outside of a notebook it prints the address, and the process goes on until Ctrl-C. The browser must run on the same
 * machine.
 *
 * The address holds a token that is good for as long as this process runs, and a saved notebook keeps it in the cell's output.
 *
 * @throws UserError where the page is not built
 */
export async function studio({ height = 900 }: StudioFrame = {}): Promise<void> {
  opened ??= open();
  const { address } = await opened;
  const below = cellOutput();
  const text = `The studio is open at ${address}`;
  if (!below) return console.log(text);
  const frame = frameOf(address, height);
  below({ data: { 'text/html': frame, 'text/plain': text }, metadata: {} });
}

/** The page in a frame of this height in pixels, as HTML. A page in a frame has a camera and the clipboard only where the frame allows it. */
export function frameOf(address: string, height: number): string {
  const size = `width="100%" height="${Math.round(height)}" style="border: 0"`;
  return `<iframe src="${address}" title="Wheatfield studio" allow="camera; clipboard-write" ${size}></iframe>`;
}

async function open(): Promise<Studio> {
  try {
    const { openStudio } = await import('../studio/server.js');
    return await openStudio({ framedBy: FRONT_ENDS });
  } catch (error) {
    // So that a cell that runs again tries again.
    opened = undefined;
    throw error;
  }
}
