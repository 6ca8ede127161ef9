import type { Work } from '../../compute/work.ts';
import type { MapCorners } from '../../report/map.ts';
import type { CellQuestion } from './cell-method.ts';
import { openWideGraph } from './wide-graph.ts';

/** Of a classifier of a thousand classes nobody looks at all contours. */
const mostKept = 16;

/** The network's outputs on the corners of all cells, in float32: for contours, which are drawn, not proved. */
export async function cornersOf({ prepared, grid }: CellQuestion, work: Work): Promise<MapCorners> {
  const { runnable: network, output } = prepared;
  const [rows, columns] = [grid.rows + 1, grid.columns + 1];
  const count = rows * columns;
  const opened = await openWideGraph(
    { network, output, kind: 'values', precision: 'float32', most: Math.min(4096, count) },
    work.engine,
  );
  if ('missing' in opened) throw new Error(opened.missing.reason);
  await using graph = opened;
  const { size, inputs, results: outputs } = graph;
  const kept = Math.min(outputs, mostKept);
  const values = new Float64Array(kept * count);
  const decision = new Uint32Array(count);
  const points = new Float32Array(size * inputs);
  for (let start = 0; start < count; start += size) {
    await work.breathe();
    const some = Math.min(size, count - start);
    for (let i = 0; i < some; i++) {
      const [row, column] = [Math.floor((start + i) / columns), (start + i) % columns];
      grid.put(points, i * inputs, grid.across(column), grid.along(row));
    }
    const results = await graph.run(points, some);
    for (let i = 0; i < some; i++) {
      const own = results.subarray(i * outputs, (i + 1) * outputs);
      for (let o = 0; o < kept; o++) values[o * count + start + i] = own[o]!;
      decision[start + i] = outputs === 1 ? Number(own[0]! > 0) : own.indexOf(Math.max(...own));
    }
  }
  return { outputs, kept, values, decision };
}
