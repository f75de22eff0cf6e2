/** The state of the studio after a change. The server and every page apply the same changes to the same state. */
import type { Change, Grid, Leg, Painting, PaintingChange, StudioState } from './protocol';

export const EMPTY: StudioState = { grids: [] };

/** The state after the change; what has not changed is shared with the state before. */
export function reduce(state: StudioState, change: Change): StudioState {
  if (change.type === 'grid') return { ...state, grids: withGrid(state.grids, change.grid) };
  if (change.type === 'painting') return { ...state, painting: change.painting };
  return state.painting ? { ...state, painting: changedPainting(state.painting, change) } : state;
}

function changedPainting(
  painting: Painting,
  change: Exclude<PaintingChange, { type: 'painting' }>,
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

function withGrid(grids: readonly Grid[], grid: Grid): Grid[] {
  const isNew = !grids.some(({ name }) => name === grid.name);
  return isNew ? [...grids, grid] : grids.map((each) => (each.name === grid.name ? grid : each));
}
