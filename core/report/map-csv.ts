import { csv } from './csv.ts';
import type { LipschitzMap } from './map.ts';
import { mapFindings, rigorOfFinding } from './map.ts';
import { cellEdges } from './map-cell.ts';

const header = [
  ...['row', 'column', 'u_from', 'u_to', 'v_from', 'v_to', 'lower', 'upper'],
  ...['lower_rigor', 'lower_found', 'upper_rigor', 'upper_found'],
];

/** One line per cell. An empty upper end is infinite, or not known: then nothing stands in `upper_found`. */
export function mapCsv(map: LipschitzMap): string {
  const { grid, cells } = map;
  const lines = Array.from({ length: grid.rows * grid.columns }, (_, index) => {
    const [row, column] = [Math.floor(index / grid.columns), index % grid.columns];
    const upper = cells.upper[index]!;
    const [below, above] = [mapFindings[cells.lowerFound[index]!]!, mapFindings[cells.upperFound[index]!]!];
    return [
      ...[row, column, ...cellEdges(map, { row, column })],
      ...[cells.lower[index]!, Number.isFinite(upper) ? upper : undefined],
      ...(below === 'nothing' ? [undefined, undefined] : [rigorOfFinding[below], below]),
      ...(above === 'nothing' ? [undefined, undefined] : [rigorOfFinding[above], above]),
    ];
  });
  return csv([header, ...lines]);
}
