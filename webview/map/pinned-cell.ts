import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { digits } from '../../core/report/digits.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import type { MapPin } from '../../core/report/map-pin.ts';
import { pinFacts } from '../../core/report/map-pin-words.ts';
import { cellAt, cellEdges, cellIndex, cellInterval, coordinate, type Cell } from '../../core/report/map-cell.ts';
import { l10n } from '../l10n.ts';

/** Outputs named beside a pinned cell; of a thousand classes only the largest say something. */
const outputsShown = 5;

/** Where a cell is looked at closely: at its steepest point, or in its middle where none was seen. */
export function pinPlace(map: LipschitzMap, cell: Cell): MapPin['at'] {
  const index = cellIndex(map, cell);
  const [u, v] = [map.cells.at[2 * index]!, map.cells.at[2 * index + 1]!];
  const [left, right, bottom, top] = cellEdges(map, cell);
  return Number.isNaN(u) ? [(left + right) / 2, (bottom + top) / 2] : [u, v];
}

/** The newest pin in a cell. */
export const pinIn = (map: LipschitzMap, cell: Cell): MapPin | undefined =>
  map.pins.findLast(({ at }) => {
    const found = cellAt(map, ...at);
    return found?.row === cell.row && found.column === cell.column;
  });

/** What is known of the cell that the user has pinned: its interval, where the lower end was seen, what the network says there. */
export function pinnedCell(map: LipschitzMap, cell: Cell): TemplateResult {
  const index = cellIndex(map, cell);
  const [u, v] = [map.cells.at[2 * index]!, map.cells.at[2 * index + 1]!];
  const [left, right, bottom, top] = cellEdges(map, cell);
  const [across, up] = map.plane.names;
  return html`<section class="pinned" aria-label=${l10n.t('Pinned cell')}>
    <h2>${l10n.t('Pinned cell')}</h2>
    <dl>
      <dt>${l10n.t('Interval')}</dt>
      <dd><strong>${cellInterval(map, index)}</strong></dd>
      <dt>${across}</dt>
      <dd>${coordinate(left)} … ${coordinate(right)}</dd>
      <dt>${up}</dt>
      <dd>${coordinate(bottom)} … ${coordinate(top)}</dd>
      ${
        Number.isNaN(u)
          ? nothing
          : html`<dt>${l10n.t('Steepest seen at')}</dt>
              <dd>(${coordinate(u)}, ${coordinate(v)})</dd>`
      }
      ${
        pinIn(map, cell) === undefined
          ? outputs(map, cell)
          : pinFacts(pinIn(map, cell)!, map.norm).map(
              ([name, value]) =>
                html`<dt>${name}</dt>
                  <dd>${value}</dd>`,
            )
      }
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
  return html`<dt>${corners.outputs === 1 ? l10n.t('Output') : l10n.t('Largest outputs')}</dt>
    <dd>
      ${values.map(({ output, value }) => `${corners.outputs === 1 ? '' : `[${output}] `}${digits(value, 'nearest')}`).join(', ')}
    </dd>`;
}
