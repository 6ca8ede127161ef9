import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { graphCells } from '../../core/report/graph-look.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { NetworkGraph } from '../../core/report/network-graph.ts';
import { rowsOnScreen } from '../rows-on-screen.ts';
import { l10n } from '../l10n.ts';

export interface GraphTableOptions {
  readonly cursor: number | undefined;
  readonly choose: (node: number) => void;
}

/** The table twin of the drawing: every node with those before and after it. A name is a button that selects it everywhere. */
export function graphTable(
  inspection: Inspection,
  graph: NetworkGraph,
  { cursor, choose }: GraphTableOptions,
): TemplateResult {
  const rows = graphCells(inspection, graph);
  const columns = rows.at(0)?.map(([column]) => column) ?? [];
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Nodes of the graph')}>
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rowsOnScreen(
          rows,
          ([name, ...cells], i) =>
            html`<tr aria-current=${i === cursor ? 'true' : nothing}>
              <th scope="row"><button class="link" @click=${() => choose(i)}>${name?.[1]}</button></th>
              ${cells.map(([, text]) => html`<td>${text}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
