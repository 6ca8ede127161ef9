import type { TrainingHistory } from '../report/training/history.ts';
import { historyRows, historySentences } from '../report/training/words.ts';
import { columns } from './columns.ts';

/** More layers than this do not fit beside each other in a terminal: the files have them all. */
const mostColumns = 11;

/** A training for a terminal: the sentences, a row for each checkpoint, notes. */
export function printedHistory(history: TrainingHistory): string {
  const rows = historyRows(history);
  const left = (rows[0]?.length ?? 0) - mostColumns;
  return [
    ...historySentences(history),
    '',
    ...columns(rows.map((row) => row.slice(0, mostColumns))),
    ...(left > 0 ? [`${left} more layers are in the files that --out and --json write.`] : []),
    '',
    ...history.notes,
    '● certified  ◐ numerical  ○ estimate  ∞ unbounded',
  ].join('\n');
}
