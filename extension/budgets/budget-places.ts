import { Range } from 'vscode';
import type { Place } from '../../core/budgets/budget.ts';

/** A place in the text of a file that need not be open. */
export function rangeIn(text: string, { offset, length }: Place): Range {
  const before = text.slice(0, offset).split('\n');
  const inside = text.slice(offset, offset + length).split('\n');
  const line = before.length - 1;
  const column = before.at(-1)!.length;
  const last = inside.at(-1)!.length;
  return new Range(line, column, line + inside.length - 1, inside.length === 1 ? column + last : last);
}
