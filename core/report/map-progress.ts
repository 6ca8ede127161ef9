import type { LipschitzMap, MapCells, MapCorners, MapTile } from './map.ts';

/**
 * A map as it grows: the command line, the extension and the panel all apply these with `advanceMap`. When it is cancelled, what
 * they have by then is the answer.
 */
export type MapEvent =
  /** First: the plane and the grid; nothing is known of any cell. */
  | { readonly kind: 'opened'; readonly map: LipschitzMap }
  | { readonly kind: 'corners'; readonly corners: MapCorners }
  | { readonly kind: 'tile'; readonly tile: MapTile }
  | { readonly kind: 'note'; readonly note: string }
  /** What is being done now, for the progress bar; fraction in [0, 1]. */
  | { readonly kind: 'activity'; readonly activity: string; readonly fraction: number }
  /** Last: the complete answer. */
  | { readonly kind: 'finished'; readonly map: LipschitzMap };

/** The partial map after one more event. Cells are written in place: a tile costs no copy of the map. */
export function advanceMap(map: LipschitzMap | undefined, event: MapEvent): LipschitzMap | undefined {
  if (event.kind === 'opened' || event.kind === 'finished') return event.map;
  if (map === undefined) return undefined;
  switch (event.kind) {
    case 'corners':
      return { ...map, corners: event.corners };
    case 'tile':
      putTile(map, event.tile);
      return { ...map, done: map.done + (event.tile.stage === 'done' ? event.tile.rows * event.tile.columns : 0) };
    case 'note':
      return { ...map, notes: [...map.notes, event.note] };
    case 'activity':
      return map;
  }
}

function putTile({ cells, grid }: LipschitzMap, tile: MapTile): void {
  for (let r = 0; r < tile.rows; r++) {
    const to = (tile.row + r) * grid.columns + tile.column;
    const [from, end] = [r * tile.columns, (r + 1) * tile.columns];
    cells.lower.set(tile.cells.lower.subarray(from, end), to);
    cells.upper.set(tile.cells.upper.subarray(from, end), to);
    cells.lowerFound.set(tile.cells.lowerFound.subarray(from, end), to);
    cells.upperFound.set(tile.cells.upperFound.subarray(from, end), to);
    cells.at.set(tile.cells.at.subarray(2 * from, 2 * end), 2 * to);
  }
}

export const emptyCells = (count: number): MapCells => ({
  lower: new Float64Array(count),
  upper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  lowerFound: new Uint8Array(count),
  upperFound: new Uint8Array(count),
  at: new Float64Array(2 * count).fill(Number.NaN),
});
