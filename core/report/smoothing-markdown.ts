import { markdownTable, markdownText } from './layer-table.ts';
import { smoothingNotes } from './smoothing-notes.ts';
import { curveCells, dataCells, smoothedLayerCells } from './smoothing-table.ts';
import { checkedWords, parameterWords, promise, reservations } from './smoothing-words.ts';
import type { SmoothingReport } from './smoothing.ts';

/** A smoothing for an issue, a pull request or a notebook. */
export function smoothingMarkdown(report: SmoothingReport): string {
  const { model, epsilon, region, layers } = report;
  const checked = checkedWords(report);
  const blocks = [
    `# ${markdownText(model.file)}, smoothed`,
    `> ${markdownText(promise(report, epsilon, region))} ●`,
    ...[checked, parameterWords(report.problem, report)].flatMap((words) =>
      words === undefined ? [] : [markdownText(words)],
    ),
    ...optional('Notes', list(reservations(report, report))),
    ...optional('Layers', markdownTable(layers.map(smoothedLayerCells))),
    ...optional('Data', report.data === undefined ? '' : markdownTable(dataCells(report))),
    ...optional('For other accuracies', markdownTable(curveCells(report))),
    ...optional(
      'Methods',
      list(smoothingNotes(report).map(({ method, inWords, citation }) => `${method}: ${inWords}${citation === undefined ? '' : ` ${citation}`}`)), // prettier-ignore
    ),
    '● certified: holds in exact arithmetic, rounding errors included.',
  ];
  return `${blocks.join('\n\n')}\n`;
}

const list = (sentences: readonly string[]): string => sentences.map((text) => `- ${markdownText(text)}`).join('\n');

const optional = (title: string, body: string): readonly string[] => (body === '' ? [] : [`## ${title}`, body]);
