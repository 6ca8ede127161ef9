import { digits } from './digits.ts';
import type { TableCell } from './layer-table.ts';
import { shownPlanes, type Pattern } from './picture/pattern-planes.ts';

/** The table twin of a pattern's picture: the same channels, and the same means where several values are one square. */
export function patternCells(pattern: Pattern): readonly (readonly TableCell[])[] {
  const { planes, rows, columns, channels } = shownPlanes(pattern);
  const [, , height = 1, width = 1] = pattern.shape;
  const number = (value: number): string => digits(value, 'nearest', 'kept');
  // Anything but an image is one row, and reads better as a column.
  if (rows === 1)
    return [...planes[0]!.plane].map((value, i) => [
      ['place', places(i, columns, pattern.values.length)],
      ['value', number(value)],
    ]);
  return planes.flatMap(({ channel, plane }) =>
    Array.from({ length: rows }, (_, row): readonly TableCell[] => [
      ...(channels > 1 ? [['channel', String(channel)] as const] : []),
      ['row', places(row, rows, height)],
      ...Array.from({ length: columns }, (_, column): TableCell => [
        places(column, columns, width),
        number(plane[row * columns + column]!),
      ]),
    ]),
  );
}

/** Which of `all` places the block is the mean of: "3", or "6–7". */
function places(block: number, blocks: number, all: number): string {
  const [first, last] = [Math.ceil((block * all) / blocks), Math.ceil(((block + 1) * all) / blocks) - 1];
  return first === last ? String(first) : `${first}–${last}`;
}
