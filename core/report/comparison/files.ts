import { csv } from '../csv.ts';
import { writtenJson } from '../json.ts';
import { markdownTable, markdownText } from '../layer-table.ts';
import { htmlPage } from '../html-page.ts';
import { comparisonPicture } from '../picture/comparison-picture.ts';
import { escaped } from '../picture/svg.ts';
import { rigorMeaning } from '../words.ts';
import type { ComparedInterval, ComparedLayer, Comparison } from './comparison.ts';
import { comparedCells, comparedFacts, comparisonSentences } from './words.ts';

export const comparisonFormats = ['html', 'md', 'json', 'csv', 'svg'] as const;
export type ComparisonFormat = (typeof comparisonFormats)[number];

const paperWidth = 720;

const writers: Readonly<Record<ComparisonFormat, (comparison: Comparison) => string>> = {
  html,
  md: markdown,
  json: (comparison) => writtenJson(comparison, 'the comparison'),
  csv: table,
  svg: (comparison) => `${comparisonPicture(comparison, paperWidth)}\n`,
};

export const renderComparison = (comparison: Comparison, format: ComparisonFormat): string =>
  writers[format](comparison);

/** What decided means, wherever the words stand. */
export const comparisonMethod =
  'A layer or network counts as rougher or smoother only where the two intervals do not meet; it is proved where both ends concerned are certified. Where they meet, nothing is said: a bound that got looser is not a network that got rougher. Layers are matched by name, then by the end of the name, then by kind and shape in the order of the network.';

function markdown(comparison: Comparison): string {
  const { before, after, layers, notes } = comparison;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${markdownText(line)}`).join('\n');
  const blocks = [
    `# ${markdownText(`${before.file} → ${after.file}`)}`,
    ...comparisonSentences(comparison).map((sentence) => `> ${markdownText(sentence)}`),
    ...(layers.length === 0
      ? []
      : ['## Layers', markdownTable(layers.map((layer) => comparedCells(layer, comparison)))]),
    ...(notes.length === 0 ? [] : ['## Notes', list(notes)]),
    '## Method',
    comparisonMethod,
    '## Settings',
    list(comparedFacts(comparison).map(([term, value]) => `${term}: ${value}`)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function html(comparison: Comparison): string {
  const { before, after, layers, notes } = comparison;
  const title = `${before.file} → ${after.file}`;
  const rows = layers.map((layer) => comparedCells(layer, comparison));
  const paragraphs = comparisonSentences(comparison).map((sentence) => `<p class="summary">${escaped(sentence)}</p>`);
  const head = rows[0]?.map(([column]) => `<th scope="col"${align(column)}>${escaped(column)}</th>`).join('') ?? '';
  const body = rows
    .map(
      ([name, ...cells]) =>
        `<tr><th scope="row">${escaped(name![1])}</th>${cells.map(([column, text]) => `<td${align(column)}>${escaped(text)}</td>`).join('')}</tr>`,
    ) // prettier-ignore
    .join('\n');
  const list = (lines: readonly string[]): string => `<ul>${lines.map((line) => `<li>${line}</li>`).join('\n')}</ul>`;
  const facts = comparedFacts(comparison).map(([term, value]) => `<dt>${escaped(term)}</dt><dd>${escaped(value)}</dd>`);
  return htmlPage({
    title: `${title}: Lipschitz comparison`,
    heading: title,
    body: [
      paragraphs.join('\n'),
      figure(comparison),
      layers.length === 0
        ? ''
        : `<section><h2>Layers</h2><table class="compared"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></section>`,
      notes.length === 0 ? '' : `<section><h2>Notes</h2>${list(notes.map(escaped))}</section>`,
      `<section><h2>Method</h2><p>${escaped(comparisonMethod)}</p></section>`,
      `<section><h2>What the marks mean</h2>${list([`● ${rigorMeaning('certified')}`, `◐ ${rigorMeaning('numerical')}`, `○ ${rigorMeaning('estimate')}`])}</section>`,
      `<section><h2>Settings</h2><dl>${facts.join('\n')}</dl></section>`,
    ],
  });
}

function figure(comparison: Comparison): string {
  const drawn = comparisonPicture(comparison, paperWidth);
  const caption =
    'Constants before (hollow, above) and after (filled, below) on one logarithmic axis, layer by layer; layers that are proved the same are left out. ▲ rougher, ▼ smoother, ? not decided.';
  return drawn === '' ? '' : `<figure>${drawn}<figcaption>${caption}</figcaption></figure>`;
}

const align = (column: string): string => (/norm|after|ratio/.test(column) ? ' class="number"' : '');

function table(comparison: Comparison): string {
  const header = [
    ...['layer_before', 'layer_after', 'match', 'op', 'kind', 'weights'],
    ...['before_lower', 'before_upper', 'before_rigor', 'after_lower', 'after_upper', 'after_rigor'],
    ...['ratio_lower', 'ratio_upper', 'change', 'change_rigor'],
  ];
  const { network } = comparison;
  const whole = network === null ? [] : [['(network)', '(network)', '', '', '', '', ...pairCells(network)]];
  return csv([header, ...whole, ...comparison.layers.map(row)]);
}

type CsvCells = readonly (string | number | null | undefined)[];

function row(layer: ComparedLayer): CsvCells {
  if (layer.in === 'both') {
    const { before, after, match, weights, constant } = layer;
    return [
      before.name,
      after.name,
      match,
      after.op,
      after.kind,
      weights,
      ...(constant === null ? [] : pairCells(constant)),
    ];
  }
  const { name, op, kind } = layer.layer;
  const own = layer.constant === null ? [undefined, undefined, undefined] : intervalCells(layer.constant);
  return layer.in === 'before'
    ? [name, '', '', op, kind, '', ...own]
    : ['', name, '', op, kind, '', undefined, undefined, undefined, ...own];
}

const pairCells = ({ before, after, ratio, change, rigor }: NonNullable<Comparison['network']>): CsvCells => [
  ...intervalCells(before),
  ...intervalCells(after),
  ...[ratio.lower, ratio.upper, change, rigor],
];

const intervalCells = ({ lower, upper, lowerRigor, upperRigor }: ComparedInterval): CsvCells => [
  lower,
  upper,
  upperRigor ?? lowerRigor,
];
