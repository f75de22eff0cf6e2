/** Literate scripts: a lesson's cells as one TypeScript file in the percent format of VS Code, Spyder and jupytext. */

export interface Cell {
  kind: 'code' | 'markdown';
  /** Such as 'parameters', the cells whose constants a test may override. */
  tags: readonly string[];
  source: string;
}

const MARKER = /^\/\/ %%(?: \[(\w+)\])?(?: tags=(\[.*\]))?\s*$/;

/**
 * Reads the cells of a script. A cell begins at a line `// %%`, a text at `// %% [markdown]`; `tags=["a"]` may follow. The lines of a
 * text are comments.
 *
 * @throws Error for code before the first cell, a marker that is none, and a line of text that is no comment
 */
export function parsePercent(script: string): Cell[] {
  const cells: { kind: Cell['kind']; tags: string[]; lines: string[] }[] = [];
  for (const [index, line] of script.split(/\r?\n/).entries()) {
    const at = `Line ${index + 1}`;
    if (line.startsWith('// %%')) {
      const marker = MARKER.exec(line);
      const kind = marker?.[1] ?? 'code';
      if (!marker || (kind !== 'code' && kind !== 'markdown')) {
        throw new Error(
          `${at} is no marker of a cell: ${line}. Write // %%, // %% [markdown] or // %% tags=["..."].`,
        );
      }
      cells.push({ kind, tags: JSON.parse(marker[2] ?? '[]') as string[], lines: [] });
      continue;
    }
    const cell = cells.at(-1);
    if (!cell) {
      if (line.trim() !== '') throw new Error(`${at} lies before the first cell: ${line}`);
    } else if (cell.kind === 'markdown' && line.trim() !== '') {
      if (!/^\/\/( |$)/.test(line))
        throw new Error(`${at} is in a cell of Markdown, so it must begin with //: ${line}`);
      cell.lines.push(line.slice(3));
    } else {
      cell.lines.push(line);
    }
  }
  return cells.map(({ kind, tags, lines }) => ({ kind, tags, source: trimmed(lines) }));
}

/** Writes cells as a script; parsePercent reads the same cells back. */
export function formatPercent(cells: readonly Cell[]): string {
  const blocks = cells.map(({ kind, tags, source }) => {
    const marker = [
      '// %%',
      kind === 'markdown' && '[markdown]',
      tags.length > 0 && `tags=${JSON.stringify(tags)}`,
    ];
    const body = kind === 'markdown' ? source.split('\n').map((line) => `// ${line}`.trimEnd()) : [source];
    return [marker.filter(Boolean).join(' '), ...body].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}

function trimmed(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replace(/^(\s*\n)+/, '')
    .trimEnd();
}

/**
 * The cells with other values for some constants: `const name = ...;` on a line of its own, in a cell tagged 'parameters'.
 *
 * @param values source text by name
 * @throws Error for a name that no such line declares
 */
export function withParameters(cells: readonly Cell[], values: Readonly<Record<string, string>>): Cell[] {
  const unused = new Set(Object.keys(values));
  const changed = cells.map((cell) => {
    if (!cell.tags.includes('parameters')) return cell;
    const source = cell.source.replace(
      /^(const|let) (\w+) = .*;(?=\s*(\/\/.*)?$)/gm,
      (line, keyword: string, name: string) => {
        if (!(name in values)) return line;
        unused.delete(name);
        return `${keyword} ${name} = ${values[name]};`;
      },
    );
    return { ...cell, source };
  });
  if (unused.size > 0) {
    throw new Error(
      `No cell tagged "parameters" has a line const ${[...unused].join(', ')} = ...; for the parameter. Add the line, or drop the parameter.`,
    );
  }
  return changed;
}
