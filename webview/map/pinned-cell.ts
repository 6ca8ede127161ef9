import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { digits } from '../../core/report/digits.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { cellEdges, cellIndex, cellInterval, coordinate, type Cell } from '../../core/report/map-cell.ts';

/** Outputs named beside a pinned cell; of a thousand classes only the largest say something. */
const outputsShown = 5;

/** What is known of the cell that the user has pinned: its interval, where the lower end was seen, what the network says there. */
export function pinnedCell(map: LipschitzMap, cell: Cell): TemplateResult {
  const index = cellIndex(map, cell);
  const [u, v] = [map.cells.at[2 * index]!, map.cells.at[2 * index + 1]!];
  const [left, right, bottom, top] = cellEdges(map, cell);
  const [across, up] = map.plane.names;
  return html`<section class="pinned" aria-label="Pinned cell">
    <h2>Pinned cell</h2>
    <dl>
      <dt>Interval</dt>
      <dd><strong>${cellInterval(map, index)}</strong></dd>
      <dt>${across}</dt>
      <dd>${coordinate(left)} … ${coordinate(right)}</dd>
      <dt>${up}</dt>
      <dd>${coordinate(bottom)} … ${coordinate(top)}</dd>
      ${
        Number.isNaN(u)
          ? nothing
          : html`<dt>Steepest seen at</dt>
              <dd>(${coordinate(u)}, ${coordinate(v)})</dd>`
      }
      ${outputs(map, cell)}
    </dl>
  </section>`;
}

/** In the cell's middle: the mean of its four corners. */
function outputs({ corners, grid }: LipschitzMap, { row, column }: Cell): TemplateResult | typeof nothing {
  if (corners === null) return nothing;
  const across = grid.columns + 1;
  const per = corners.values.length / corners.kept;
  const at = row * across + column;
  const mean = (output: number): number =>
    [at, at + 1, at + across, at + across + 1].reduce((sum, place) => sum + corners.values[output * per + place]!, 0) /
    4;
  const values = Array.from({ length: corners.kept }, (_, output) => ({ output, value: mean(output) }))
    .toSorted((a, b) => b.value - a.value)
    .slice(0, outputsShown);
  return html`<dt>${corners.outputs === 1 ? 'Output' : 'Largest outputs'}</dt>
    <dd>
      ${values.map(({ output, value }) => `${corners.outputs === 1 ? '' : `[${output}] `}${digits(value, 'nearest')}`).join(', ')}
    </dd>`;
}
