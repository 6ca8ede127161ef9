import type { Norm } from '../bound.ts';
import { csv, harmlessText } from './csv.ts';
import { digits, percent, shapeText } from './digits.ts';
import type { Inspection, LayerEntry } from './inspection.ts';
import { methodWords } from './method-names.ts';
import { commonScale } from './picture/scale.ts';
import type { LogScale } from './picture/scale.ts';
import { misleadingKernelNorm } from './sentences.ts';
import { evidenceWord, intervalNumbers, intervalText, normWord, ofLayer } from './words.ts';

/** One scale for all rows, so that two bars can be compared wherever they stand. */
export const layerScale = ({ layers, norm }: Inspection): LogScale =>
  commonScale(layers.flatMap(({ norms }) => [norms[norm]?.lower, norms[norm]?.upper]));

/** The axes after the batch, which is always 1. */
export const layerShapes = ({ inputShape, outputShape }: LayerEntry): string => {
  const [from, to] = [inputShape, outputShape].map((shape) => shapeText(shape.length > 1 ? shape.slice(1) : shape));
  return from === to ? `${from}` : `${from} → ${to}`;
};

export const layerPlace = ({ source }: Pick<LayerEntry, 'source'>): string =>
  source === undefined ? '' : `${source.file.split(/[\\/]/).at(-1) ?? source.file}:${source.line}`;

/** How sure the line of code is, in words. */
export const tierWords = {
  exporter: 'written by the exporter',
  names: 'from the names of the weights',
  scopes: 'from the names of the nodes',
  guess: 'a guess from order and shapes',
} as const;

export type TableCell = readonly [column: string, text: string];

/** The layer's row in words, for Markdown and the clipboard. */
export function layerCells(layer: LayerEntry, norm: Norm): readonly TableCell[] {
  const known = layer.norms[norm];
  const kernel = misleadingKernelNorm(layer);
  return [
    ['layer', layer.name],
    ['kind', layer.kind],
    ['shape', layerShapes(layer)],
    [`${normWord[norm]} norm`, known === undefined ? '' : intervalNumbers(ofLayer(known))],
    ['evidence', known === undefined ? '' : evidenceWord(ofLayer(known))],
    ['share', layer.share === null ? '' : percent(layer.share)],
    ['kernel as matrix', kernel === undefined ? '' : digits(kernel, 'nearest')],
    ['line', layerPlace(layer)],
  ];
}

/** Every method's values: the table twin of the network's bar and of the ends against time. */
export function boundCells(inspection: Inspection): readonly (readonly TableCell[])[] {
  return inspection.bounds.map((bound) => [
    ['side', bound.side],
    ['method', methodWords(bound.method)],
    ['norm', normWord[bound.norm]],
    ['region', bound.region],
    ['value', digits(bound.value, bound.side === 'upper' ? 'up' : 'down')],
    ['evidence', bound.rigor],
    ['after (s)', bound.seconds.toFixed(2)],
  ]);
}

/** What stands above and in the rows. */
const lines = (rows: readonly (readonly TableCell[])[]): readonly (readonly string[])[] => [
  ...rows.slice(0, 1).map((row) => row.map(([column]) => column)),
  ...rows.map((row) => row.map(([, text]) => text)),
];

export const tableCsv = (rows: readonly (readonly TableCell[])[]): string => csv(lines(rows));

export const tsv = (rows: readonly (readonly TableCell[])[]): string =>
  lines(rows)
    .map((cells) => cells.map((cell) => harmlessText(cell).replace(/[\t\r\n]/g, ' ')).join('\t'))
    .join('\n');

export function markdownTable(rows: readonly (readonly TableCell[])[]): string {
  const head = rows.at(0);
  if (head === undefined) return '';
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    line(head.map(([column]) => column)),
    `|${head.map(() => ' --- |').join('')}`,
    ...rows.map((row) => line(row.map(([, text]) => text))),
  ].join('\n');
}

/** Names come from untrusted files: nothing in them may become markup, a link or a new row. */
export const markdownText = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|~#!]/g, (sign) => `\\${sign}`);

/** Quotable without the panel: the layer in one line of text. */
export const layerLine = (layer: LayerEntry, norm: Norm): string => {
  const known = layer.norms[norm];
  return `${layer.name}: ${known === undefined ? 'not known yet' : intervalText(ofLayer(known))}`;
};
