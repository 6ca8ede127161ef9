import { bilipschitzSentences } from './bilipschitz.ts';
import { couplingMarkdown } from './coupling-report.ts';
import { settings, witnessSentence } from './facts.ts';
import type { Inspection } from './inspection.ts';
import { methodWords } from './method-names.ts';
import { boundCells, layerCells, markdownTable, markdownText } from './layer-table.ts';
import { methodNotes } from './methods.ts';
import { modelSentence, summarySentence } from './sentences.ts';
import { intervalText, ofNetwork, unquantisedMark } from './words.ts';

/** For an issue, a pull request or a notebook: every paragraph can be quoted on its own. */
export function inspectionMarkdown(inspection: Inspection): string {
  const best = inspection.lipschitz[inspection.norm];
  const upper = best?.upper;
  const remedy = upper?.value === null && 'unbounded' in upper ? upper.unbounded.remedy : undefined;
  const blocks = [
    `# ${markdownText(inspection.model.file)}`,
    markdownText(modelSentence(inspection)),
    ...(best === undefined
      ? []
      : [`**${markdownText(`${intervalText(ofNetwork(best))}${unquantisedMark(inspection)}`)}**`]),
    `> ${markdownText(summarySentence(inspection))}`,
    ...(remedy === undefined ? [] : [`To get a finite bound: ${markdownText(remedy)}.`]),
    ...optional(
      'Not understood',
      list(inspection.unsupported.map(({ node, op, reason }) => `${op} at ${node}: ${reason}`)),
    ),
    ...optional('Notes', list(inspection.notes)),
    ...optional('Layers', markdownTable(inspection.layers.map((layer) => layerCells(layer, inspection.norm)))),
    ...optional('Coupling', couplingMarkdown(inspection)),
    ...optional(
      'How far points are kept apart',
      inspection.bilipschitz === undefined ? '' : list(bilipschitzSentences(inspection.bilipschitz)),
    ),
    ...optional('Bounds', markdownTable(boundCells(inspection))),
    ...optional('Witness', markdownText(witnessSentence(inspection) ?? '')),
    ...optional('Methods', list(methodNotes(inspection).map(methodLine))),
    ...optional('Settings', list(settings(inspection).map(([term, value]) => `${term}: ${value}`))),
    '● certified: holds in exact arithmetic, rounding errors included. ◐ numerical or probabilistic. ○ estimate, no guarantee. ∞ unbounded.',
  ];
  return `${blocks.join('\n\n')}\n`;
}

const list = (sentences: readonly string[]): string => sentences.map((text) => `- ${markdownText(text)}`).join('\n');

const optional = (title: string, body: string): readonly string[] => (body === '' ? [] : [`## ${title}`, body]);

const methodLine = ({ method, inWords, citation }: ReturnType<typeof methodNotes>[number]): string =>
  `${methodWords(method)}: ${inWords}${citation === undefined ? '' : ` ${citation}`}`;
