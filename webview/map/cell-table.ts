import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import { cellEdges, cellIndex, cellInterval, coordinate } from '../../core/report/map-cell.ts';

/** More cells than this are read in a file, not on a screen. */
const mostCells = 2500;

/** The table twin of the picture: the same cells in the same places, upper row first. */
export function cellTable(map: LipschitzMap): TemplateResult {
  const { rows, columns } = map.grid;
  if (rows * columns > mostCells)
    return html`<p class="faint">
      ${rows} × ${columns} cells are too many for a table here: export them as CSV or JSON.
    </p>`;
  const [across, up] = map.plane.names;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Cells of the map">
    <table>
      <thead>
        <tr>
          <th scope="col">${up} \\ ${across}</th>
          ${Array.from({ length: columns }, (_, column) => html`<th scope="col">${coordinate(cellEdges(map, { row: 0, column })[0])}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${Array.from({ length: rows }, (_, i) => {
          const row = rows - 1 - i;
          return html`<tr>
            <th scope="row">${coordinate(cellEdges(map, { row, column: 0 })[2])}</th>
            ${Array.from({ length: columns }, (_, column) => html`<td>${cellInterval(map, cellIndex(map, { row, column }))}</td>`)}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
