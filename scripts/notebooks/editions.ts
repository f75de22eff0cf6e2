/**
 * Two editions of a lesson from one script, by the tags of its cells:
 *
 * - `solution`: whole in the lesson; in the exercise its functions keep their heads and lose their bodies;
 * - `exercise`: only in the exercise, such as a task or its check;
 * - `lesson`: only in the lesson, such as a sentence that gives the answer away.
 *
 * Cells without these tags are in both.
 */
import ts from 'typescript';
import type { Cell } from './percent';

const MARKS = ['solution', 'exercise', 'lesson'];

/** The cells of the lesson. */
export function lessonEdition<C extends Cell>(cells: readonly C[]): C[] {
  return cells.filter(({ tags }) => !tags.includes('exercise'));
}

/** The cells of the exercise; none where the lesson has no task. */
export function exerciseEdition(cells: readonly Cell[]): Cell[] {
  const isSolution = ({ tags }: Cell) => tags.includes('solution');
  return solvedExercise(cells)
    .map((cell) => (isSolution(cell) ? { ...cell, source: withoutBodies(cell.source) } : cell))
    .map((cell) => ({ ...cell, tags: cell.tags.filter((tag) => !MARKS.includes(tag)) }));
}

/** The cells of the exercise with the solutions in them. */
export function solvedExercise(cells: readonly Cell[]): Cell[] {
  if (!cells.some(({ tags }) => tags.includes('solution'))) return [];
  return cells.filter(({ tags }) => !tags.includes('lesson'));
}

/**
 * The whole script, when the cells of its lesson were edited: each cell of the exercise goes back behind the cell that it stood behind.
 *
 * @param script the cells as they were
 * @param edited the cells of the lesson as they are now
 */
export function withExercises(script: readonly Cell[], edited: readonly Cell[]): Cell[] {
  const merged = [...edited];
  let behind = -1;
  let position = -1;
  for (const cell of script) {
    if (!cell.tags.includes('exercise')) {
      position++;
      const same = merged.findIndex(({ source }, i) => i > behind && source === cell.source);
      // A cell that was edited is looked for where it was.
      behind = same >= 0 ? same : Math.min(Math.max(behind + 1, position), merged.length - 1);
    } else {
      merged.splice(behind + 1, 0, cell);
      behind++;
      position++;
    }
  }
  return merged;
}

/**
 * A source whose functions are still to be written: declared functions, methods, and arrow functions that a class keeps. Constructors
 * stay.
 */
export function withoutBodies(source: string): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022, true);
  const cuts: { from: number; to: number; name: string }[] = [];
  const visit = (node: ts.Node): void => {
    const body = bodyOf(node);
    if (!body) return ts.forEachChild(node, visit);
    cuts.push({ from: body.getStart(), to: body.getEnd(), name: body.name });
  };
  visit(file);
  if (cuts.length === 0) throw new Error(`A cell tagged "solution" has no function to write: ${source}`);
  return cuts.reverse().reduce((text, { from, to, name }) => {
    const indent = /^ */.exec(text.slice(text.lastIndexOf('\n', from) + 1))?.[0] ?? '';
    const body = `{\n${indent}  // Replace this line by your code.\n${indent}  throw check.notWritten('${name}');\n${indent}}`;
    return text.slice(0, from) + body + text.slice(to);
  }, source);
}

function bodyOf(node: ts.Node): { getStart(): number; getEnd(): number; name: string } | undefined {
  const named = (name: ts.Node | undefined, body: ts.Node | undefined) =>
    name && body && ts.isBlock(body)
      ? { getStart: () => body.getStart(), getEnd: () => body.getEnd(), name: name.getText() }
      : undefined;
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return named(node.name, node.body);
  if (ts.isPropertyDeclaration(node) && node.initializer && ts.isArrowFunction(node.initializer)) {
    return named(node.name, node.initializer.body);
  }
  return undefined;
}
