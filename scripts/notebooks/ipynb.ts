/** Jupyter notebooks as files: nbformat 4.4, keys sorted, so that Jupyter's own tools leave the order as it is. */
import type { Cell } from './percent';

export type MimeBundle = Record<string, unknown>;

export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: MimeBundle; metadata: Record<string, unknown> };

export interface CellWithOutputs extends Cell {
  executionCount: number | null;
  outputs: readonly Output[];
}

const METADATA = {
  kernelspec: { display_name: 'TypeScript', language: 'typescript', name: 'tslab' },
  language_info: {
    codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
    file_extension: '.ts',
    mimetype: 'text/typescript',
    name: 'typescript',
    version: '3.7.2',
  },
};

/** What is read of a notebook file; others may have written more. */
interface NotebookFile {
  cells: {
    cell_type: string;
    source: string | string[];
    metadata?: { tags?: string[] };
    execution_count?: number | null;
    outputs?: Record<string, unknown>[];
  }[];
}

/** The text of a notebook file. */
export function formatNotebook(cells: readonly CellWithOutputs[]): string {
  const file = {
    cells: cells.map(({ kind, tags, source, executionCount, outputs }) => ({
      cell_type: kind,
      metadata: tags.length > 0 ? { tags } : {},
      source: lines(source),
      ...(kind === 'code' && { execution_count: executionCount, outputs: outputs.map(outputInFile) }),
    })),
    metadata: METADATA,
    nbformat: 4,
    nbformat_minor: 4,
  };
  return `${JSON.stringify(sorted(file), null, 1)}\n`;
}

/**
 * Reads a notebook file, whoever saved it.
 *
 * @throws Error where it is no notebook, or has a cell that is neither code nor Markdown
 */
export function parseNotebook(text: string): CellWithOutputs[] {
  const file = JSON.parse(text) as Partial<NotebookFile>;
  if (!Array.isArray(file.cells)) throw new Error('This file has no cells. Give a Jupyter notebook.');
  return file.cells.map((cell) => {
    const kind = cell.cell_type;
    if (kind !== 'code' && kind !== 'markdown') {
      throw new Error(`A cell is of the kind ${kind}. Use cells of code and Markdown only.`);
    }
    return {
      kind,
      tags: cell.metadata?.tags ?? [],
      source: joined(cell.source).trimEnd(),
      executionCount: cell.execution_count ?? null,
      outputs: (cell.outputs ?? []).map(outputFromFile),
    };
  });
}

/** The cells as they would be before they were ever run. */
export function withoutOutputs(cells: readonly Cell[]): CellWithOutputs[] {
  return cells.map(({ kind, tags, source }) => ({ kind, tags, source, executionCount: null, outputs: [] }));
}

/** The cells with the outputs of `earlier` where the code before and in them is still the same. */
export function keepOutputs(cells: readonly Cell[], earlier: readonly CellWithOutputs[]): CellWithOutputs[] {
  const code = earlier.filter(({ kind }) => kind === 'code');
  let same = true;
  return withoutOutputs(cells).map((cell) => {
    if (cell.kind !== 'code') return cell;
    const before = code.shift();
    same &&= before?.source === cell.source;
    return same && before
      ? { ...cell, executionCount: before.executionCount, outputs: before.outputs }
      : cell;
  });
}

function outputInFile(output: Output) {
  if (output.output_type === 'stream') return { ...output, text: lines(output.text) };
  const data = Object.entries(output.data).map(([mime, value]) => [
    mime,
    mime.startsWith('text/') ? lines(value as string) : value,
  ]);
  return { ...output, data: Object.fromEntries(data) as MimeBundle };
}

function outputFromFile(output: Record<string, unknown>): Output {
  if (output.output_type === 'stream') {
    return { output_type: 'stream', name: output.name as 'stdout', text: joined(output.text as string[]) };
  }
  const data = Object.entries((output.data ?? {}) as MimeBundle).map(([mime, value]) => [
    mime,
    mime.startsWith('text/') ? joined(value as string[]) : value,
  ]);
  return {
    output_type: 'display_data',
    data: Object.fromEntries(data) as MimeBundle,
    metadata: (output.metadata ?? {}) as Record<string, unknown>,
  };
}

function lines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function joined(text: string | readonly string[]): string {
  return typeof text === 'string' ? text : text.join('');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
