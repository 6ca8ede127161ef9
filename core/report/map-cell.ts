import type { LipschitzMap, MapPoints } from './map.ts';
import { mapFindings, rigorOfFinding } from './map.ts';
import { agree, digits } from './digits.ts';
import { mark } from './words.ts';
import type { MapColour } from './picture/colour-scale.ts';

/** One cell of a map: row 0 is the lower end of the second axis. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

export const cellIndex = ({ grid }: LipschitzMap, { row, column }: Cell): number => row * grid.columns + column;

/** The number that a cell's colour stands for; NaN where nothing is known yet. Asked for every cell before anything is compiled: it makes no lists. */
export function coloured({ cells }: LipschitzMap, index: number, colour: MapColour): number {
  if (colour === 'lower') return cells.lowerFound[index] === 0 ? Number.NaN : cells.lower[index]!;
  if (cells.upperFound[index] === 0) return Number.NaN;
  const upper = cells.upper[index]!;
  if (colour === 'upper') return upper;
  const lower = cells.lower[index]!;
  return lower > 0 ? upper / lower : Number.POSITIVE_INFINITY;
}

export function colouredValues(map: LipschitzMap, colour: MapColour): Float64Array {
  const values = new Float64Array(map.cells.lower.length);
  for (let i = 0; i < values.length; i++) values[i] = coloured(map, i, colour);
  return values;
}

/** What the cells say that data points lie in; NaN outside of the map. */
export function pointValues(map: LipschitzMap, { u, v }: MapPoints, colour: MapColour): Float64Array {
  return Float64Array.from(u, (at, k) => {
    const cell = cellAt(map, at, v[k]!);
    return cell === undefined ? Number.NaN : coloured(map, cellIndex(map, cell), colour);
  });
}

/** From u to u and from v to v. */
export function cellEdges(
  { plane, grid }: LipschitzMap,
  { row, column }: Cell,
): readonly [number, number, number, number] {
  const [[left, right], [bottom, top]] = plane.range;
  const [width, height] = [(right - left) / grid.columns, (top - bottom) / grid.rows];
  return [left + column * width, left + (column + 1) * width, bottom + row * height, bottom + (row + 1) * height];
}

export function cellAt({ plane, grid }: LipschitzMap, u: number, v: number): Cell | undefined {
  const [[left, right], [bottom, top]] = plane.range;
  const column = Math.floor(((u - left) / (right - left)) * grid.columns);
  const row = Math.floor(((v - bottom) / (top - bottom)) * grid.rows);
  return column < 0 || row < 0 || column >= grid.columns || row >= grid.rows ? undefined : { row, column };
}

/** "2.32 … 2.73 ●", the glyph of the interval where there is only text. */
export function cellInterval(map: LipschitzMap, index: number): string {
  const { cells } = map;
  const [lower, upper] = [cells.lower[index]!, cells.upper[index]!];
  const [below, above] = [mapFindings[cells.lowerFound[index]!]!, mapFindings[cells.upperFound[index]!]!];
  if (below === 'nothing' && above === 'nothing') return 'not known yet';
  const least = digits(lower, 'down', 'kept');
  if (above === 'nothing') return `≥ ${least} ${mark[rigorOfFinding[below]]}`;
  if (upper === Number.POSITIVE_INFINITY) return `≥ ${least}, unbounded`;
  const most = digits(upper, 'up', 'kept');
  const weaker = rigorOfFinding[below] === 'certified' ? rigorOfFinding[above] : rigorOfFinding[below];
  const closed = agree(lower, upper);
  return closed ? `= ${digits(upper, 'nearest')} ${mark[weaker]}` : `${least} … ${most} ${mark[weaker]}`;
}

/** A place on an axis: exact enough to be typed again. */
export const coordinate = (value: number): string => String(Number(value.toPrecision(6))).replace('-', '−');

/** The whole cell in one sentence: what the crosshair says and screen readers hear. */
export function cellSentence(map: LipschitzMap, cell: Cell): string {
  const index = cellIndex(map, cell);
  const [left, right, bottom, top] = cellEdges(map, cell);
  const [first, second] = map.plane.names;
  const where = `${first} ${coordinate(left)} to ${coordinate(right)}, ${second} ${coordinate(bottom)} to ${coordinate(top)}`;
  return `${where}: ${cellInterval(map, index)}${how(map, index)}`;
}

function how({ cells }: LipschitzMap, index: number): string {
  const [below, above] = [mapFindings[cells.lowerFound[index]!]!, mapFindings[cells.upperFound[index]!]!];
  const parts = [
    below === 'nothing' ? '' : `lower end from ${below} (${rigorOfFinding[below]})`,
    above === 'nothing' ? '' : `upper end from ${above} (${rigorOfFinding[above]})`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}
