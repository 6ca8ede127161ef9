import { csv } from '../csv.ts';
import { htmlPage } from '../html-page.ts';
import { writtenJson } from '../json.ts';
import { markdownTable, markdownText, type TableCell } from '../layer-table.ts';
import { escaped } from '../picture/svg.ts';
import { trainingPicture } from '../picture/training-picture.ts';
import { normWord, rigorMeaning } from '../words.ts';
import type { ComparedInterval } from '../comparison/comparison.ts';
import type { TrainingHistory } from './history.ts';
import { historyRows, historySentences, orderWords } from './words.ts';

export const historyFormats = ['html', 'md', 'json', 'csv', 'svg'] as const;
export type HistoryFormat = (typeof historyFormats)[number];

const paperWidth = 760;

const writers: Readonly<Record<HistoryFormat, (history: TrainingHistory) => string>> = {
  html,
  md: markdown,
  json: (history) => writtenJson(history, 'the history'),
  csv: table,
  svg: (history) => `${trainingPicture(history, paperWidth)}\n`,
};

export const renderHistory = (history: TrainingHistory, format: HistoryFormat): string => writers[format](history);

const method =
  'Every checkpoint is inspected with the same question. The norms of the layers are those of the weights; the band holds the constant of the network: its upper edge is proved, its lower edge is attained by two points. A band that widens says that less is known, not that the network got rougher.';

const facts = ({ folder, norm, region, order, tool }: TrainingHistory): readonly TableCell[] => [
  ['Folder', folder],
  ['Norm', normWord[norm]],
  ['Region', region],
  ['Order', orderWords[order]],
  ['Tool', `${tool.name} ${tool.version}`],
];

function markdown(history: TrainingHistory): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${markdownText(line)}`).join('\n');
  const blocks = [
    `# ${markdownText(history.folder)}`,
    ...historySentences(history).map((sentence) => `> ${markdownText(sentence)}`),
    ...(history.checkpoints.length === 0 ? [] : [markdownTable(historyRows(history))]),
    ...(history.notes.length === 0 ? [] : ['## Notes', list(history.notes)]),
    '## Method',
    method,
    '## Settings',
    list(facts(history).map(([term, value]) => `${term}: ${value}`)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function html(history: TrainingHistory): string {
  const rows = historyRows(history);
  const head = rows[0]?.map(([column]) => `<th scope="col">${escaped(column)}</th>`).join('') ?? '';
  const body = rows.map((row) => `<tr>${row.map(([, text]) => `<td>${escaped(text)}</td>`).join('')}</tr>`).join('\n');
  const drawn = trainingPicture(history, paperWidth);
  const list = (lines: readonly string[]): string => `<ul>${lines.map((line) => `<li>${line}</li>`).join('\n')}</ul>`;
  return htmlPage({
    title: `${history.folder}: Lipschitz history`,
    heading: history.folder,
    style: '.history { font-size: 11.5px; } .history-scroll { overflow-x: auto; }',
    body: [
      historySentences(history)
        .map((sentence) => `<p class="summary">${escaped(sentence)}</p>`)
        .join('\n'),
      drawn === ''
        ? ''
        : `<figure>${drawn}<figcaption>Norms of the layers over the checkpoints (as Rosca et al. 2020, Figure 5a), and the interval that holds the constant of the network: solid its upper end, dashed its lower end.</figcaption></figure>`,
      rows.length === 0
        ? ''
        : `<section><h2>Checkpoints</h2><div class="history-scroll"><table class="history"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></section>`,
      history.notes.length === 0 ? '' : `<section><h2>Notes</h2>${list(history.notes.map(escaped))}</section>`,
      `<section><h2>Method</h2><p>${method} <cite>M. Rosca, T. Weber, A. Gretton, S. Mohamed: A case for new neural network smoothness constraints, 2020.</cite></p></section>`,
      `<section><h2>What the marks mean</h2>${list([`● ${rigorMeaning('certified')}`, `◐ ${rigorMeaning('numerical')}`, `○ ${rigorMeaning('estimate')}`])}</section>`,
      `<section><h2>Settings</h2><dl>${facts(history)
        .map(([term, value]) => `<dt>${escaped(term)}</dt><dd>${escaped(value)}</dd>`)
        .join('\n')}</dl></section>`,
    ],
  });
}

/** One row per checkpoint and layer, and one for its network: what data frames like. */
function table(history: TrainingHistory): string {
  const header = ['file', 'step', 'modified', 'state', 'layer', 'kind', 'lower', 'upper', 'rigor'];
  const rows = history.checkpoints.flatMap((checkpoint, at) => {
    const own = [checkpoint.file, checkpoint.step, checkpoint.modified, checkpoint.state];
    if (checkpoint.state !== 'read') return [[...own, '(network)', '', undefined, undefined, undefined]];
    return [
      ...(checkpoint.network === null ? [] : [[...own, '(network)', '', ...interval(checkpoint.network)]]),
      ...history.layers.flatMap(({ name, kind, constants }) =>
        constants[at] == null ? [] : [[...own, name, kind, ...interval(constants[at])]],
      ),
    ];
  });
  return csv([header, ...rows]);
}

const interval = ({ lower, upper, lowerRigor, upperRigor }: ComparedInterval): readonly (string | number | null)[] => [
  lower,
  upper,
  upperRigor ?? lowerRigor,
];
