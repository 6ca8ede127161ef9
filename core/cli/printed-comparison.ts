import type { Comparison } from '../report/comparison/comparison.ts';
import { comparedCells, comparisonSentences } from '../report/comparison/words.ts';
import { columns } from './columns.ts';

/** A comparison for a terminal: the sentences, the layers beside each other, notes. */
export function printedComparison(comparison: Comparison): string {
  const { before, after, layers, notes } = comparison;
  return [
    `${before.file} → ${after.file}`,
    ...comparisonSentences(comparison),
    '',
    ...columns(layers.map((layer) => comparedCells(layer, comparison))),
    '',
    ...notes,
    'Rougher or smoother is said only where the intervals do not meet.',
  ].join('\n');
}
