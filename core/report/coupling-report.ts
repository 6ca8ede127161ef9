import { coupling, type Coupling } from './coupling.ts';
import { couplingCells, couplingSentences, restrictionCells, targetSentences } from './coupling-cells.ts';
import type { Inspection } from './inspection.ts';
import { markdownTable, markdownText, type TableCell } from './layer-table.ts';
import { noisePicture } from './picture/noise-growth.ts';
import { shareBars } from './picture/share-bars.ts';
import { escaped } from './picture/svg.ts';

/** On paper nobody types a target: half of what the constant is. '' where there is no product to speak of. */
function viewOf(inspection: Inspection): Coupling | undefined {
  const upper = inspection.lipschitz[inspection.norm]?.upper.value ?? undefined;
  const view = coupling(inspection, { noise: 1, scale: 1, ...(upper === undefined ? {} : { target: upper / 2 }) });
  return view.product === null ? undefined : view;
}

const halved = (view: Coupling): readonly string[] => targetSentences(view).slice(0, 1);

/** The section of the HTML report, without its heading. */
export function couplingHtml(inspection: Inspection, width: number): string {
  const view = viewOf(inspection);
  if (view === undefined) return '';
  const figure = (svg: string, caption: string): string =>
    svg === '' ? '' : `<figure>${svg}<figcaption>${caption}</figcaption></figure>`;
  const sentences = [...couplingSentences(view), ...halved(view)];
  return [
    ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
    figure(
      shareBars(view, width),
      'Each layer’s share of the logarithm of the product of the layers; hollow bars shrink.',
    ),
    figure(
      noisePicture(view, undefined, width),
      'How large a change of size 1 at the input can be behind each layer: no change is larger.',
    ),
    tableHtml(
      restrictionCells(view),
      'Three ways to halve the constant: the norm that each leaves every layer with weights (= where it stays).',
    ),
  ].join('\n');
}

function tableHtml(rows: readonly (readonly TableCell[])[], caption: string): string {
  const head = rows.at(0);
  if (head === undefined) return '';
  const align = (i: number): string => (i === 0 ? '' : ' class="number"');
  return `<table><caption>${caption}</caption>
<thead><tr>${head.map(([column], i) => `<th scope="col"${align(i)}>${escaped(column)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(([, text], i) => (i === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td class="number">${escaped(text)}</td>`)).join('')}</tr>`).join('\n')}</tbody></table>`;
}

/** The section of the Markdown report, without its heading. */
export function couplingMarkdown(inspection: Inspection): string {
  const view = viewOf(inspection);
  if (view === undefined) return '';
  return [
    [...couplingSentences(view), ...halved(view)].map(markdownText).join(' '),
    markdownTable(couplingCells(view, undefined)),
    markdownTable(restrictionCells(view)),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}
