import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import {
  denseJacobian,
  frobeniusNormAt,
  gradientAt,
  spectralNormAt,
} from '../../../core/estimators/jacobian/at-a-point.ts';
import { openJacobian, type Jacobian } from '../../../core/estimators/jacobian/jacobian.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, numbers, weights, type NetworkSketch } from '../../operators/small-networks.ts';
import { difference } from '../../derivatives/checked-derivatives.ts';
import { singularValues, workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const smooth: NetworkSketch = {
  input: [1, 5],
  nodes: [
    { op: 'Gemm', inputs: ['x', 'w1'], outputs: ['h'] },
    { op: 'Tanh', inputs: ['h'], outputs: ['t'] },
    { op: 'Gemm', inputs: ['t', 'w2'] },
  ],
  constants: { w1: weights([5, 7], 1), w2: weights([7, 3], 2) },
};

async function opened(
  sketch: NetworkSketch,
  together = 4,
): Promise<{ jacobian: Jacobian; by: Awaited<ReturnType<typeof prepare>> }> {
  const by = await prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);
  const jacobian = await openJacobian(
    { network: by.runnable, output: by.output, precision: 'float64', together },
    engine,
  );
  if ('missing' in jacobian) throw new Error(jacobian.missing.reason);
  return { jacobian, by };
}

const rowsOf = ({ rows, columns, entries }: { rows: number; columns: number; entries: Float64Array }): number[][] =>
  Array.from({ length: rows }, (_, i) => [...entries.slice(i * columns, (i + 1) * columns)]);

describe('The Jacobian at a point', () => {
  it('has difference quotients as its columns, its largest singular value as spectral norm and all of them in its Frobenius norm', async () => {
    const { jacobian: own, by } = await opened(smooth);
    await using jacobian = own;
    const point = Float64Array.from(numbers(5, 9));
    const matrix = rowsOf(await denseJacobian(jacobian, point, workOf()));
    for (let j = 0; j < 5; j++) {
      const unit = new Float64Array(5);
      unit[j] = 1;
      const column = (await difference(by.runnable, by.output, point, unit))!.slope;
      column.forEach((value, i) => expect(matrix[i]![j]).toBeCloseTo(value, 8));
    }
    const values = singularValues(matrix);
    expect((await spectralNormAt(jacobian, point, workOf())).value).toBeCloseTo(values[0]!, 10);
    const sum = values.reduce((total, value) => total + value * value, 0);
    expect(await frobeniusNormAt(jacobian, point, workOf())).toBeCloseTo(Math.sqrt(sum), 10);
  });

  it('is the same when more outputs than inputs make it go by columns', async () => {
    await using jacobian = (await opened({ ...smooth, nodes: smooth.nodes.slice(0, 2) })).jacobian;
    const point = Float64Array.from(numbers(5, 4));
    const matrix = rowsOf(await denseJacobian(jacobian, point, workOf()));
    const unit = Float64Array.of(0, 0, 0, 0, 0, 1, 0);
    const row = await gradientAt(jacobian, point, unit);
    row.forEach((value, j) => expect(matrix[5]![j]).toBeCloseTo(value, 12));
  });

  it('takes one direction at a time where the first axis mixes its entries', async () => {
    await using jacobian = (
      await opened({
        input: [1, 4],
        nodes: [{ op: 'Softmax', inputs: ['x'], attributes: { axis: 0 } }],
      })
    ).jacobian;
    const matrix = await denseJacobian(jacobian, Float64Array.of(1, 2, 3, 4), workOf());
    expect([...matrix.entries].every((value) => value === 0)).toBe(true);
  });

  it('says which node has no derivative', async () => {
    const { runnable, output } = await prepare(
      networkOf({
        input: [1, 2],
        nodes: [
          { op: 'Exp', inputs: ['x'] },
          { op: 'Clip', inputs: ['x', '', 'y0'] },
        ],
      }),
      { dims: {}, held: new Map() },
      engine,
    );
    const answer = await openJacobian({ network: runnable, output, precision: 'float32' }, engine);
    expect(answer).toMatchObject({ missing: { op: 'Clip' } });
  });
});
