import { bilipschitzSentences } from './bilipschitz.ts';
import { couplingHtml } from './coupling-report.ts';
import { digits, percent } from './digits.ts';
import { settings, witnessSentence } from './facts.ts';
import { htmlPage } from './html-page.ts';
import type { Inspection, LayerEntry } from './inspection.ts';
import { methodWords } from './method-names.ts';
import { boundCells, layerPlace, layerScale, layerShapes } from './layer-table.ts';
import { methodNotes } from './methods.ts';
import { couplingStrip } from './picture/coupling-strip.ts';
import { history } from './picture/history.ts';
import { intervalGlyph } from './picture/interval-glyph.ts';
import { networkBar } from './picture/network-bar.ts';
import type { LogScale } from './picture/scale.ts';
import { shareBar } from './picture/share-bar.ts';
import { escaped } from './picture/svg.ts';
import { misleadingKernelNorm, modelSentence, summarySentence } from './sentences.ts';
import { evidenceWord, intervalMark, intervalNumbers, intervalWords, normWord } from './words.ts';
import { ofLayer, ofNetwork, rigorMeaning, unquantisedMark } from './words.ts';

/** The panel on paper: one file that loads nothing, black on white, with captions that can be quoted. */
export function inspectionHtml(inspection: Inspection): string {
  const { model } = inspection;
  return htmlPage({
    title: `${model.file}: Lipschitz report`,
    heading: model.file,
    body: [
      `<p class="model">${escaped(modelSentence(inspection))}</p>`,
      headline(inspection),
      missing(inspection),
      figures(inspection),
      layers(inspection),
      section('Coupling', couplingHtml(inspection, paperWidth)),
      section('How far points are kept apart', keptApart(inspection)),
      bounds(inspection),
      section('Witness', paragraph(witnessSentence(inspection))),
      section('Notes', list(inspection.notes.map(escaped))),
      section('Methods', list(methodNotes(inspection).map(methodNote))),
      section('What the marks mean', marks),
      section('Settings and environment', definitions(settings(inspection))),
    ],
  });
}

const keptApart = ({ bilipschitz }: Inspection): string =>
  bilipschitz === undefined ? '' : list(bilipschitzSentences(bilipschitz).map(escaped));

function headline(inspection: Inspection): string {
  const best = inspection.lipschitz[inspection.norm];
  const interval =
    best === undefined
      ? ''
      : `<p class="interval"><strong>${intervalNumbers(ofNetwork(best))}</strong> ${intervalMark(ofNetwork(best))} ${evidenceWord(ofNetwork(best))}${unquantisedMark(inspection)}</p>`;
  return `${interval}\n<p class="summary">${escaped(summarySentence(inspection))}</p>`;
}

/** What stands in the way of a finite number, and what to do about it. */
function missing({ lipschitz, norm, unsupported }: Inspection): string {
  const upper = lipschitz[norm]?.upper;
  const unbounded = upper?.value === null && 'unbounded' in upper ? upper.unbounded : undefined;
  const items = [
    ...(unbounded === undefined
      ? []
      : [
          `<b>∞ unbounded</b>: ${escaped(unbounded.op)} at <code>${escaped(unbounded.node)}</code>: ${escaped(unbounded.reason)}. To get a finite bound: ${escaped(unbounded.remedy)}.`,
        ]),
    ...unsupported.map(
      ({ node, op, reason }) =>
        `<b>not understood</b>: ${escaped(op)} at <code>${escaped(node)}</code>: ${escaped(reason)}.`,
    ),
  ];
  return items.length === 0 ? '' : `<div class="missing">${list(items)}</div>`;
}

const paperWidth = 720;

function figures(inspection: Inspection): string {
  const scale = layerScale(inspection);
  return [
    figure(
      networkBar(inspection, paperWidth),
      `The ${normWord[inspection.norm]} Lipschitz constant on a logarithmic axis: upper ends above the bar, lower ends below, one tick per method, the best two bold.`,
    ),
    figure(history(inspection, paperWidth), 'Both ends against time.'),
    figure(
      couplingStrip(inspection, scale, paperWidth),
      'Where the product bound comes from: one segment per layer in network order, its width the share of the logarithm; hatched segments shrink. Darker means a larger norm.',
    ),
  ].join('\n');
}

const figure = (svg: string, caption: string): string =>
  svg === '' ? '' : `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`;

function layers(inspection: Inspection): string {
  if (inspection.layers.length === 0) return '';
  const scale = layerScale(inspection);
  const largest = inspection.layers.reduce((most, { share }) => Math.max(most, Math.abs(share ?? 0)), 0);
  const columns: Columns = {
    kernel: inspection.layers.some((layer) => misleadingKernelNorm(layer) !== undefined),
    line: inspection.layers.some((layer) => layerPlace(layer) !== ''),
  };
  const rows = inspection.layers.map((layer) => layerRow(layer, inspection, { scale, largest, columns })).join('\n');
  const heads = [
    ...['Layer', 'Kind', 'Shape', `${normWord[inspection.norm]} norm`, 'Evidence', 'Share'],
    ...(columns.kernel ? ['Kernel'] : []),
    ...(columns.line ? ['Line'] : []),
  ];
  const kernels = columns.kernel
    ? ' Kernel: the norm of the reshaped kernel where it is more than 1 % away from the norm of the convolution.'
    : '';
  return section(
    'Layers',
    `<table class="layers"><caption>Norms of the layers on one logarithmic scale; the thin line is 1.${kernels}</caption>
<thead><tr>${heads.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}

/** Those that not every table has; an empty column takes room on paper. */
interface Columns {
  readonly kernel: boolean;
  readonly line: boolean;
}

interface TableContext {
  readonly scale: LogScale;
  readonly largest: number;
  readonly columns: Columns;
}

function layerRow(layer: LayerEntry, { norm }: Inspection, { scale, largest, columns }: TableContext): string {
  const known = layer.norms[norm];
  const shown = known === undefined ? undefined : ofLayer(known);
  const kernel = misleadingKernelNorm(layer);
  const glyph = shown === undefined ? '' : intervalGlyph(shown, { scale, width: 90, height: 14, role: 'beside text' });
  const share = layer.share === null ? '' : `${shareBar(layer.share, largest, 44, 14)} ${percent(layer.share)}`;
  const evidence = shown === undefined ? '' : `${intervalMark(shown)} ${evidenceWord(shown)}`;
  return `<tr><th scope="row" title="${escaped(layer.id)}">${escaped(layer.name)}</th><td>${escaped(layer.kind)}</td><td>${escaped(layerShapes(layer))}</td><td class="number" title="${shown === undefined ? '' : escaped(intervalWords(shown))}"><span>${glyph} ${shown === undefined ? '' : intervalNumbers(shown)}</span></td><td>${evidence}</td><td class="number"><span>${share}</span></td>${columns.kernel ? `<td class="number">${kernel === undefined ? '' : `≠ ${digits(kernel, 'nearest')}`}</td>` : ''}${columns.line ? `<td>${escaped(layerPlace(layer))}</td>` : ''}</tr>`;
}

function bounds(inspection: Inspection): string {
  const rows = boundCells(inspection);
  const head = rows.at(0);
  if (head === undefined) return '';
  const align = (column: string): string => (/^(value|after)/.test(column) ? ' class="number"' : '');
  const cells = (row: (typeof rows)[number]): string =>
    row.map(([column, text]) => `<td${align(column)}>${escaped(text)}</td>`).join('');
  return section(
    'Bounds',
    `<table><caption>What every method found, in the order of time.</caption>
<thead><tr>${head.map(([column]) => `<th scope="col"${align(column)}>${column}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table>`,
  );
}

const section = (title: string, body: string): string =>
  body === '' ? '' : `<section><h2>${title}</h2>\n${body}</section>`;

const paragraph = (text: string | undefined): string => (text === undefined ? '' : `<p>${escaped(text)}</p>`);

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('\n')}</ul>`;

const methodNote = ({ method, inWords, citation }: ReturnType<typeof methodNotes>[number]): string =>
  `<b>${escaped(methodWords(method))}</b>: ${escaped(inWords)}${citation === undefined ? '' : ` <cite>${escaped(citation)}</cite>`}`;

const definitions = (facts: ReturnType<typeof settings>): string =>
  `<dl>${facts.map(([term, value]) => `<dt>${escaped(term)}</dt><dd>${escaped(value)}</dd>`).join('\n')}</dl>`;

const marks = list([
  `● ${rigorMeaning('certified')}`,
  `◐ ${rigorMeaning('numerical')}; or ${rigorMeaning('probabilistic')}`,
  `○ ${rigorMeaning('estimate')}`,
  '∞ unbounded: no finite constant exists, or none on this region',
]);
