/** Executes a notebook cell by cell in a kernel and collects what each cell shows. */
import type { CellWithOutputs, Output } from './ipynb';
import type { Kernel } from './kernel';
import type { Message } from './messages';
import type { Cell } from './percent';

export interface ExecutedCell extends CellWithOutputs {
  status: 'ok' | 'error' | 'abort' | 'not code';
  seconds: number;
}

/**
 * Runs all cells in their order and yields each one with its outputs. It goes on after a failed cell only if the caller does.
 *
 * The outputs of a cell are complete when it is yielded, except for displays that a later cell updates.
 */
export async function* executeCells(
  kernel: Kernel,
  cells: readonly Cell[],
): AsyncGenerator<ExecutedCell, void, void> {
  const displays = new Map<string, Shown>();
  let count = 0;
  for (const { kind, tags, source } of cells) {
    const cell = { kind, tags, source };
    if (kind !== 'code') {
      yield { ...cell, executionCount: null, outputs: [], status: 'not code', seconds: 0 };
      continue;
    }
    const outputs: Output[] = [];
    const began = performance.now();
    const status = await kernel.execute(source, (message) => collect(message, outputs, displays));
    yield { ...cell, executionCount: ++count, outputs, status, seconds: (performance.now() - began) / 1000 };
  }
}

type Shown = Extract<Output, { output_type: 'display_data' }>;

/** Adds what a message shows to the outputs of the cell, or to the display that it updates. */
export function collect({ header, content }: Message, outputs: Output[], displays: Map<string, Shown>): void {
  const { name, text, data, metadata = {}, transient } = content;
  const id = transient?.display_id;
  if (header.msg_type === 'stream' && name && text !== undefined) {
    const last = outputs.at(-1);
    if (last?.output_type === 'stream' && last.name === name) last.text += text;
    else outputs.push({ output_type: 'stream', name, text });
  } else if (header.msg_type === 'display_data' && data) {
    const shown: Shown = { output_type: 'display_data', data, metadata };
    if (id !== undefined) displays.set(id, shown);
    outputs.push(shown);
  } else if (header.msg_type === 'update_display_data' && data && id !== undefined) {
    Object.assign(displays.get(id) ?? {}, { data, metadata });
  }
}
