import type { MapPin } from './map-pin.ts';
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
  | { readonly kind: 'pin'; readonly pin: MapPin }
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
    case 'pin':
      return { ...map, pins: [...map.pins, event.pin] };
    case 'note':
      return { ...map, notes: [...map.notes, event.note] };
    case 'activity':
      return map;
  }
}

const putTile = ({ cells, grid }: LipschitzMap, tile: MapTile): void => putBlock(cells, grid.columns, tile, tile.cells);

/** Writes the cells of a rectangle into those of a map with so many columns. */
export function putBlock(cells: MapCells, columns: number, block: Rectangle, from: MapCells): void {
  eachRow(columns, block, (start, end, to) => {
    cells.lower.set(from.lower.subarray(start, end), to);
    cells.upper.set(from.upper.subarray(start, end), to);
    cells.lowerFound.set(from.lowerFound.subarray(start, end), to);
    cells.upperFound.set(from.upperFound.subarray(start, end), to);
    cells.at.set(from.at.subarray(2 * start, 2 * end), 2 * to);
  });
}

/** Copies a rectangle out of a map's cells. */
export function takeBlock(cells: MapCells, columns: number, block: Rectangle): MapCells {
  const taken = emptyCells(block.rows * block.columns);
  eachRow(columns, block, (start, end, from) => {
    const until = from + end - start;
    taken.lower.set(cells.lower.subarray(from, until), start);
    taken.upper.set(cells.upper.subarray(from, until), start);
    taken.lowerFound.set(cells.lowerFound.subarray(from, until), start);
    taken.upperFound.set(cells.upperFound.subarray(from, until), start);
    taken.at.set(cells.at.subarray(2 * from, 2 * until), 2 * start);
  });
  return taken;
}

type Rectangle = Pick<MapTile, 'row' | 'column' | 'rows' | 'columns'>;

/** `visit` is told from where to where a row lies in the rectangle's own cells, and where it begins in the map's. */
function eachRow(columns: number, block: Rectangle, visit: (start: number, end: number, inMap: number) => void): void {
  for (let r = 0; r < block.rows; r++)
    visit(r * block.columns, (r + 1) * block.columns, (block.row + r) * columns + block.column);
}

export const emptyCells = (count: number): MapCells => ({
  lower: new Float64Array(count),
  upper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  lowerFound: new Uint8Array(count),
  upperFound: new Uint8Array(count),
  at: new Float64Array(2 * count).fill(Number.NaN),
});
