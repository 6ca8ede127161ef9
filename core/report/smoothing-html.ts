import { duration } from './digits.ts';
import { htmlPage } from './html-page.ts';
import type { TableCell } from './layer-table.ts';
import { escaped } from './picture/svg.ts';
import { smoothingFigures, type Figure } from './smoothing-figures.ts';
import { smoothingNotes } from './smoothing-notes.ts';
import { curveCells, dataCells, smoothedLayerCells } from './smoothing-table.ts';
import { checkedWords, dataWords, parameterWords, promise, reservations } from './smoothing-words.ts';
import type { SmoothingReport } from './smoothing.ts';

const paperWidth = 720;

/** A smoothing on paper: one file that loads nothing. */
export function smoothingHtml(report: SmoothingReport): string {
  const { model, epsilon, region, tool, seconds, layers } = report;
  const checked = checkedWords(report);
  return htmlPage({
    title: `${model.file}: smoothing report`,
    heading: `${model.file}, smoothed`,
    body: [
      `<p class="summary">${escaped(promise(report, epsilon, region))} ●</p>`,
      [checked, parameterWords(report.problem, report)]
        .map((words) => (words === undefined ? '' : `<p>${escaped(words)}</p>`))
        .join('\n'),
      list(reservations(report, report).map(escaped)),
      smoothingFigures(report, paperWidth).map(figure).join('\n'),
      section(
        'Layers',
        table(
          'How the allowed deviation is split over the layers; m, l and L bound the size, the Lipschitz constant and the smoothness of what leaves a layer.',
          layers.map(smoothedLayerCells),
        ),
      ),
      section('Data', table(report.data === undefined ? '' : `${dataWords(report.data)}.`, dataCells(report))),
      section('For other accuracies', table('', curveCells(report))),
      section(
        'Methods',
        list(
          smoothingNotes(report).map(
            ({ method, inWords, citation }) =>
              `<b>${escaped(method)}</b>: ${escaped(inWords)}${citation === undefined ? '' : ` <cite>${escaped(citation)}</cite>`}`,
          ),
        ),
      ),
      `<p class="model">● certified: holds in exact arithmetic, rounding errors included. ${escaped(`${tool.name} ${tool.version}, ${duration(seconds)}, sha256 ${model.sha256}`)}</p>`,
    ],
  });
}

const section = (title: string, body: string): string =>
  body === '' ? '' : `<section><h2>${title}</h2>\n${body}</section>`;

const figure = ({ svg, caption }: Figure): string =>
  svg === '' ? '' : `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`;

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('\n')}</ul>`;

function table(caption: string, rows: readonly (readonly TableCell[])[]): string {
  const head = rows.at(0);
  if (head === undefined) return '';
  const kind = (column: string): string => (['layer', 'operator', 'line'].includes(column) ? '' : ' class="number"');
  const cells = (row: readonly TableCell[]): string =>
    row.map(([column, text]) => `<td${kind(column)}>${escaped(text)}</td>`).join('');
  return `<table class="layers">${caption === '' ? '' : `<caption>${escaped(caption)}</caption>`}
<thead><tr>${head.map(([column]) => `<th scope="col"${kind(column)}>${escaped(column)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table>`;
}
