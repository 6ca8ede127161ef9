import { expect, it } from 'vitest';
import { gramOfColumns } from '../../../core/compute/linear-algebra/column-gram.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { rowStart } from '../../../core/compute/linear-algebra/packed.ts';
import { workOf } from '../../estimators/norms/small-maps.ts';

it.each([
  ['one column', 7, 1],
  ['a few rows at once', 40, 33],
  ['strips of several widths, and more rows than are read at once', 2300, 1001],
])('W transposed times W, of %s', async (_, rows, columns) => {
  // Small whole numbers: every sum of products is exact.
  const entries = Float64Array.from({ length: rows * columns }, (__, k) => ((k * k + 3 * k) % 17) - 8);
  let reads = 0;
  const read = (first: number, last: number, room: () => Float64Array): Float64Array => {
    reads++;
    room().set(entries.subarray(first * columns, last * columns));
    return room().subarray(0, (last - first) * columns);
  };
  const pace = new Pace(workOf(), 'unlimited');
  const gram = await gramOfColumns({ rows, columns, read }, pace, (length) => new Float64Array(length));
  expect(reads).toBe(rows * columns > 2 ** 21 ? 2 : 1);
  for (const i of new Set([0, Math.floor(columns / 3), Math.floor(columns / 2), columns - 1]))
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += entries[k * columns + i]! * entries[k * columns + j]!;
      expect(gram[rowStart(i) + j]).toBe(sum);
    }
});
