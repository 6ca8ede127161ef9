import type { TableCell } from '../report/layer-table.ts';

/** A table for a terminal: the columns' names, then the rows, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly TableCell[])[]): readonly string[] {
  const head = rows[0]?.map(([column]) => column) ?? [];
  const all = [head, ...rows.map((row) => row.map(([, text]) => text))];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  return rows.length === 0
    ? []
    : all.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()); // prettier-ignore
}
