import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { Matrix } from '../../operators/linear-map.ts';
import type { Jacobian } from './jacobian.ts';

/** Rows or columns of the Jacobian, whichever are fewer, a batch at a time: `visit` gets the place and the entries of each. */
async function visitLines(
  jacobian: Jacobian,
  point: Float64Array,
  work: Work,
  visit: (at: number, line: Float64Array) => void,
): Promise<'rows' | 'columns'> {
  const byRows = jacobian.rows <= jacobian.columns;
  const count = byRows ? jacobian.rows : jacobian.columns;
  for (let start = 0; start < count; start += jacobian.together) {
    await work.breathe();
    const units = Array.from({ length: Math.min(jacobian.together, count - start) }, (_, k) => {
      const unit = new Float64Array(count);
      unit[start + k] = 1;
      return unit;
    });
    const lines = byRows ? await jacobian.applyTransposed(point, units) : await jacobian.apply(point, units);
    lines.forEach((line, k) => visit(start + k, line));
  }
  return byRows ? 'rows' : 'columns';
}

/** Written down: for networks whose inputs times outputs fit in memory. */
export async function denseJacobian(jacobian: Jacobian, point: Float64Array, work: Work): Promise<Matrix> {
  const { rows, columns } = jacobian;
  const lines: Float64Array[] = [];
  const kind = await visitLines(jacobian, point, work, (_, line) => lines.push(line));
  const entries = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) entries[i * columns + j] = kind === 'rows' ? lines[i]![j]! : lines[j]![i]!;
  return { rows, columns, entries };
}

/** Root of the sum of the squares of all entries, without writing them down. */
export async function frobeniusNormAt(jacobian: Jacobian, point: Float64Array, work: Work): Promise<number> {
  let sum = 0;
  await visitLines(jacobian, point, work, (_, line) => {
    sum += line.reduce((total, value) => total + value * value, 0);
  });
  return Math.sqrt(sum);
}

export interface SpectralNorm {
  /** From below, up to rounding: the length of J v. */
  readonly value: number;
  /** The direction that is stretched most. */
  readonly direction: Float64Array;
}

/** The largest singular value by Lanczos on J' J, one run of one graph a step. An estimate from below. */
export async function spectralNormAt(
  jacobian: Jacobian,
  point: Float64Array,
  work: Work,
  steps = 60,
): Promise<SpectralNorm> {
  const start = Float64Array.from({ length: jacobian.columns }, (_, i) => Math.sin(1 + i * i) + 0.1);
  const pair = await largestEigenpair(
    (direction) => jacobian.applyGram(point, direction),
    start,
    { steps, tolerance: 1e-12, cost: 1e6 },
    new Pace(work),
  );
  const [moved] = await jacobian.apply(point, [pair.vector]);
  return { value: Math.sqrt(moved!.reduce((sum, value) => sum + value * value, 0)), direction: pair.vector };
}

/** The gradient of a weighted sum of the outputs; of the output itself where there is only one. */
export async function gradientAt(
  jacobian: Jacobian,
  point: Float64Array,
  weights: Float64Array = Float64Array.of(1),
): Promise<Float64Array> {
  return (await jacobian.applyTransposed(point, [weights]))[0]!;
}
