import { writtenJson } from './json.ts';
import type { LipschitzMap } from './map.ts';
import { mapFindings } from './map.ts';

/**
 * The contract of REPORT-FORMAT.md: row r is the r-th interval of the second axis from its lower end, column c of the first axis. An
 * upper end that is infinite, or not known, is null; where no cell has one, so is the whole.
 */
export function mapJson(map: LipschitzMap): string {
  const { cells, grid, plane, method } = map;
  const hasUpper = map.rigor.upper !== null;
  const rows = <T>(of: (index: number) => T): T[][] =>
    Array.from({ length: grid.rows }, (_, row) =>
      Array.from({ length: grid.columns }, (_, column) => of(row * grid.columns + column)),
    );
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return writtenJson(
    {
      format: map.format,
      version: map.version,
      tool: map.tool,
      model: map.model,
      engine: map.engine,
      axes: plane.axes,
      range: plane.range,
      grid: [grid.rows, grid.columns],
      method,
      norm: map.norm,
      restrict: map.constant === 'slice' ? 'slice' : undefined,
      lower: rows((index) => cells.lower[index]!),
      upper: hasUpper ? rows((index) => finite(cells.upper[index]!)) : null,
      rigor: map.rigor,
      ...(method === 'pairs' ? { pairsPerCell: map.samples } : { samplesPerCell: map.samples }),
      seed: map.seed,
      plane: {
        kind: plane.kind,
        names: plane.names,
        origin: [...plane.origin],
        first: [...plane.first],
        second: [...plane.second],
      },
      /** How each end was found: places in `findings`. */
      findings: mapFindings,
      lowerFound: rows((index) => cells.lowerFound[index]!),
      upperFound: hasUpper ? rows((index) => cells.upperFound[index]!) : undefined,
      data:
        map.points === null
          ? undefined
          : {
              points: Array.from(map.points.u, (u, k) => [u, map.points!.v[k]!]),
              distance: [...map.points.distance],
              labels: map.points.labels === null ? undefined : [...map.points.labels],
            },
      pins: map.pins.length === 0 ? undefined : map.pins,
      done: map.done,
      seconds: map.seconds,
      notes: map.notes,
    },
    'the map',
  );
}
