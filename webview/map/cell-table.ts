import { LitElement, css, html, nothing, unsafeCSS } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import { cellEdges, cellIndex, cellInterval, coordinate } from '../../core/report/map-cell.ts';
import { sharedStyles } from '../styles.ts';
import { tableStyles } from '../table-styles.ts';
import { l10n } from '../l10n.ts';

/** Of a cell of the table, in pixels: what is not on screen is only room of that size. */
const [wide, high] = [150, 24];
/** Of the heading of a row. */
const headingWide = 110;
/** Beyond the edges of what is on screen, so that a turn of the wheel shows no gap. */
const spare = 6;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The table twin of the picture: the same cells in the same places, upper row first. Only those on screen are in the page; their places
 * in the whole are told to screen readers (aria-rowindex, aria-colindex).
 */
export class MapCellTable extends LitElement {
  static override properties = {
    map: { attribute: false },
    rows: { state: true },
    columns: { state: true },
  };
  declare map: LipschitzMap;
  declare rows: Span;
  declare columns: Span;
  readonly #sizes = new ResizeObserver(() => this.#look());

  constructor() {
    super();
    this.rows = this.columns = { from: 0, to: 0 };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('map')) return;
    const before = changed.get('map')?.grid;
    const { grid } = this.map;
    if (before?.rows !== grid.rows || before.columns !== grid.columns) this.#look();
  }

  readonly #look = (): void => {
    const frame = this.renderRoot.querySelector('.scroll');
    if (frame === null) return;
    const { rows, columns } = this.map.grid;
    this.rows = spanOf(frame.scrollTop, frame.clientHeight, high, rows, this.rows);
    this.columns = spanOf(frame.scrollLeft, frame.clientWidth, wide, columns, this.columns);
  };

  override render(): TemplateResult {
    const { map } = this;
    const { grid, plane } = map;
    const { from: first, to: last } = clamped(this.rows, grid.rows);
    const { from: left, to: right } = clamped(this.columns, grid.columns);
    const [across, up] = plane.names;
    const columns = Array.from({ length: right - left }, (_, k) => left + k);
    const [before, after] = [left * wide, (grid.columns - right) * wide];
    return html`<div
      class="scroll"
      tabindex="0"
      role="region"
      aria-label=${l10n.t('Cells of the map')}
      @scroll=${this.#look}
    >
      <table
        width=${headingWide + grid.columns * wide}
        aria-rowcount=${grid.rows + 1}
        aria-colcount=${grid.columns + 1}
      >
        <thead>
          <tr aria-rowindex="1">
            <th scope="col" width=${headingWide} aria-colindex="1">${up} \\ ${across}</th>
            ${space(before)}
            ${columns.map(
              (column) =>
                html`<th scope="col" width=${wide} aria-colindex=${column + 2}>
                  ${coordinate(cellEdges(map, { row: 0, column })[0])}
                </th>`,
            )}
            ${space(after)}
          </tr>
        </thead>
        <tbody>
          ${room(first * high)}
          ${Array.from({ length: last - first }, (_, k) => {
            const row = grid.rows - 1 - first - k;
            return html`<tr aria-rowindex=${first + k + 2}>
              <th scope="row" aria-colindex="1">${coordinate(cellEdges(map, { row, column: 0 })[2])}</th>
              ${space(before)}
              ${columns.map(
                (column) =>
                  html`<td aria-colindex=${column + 2}>${cellInterval(map, cellIndex(map, { row, column }))}</td>`,
              )}
              ${space(after)}
            </tr>`;
          })}
          ${room((grid.rows - last) * high)}
        </tbody>
      </table>
    </div>`;
  }

  static override styles = [
    sharedStyles,
    tableStyles,
    css`
      .scroll {
        margin-top: 6px;
      }
      /* What is not drawn keeps its place only where no text decides on a width. */
      table {
        table-layout: fixed;
      }
      th,
      td {
        padding: 0;
        border: 0;
      }
      [aria-colindex] {
        box-sizing: border-box;
        height: ${unsafeCSS(high)}px;
        overflow: hidden;
        text-align: end;
        text-overflow: ellipsis;
      }
      tr > th:first-child {
        padding-inline-end: 14px;
        text-align: end;
        color: var(--lipschitz-faint);
      }
    `,
  ];
}

/** What is on screen; as it was while that is still inside, so that not every pixel of a scroll draws the table anew. */
function spanOf(start: number, screen: number, size: number, count: number, before: Span): Span {
  const [from, to] = [Math.floor(start / size), Math.ceil((start + screen) / size)];
  const [least, most] = [Math.min(count, from), Math.min(count, to)];
  if (before.from <= least && before.to >= most && before.to - before.from <= to - from + 4 * spare) return before;
  return { from: Math.max(0, least - spare), to: Math.min(count, most + spare) };
}

const clamped = ({ from, to }: Span, count: number): Span => ({
  from: Math.min(from, count),
  to: Math.min(to, count),
});

/** Stands for the columns that are not drawn. */
const space = (width: number): TemplateResult | typeof nothing =>
  width > 0 ? html`<td aria-hidden="true" width=${width}></td>` : nothing;

/** Stands for the rows that are not drawn. */
const room = (height: number): TemplateResult | typeof nothing =>
  height > 0
    ? html`<tr aria-hidden="true">
        <td height=${height}></td>
      </tr>`
    : nothing;

customElements.define('lipschitz-map-cells', MapCellTable);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-map-cells': MapCellTable;
  }
}
