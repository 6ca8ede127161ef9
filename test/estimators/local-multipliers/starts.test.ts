import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DenseProducts } from '../../../core/compute/linear-algebra/dense-products.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { centreFormByRows } from '../../../core/estimators/centre-form/by-rows.ts';
import { formExpansion } from '../../../core/estimators/centre-form/question.ts';
import { smallerSquares } from '../../../core/estimators/local-multipliers/barrier.ts';
import { blockStarts } from '../../../core/estimators/local-multipliers/block-start.ts';
import { problemOf } from '../../../core/estimators/local-multipliers/problem.ts';
import { provedBound } from '../../../core/estimators/local-multipliers/proof.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { regionQuestion } from '../../soundness/region-question.ts';
import { steepestPairs } from '../../soundness/steepest-pairs.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** Four layers of units that all bend on the box; the last two have a way around them. */
const network = networkOf({
  input: [1, 6],
  constants: {
    a: weights([6, 24], 1, 0.4),
    b: weights([24, 24], 2, 0.25),
    c: weights([24, 24], 3, 0.25),
    d: weights([24, 3], 4, 0.3),
  },
  nodes: [
    { op: 'MatMul', inputs: ['x', 'a'], outputs: ['a x'] },
    { op: 'Relu', inputs: ['a x'], outputs: ['first'] },
    { op: 'MatMul', inputs: ['first', 'b'], outputs: ['b x'] },
    { op: 'Relu', inputs: ['b x'], outputs: ['second'] },
    { op: 'MatMul', inputs: ['second', 'c'], outputs: ['c x'] },
    { op: 'Gelu', inputs: ['c x'], outputs: ['third'] },
    { op: 'Add', inputs: ['second', 'third'], outputs: ['sum'] },
    { op: 'MatMul', inputs: ['sum', 'd'] },
  ],
});

describe('Multipliers on a region', () => {
  it('begin from norms of blocks far below sums of absolute values, and a few long steps bring them close to the least', async () => {
    const box = { kind: 'box', lower: new Float64Array(6).fill(-1), upper: new Float64Array(6).fill(1) } as const;
    const question = await regionQuestion(network, () => box, 'l2', engine);
    const work = { ...workOf(), engine };
    const form = (await centreFormByRows(formExpansion(question)!, work))!;
    const { problem, start } = problemOf(form)!;
    const starts = blockStarts(form, problem, start);
    expect(starts[0]!.square).toBeLessThan(start.square / 4);
    await using products = await DenseProducts.open(engine, new Pace(work));
    const squares: number[] = [];
    const steepest = Math.max(...steepestPairs(network, box, 'l2', 1).map(({ quotient }) => quotient));
    for await (const iterate of smallerSquares(form, problem, [...starts, start], products, new Pace(work))) {
      squares.push(iterate.square);
      const proved = await provedBound(form, problem, { ...iterate, square: iterate.square * (1 + 1e-6) }, new Pace(work)); // prettier-ignore
      expect(proved ?? Infinity).toBeGreaterThanOrEqual(steepest);
    }
    // The descent ends where the central path begins anew, from further inside.
    const descent = squares.slice(
      0,
      squares.findIndex((square, k) => square > (squares[k - 1] ?? Infinity)),
    );
    const least = Math.min(...squares);
    expect(descent.length).toBeLessThan(12);
    expect(descent[4] ?? descent.at(-1)).toBeLessThan(1.2 * least);
    expect(squares[0]).toBeGreaterThan(1.4 * least);
  });

  it('end where the numbers of a step underflow', async () => {
    const tiny = networkOf({
      input: [1, 2],
      constants: { a: weights([2, 3], 1, 1e-30), b: weights([3, 3], 2, 1e-30), c: weights([3, 2], 3, 1e-16) },
      nodes: [
        { op: 'MatMul', inputs: ['x', 'a'] },
        { op: 'Relu', inputs: ['y0'] },
        { op: 'MatMul', inputs: ['y1', 'b'] },
        { op: 'Relu', inputs: ['y2'] },
        { op: 'MatMul', inputs: ['y3', 'c'] },
      ],
    });
    const box = { kind: 'box', lower: new Float64Array(2).fill(-1), upper: new Float64Array(2).fill(1) } as const;
    const question = await regionQuestion(tiny, () => box, 'l2', engine);
    const work = { ...workOf(), engine };
    const form = (await centreFormByRows(formExpansion(question)!, work))!;
    const { problem, start } = problemOf(form)!;
    await using products = await DenseProducts.open(engine, new Pace(work));
    const squares: number[] = [];
    const starts = [...blockStarts(form, problem, start), start];
    for await (const { square } of smallerSquares(form, problem, starts, products, new Pace(work)))
      squares.push(square);
    expect(Math.min(...squares)).toBeLessThan(1e-140);
    expect(squares.length).toBeLessThan(400);
  });
});
