/** The state of the studio after a change. The server and every page apply the same changes to the same state. */
import type { Change, Leg, Painting, StudioState } from './protocol';

export const EMPTY: StudioState = { boards: [] };

/** The state after the change; what has not changed is shared with the state before. */
export function reduce(state: StudioState, change: Change): StudioState {
  switch (change.type) {
    case 'painting':
      return { ...state, painting: change.painting };
    case 'board':
      return {
        ...state,
        boards: [...state.boards.filter(({ kind }) => kind !== change.board.kind), change.board],
      };
    case 'cell':
    case 'board ended':
      return {
        ...state,
        boards: state.boards.map((board) =>
          board.id === change.board ? changedBoard(board, change) : board,
        ),
      };
    default:
      return state.painting ? { ...state, painting: changedPainting(state.painting, change) } : state;
  }
}

function changedBoard(
  board: StudioState['boards'][number],
  change: Extract<Change, { board: number }>,
): StudioState['boards'][number] {
  if (change.type === 'board ended') return { ...board, status: 'ended' };
  const cells = board.cells.map((cell, i) => (i === change.index ? { ...cell, ...change.part } : cell));
  return { ...board, cells };
}

function changedPainting(
  painting: Painting,
  change: Exclude<Change, { type: 'painting' | 'board' | 'cell' | 'board ended' }>,
): Painting {
  switch (change.type) {
    case 'status':
      return { ...painting, status: change.status, doing: change.doing };
    case 'leg':
      return { ...painting, legs: [...painting.legs, change.leg] };
    case 'leg changed':
      return withLastLeg(painting, (leg) => ({ ...leg, ...change.part }));
    case 'step':
      return withLastLeg(painting, (leg) => ({ ...leg, steps: [...leg.steps, change.step] }));
    case 'shown':
      return { ...painting, shown: change.shown };
  }
}

function withLastLeg(painting: Painting, change: (leg: Leg) => Leg): Painting {
  const last = painting.legs.length - 1;
  return { ...painting, legs: painting.legs.map((leg, i) => (i === last ? change(leg) : leg)) };
}
