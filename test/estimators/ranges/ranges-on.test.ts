import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { rangesOn } from '../../../core/estimators/ranges/ranges-on.ts';
import { analyse, withRanges } from '../../../core/inspection/layers.ts';
import { encloseOpen } from '../../../core/operators/half-open.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../../core/operators/maps/diagonal-map.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { lengthOf } from '../../../core/region.ts';
import { constants, difference, openReference, pointOf } from '../../operators/against-runtime.ts';
import { networkOf, weights, type NetworkSketch } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** The composed constants on the whole space, and what sampled pairs say against them: near and far, at every scale. */
async function everywhere(sketch: NetworkSketch): Promise<ReturnType<typeof constants>> {
  const network = networkOf(sketch);
  const { analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
  const bare = analyse(analysed, undefined);
  const boxes = await rangesOn(analysed, input, { kind: 'all' }, bare, workOf());
  const found = constants(analysed, output, boxes === undefined ? bare : withRanges(analysed, bare, boxes));
  await using reference = await openReference(network, engine);
  const size = sketch.input.reduce((product, own) => product * own, 1);
  for (const scale of [0.01, 0.3, 1, 5, 100])
    for (let seed = 1; seed <= 12; seed++) {
      const x = pointOf(size, seed, -scale, scale);
      const step = pointOf(size, seed + 50, -scale, scale);
      for (const part of [1, 0.05]) {
        const y = x.map((value, i) => Math.fround(value + part * step[i]!));
        const [fx, fy] = [await reference.evaluate(x), await reference.evaluate(y)];
        for (const norm of norms)
          expect(lengthOf(difference(fx, fy), norm) - 1e-6 * (1 + lengthOf(fx, norm))).toBeLessThanOrEqual(
            found[norm] * lengthOf(difference(x, y), norm) * (1 + 1e-6),
          );
      }
    }
  return found;
}

const scalar = (value: number) => ({ shape: [], values: [value] });

describe('On the whole space', () => {
  it('the root of |x| + 0.1 has the constant 1 / (2 sqrt(0.1))', async () => {
    const { linf } = await everywhere({
      input: [1, 4],
      constants: { c: scalar(0.1) },
      nodes: [
        { op: 'Abs', inputs: ['x'] },
        { op: 'Add', inputs: ['y0', 'c'] },
        { op: 'Sqrt', inputs: ['y1'] },
      ],
    });
    expect(linf).toBeCloseTo(0.5 / Math.sqrt(0.1), 6);
  });

  it.each<[string, NetworkSketch['nodes'], number]>([
    [
      'the root of 0.5 + x x, which is a function of its own',
      [
        { op: 'Mul', inputs: ['x', 'x'] },
        { op: 'Add', inputs: ['y0', 'half'] },
        { op: 'Sqrt', inputs: ['y1'] },
      ],
      1,
    ],
    [
      'a quotient of a sigmoid and 0.5 + |x|',
      [
        { op: 'Sigmoid', inputs: ['x'] },
        { op: 'Abs', inputs: ['x'] },
        { op: 'Add', inputs: ['y1', 'half'] },
        { op: 'Div', inputs: ['y0', 'y2'] },
      ],
      0.25 / 0.5 + 1 / 0.25,
    ],
    [
      'a product of gates',
      [
        { op: 'Sigmoid', inputs: ['x'] },
        { op: 'Tanh', inputs: ['x'] },
        { op: 'Mul', inputs: ['y0', 'y1'] },
      ],
      1.25,
    ],
    [
      'exp of -|x|, by its bounded argument',
      [
        { op: 'Abs', inputs: ['x'] },
        { op: 'Neg', inputs: ['y0'] },
        { op: 'Exp', inputs: ['y1'] },
      ],
      1,
    ],
    [
      'log of 0.5 + a softmax',
      [
        { op: 'Softmax', inputs: ['x'] },
        { op: 'Add', inputs: ['y0', 'half'] },
        { op: 'Log', inputs: ['y1'] },
      ],
      1,
    ],
    [
      'x times a softmax of x, which has none',
      [
        { op: 'Softmax', inputs: ['x'] },
        { op: 'Mul', inputs: ['x', 'y0'] },
      ],
      Number.POSITIVE_INFINITY,
    ],
    [
      'the root of 0.5 + the mean of squares, whose squares are open',
      [
        { op: 'Pow', inputs: ['x', 'two'] },
        { op: 'ReduceMean', inputs: ['y0', 'axes'] },
        { op: 'Add', inputs: ['y1', 'half'] },
        { op: 'Sqrt', inputs: ['y2'] },
      ],
      Number.POSITIVE_INFINITY,
    ],
    [
      'the reciprocal of 0.5 + a mean of gates',
      [
        { op: 'Sigmoid', inputs: ['x'] },
        { op: 'ReduceMean', inputs: ['y0', 'axes'] },
        { op: 'Add', inputs: ['y1', 'half'] },
        { op: 'Reciprocal', inputs: ['y2'] },
      ],
      1,
    ],
  ])('%s', async (_, nodes, most) => {
    const { linf } = await everywhere({
      input: [1, 4],
      constants: {
        half: scalar(0.5),
        two: scalar(2),
        axes: { shape: [1], values: [-1], type: 'int64' },
      },
      nodes,
    });
    expect(linf).toBeLessThanOrEqual(most * (1 + 1e-9));
    if (most === Number.POSITIVE_INFINITY) expect(linf).toBe(most);
  });

  it('an LSTM has a finite constant, for its gates are bounded', async () => {
    const found = await everywhere({
      input: [3, 1, 2],
      constants: { w: weights([1, 8, 2], 3), r: weights([1, 8, 2], 4), b: weights([1, 16], 5) },
      nodes: [{ op: 'LSTM', inputs: ['x', 'w', 'r', 'b'], outputs: ['y'], attributes: { hidden_size: 2 } }],
    });
    for (const norm of norms) expect(found[norm]).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('attention behind a LayerNorm has a finite constant, for what it sees is bounded', async () => {
    const found = await everywhere({
      input: [1, 3, 4],
      constants: { one: { shape: [4], values: [1, 1, 1, 1] }, q: weights([4, 4], 1), k: weights([4, 4], 2) },
      nodes: [
        { op: 'LayerNormalization', inputs: ['x', 'one'], attributes: { epsilon: { float: 0.1 } } },
        { op: 'MatMul', inputs: ['y0', 'q'] },
        { op: 'MatMul', inputs: ['y0', 'k'] },
        { op: 'Transpose', inputs: ['y2'], attributes: { perm: [0, 2, 1] } },
        { op: 'MatMul', inputs: ['y1', 'y3'] },
        { op: 'Softmax', inputs: ['y4'] },
        { op: 'MatMul', inputs: ['y5', 'y0'] },
      ],
    });
    expect(found.l2).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('ranges are made for small networks, and for large ones only where a rule cannot do without', async () => {
    const large = (nodes: NetworkSketch['nodes']) =>
      networkOf({ input: [200, 400], constants: { w: weights([400, 400], 1), half: scalar(0.5) }, nodes });
    const boxesOf = async (nodes: NetworkSketch['nodes']) => {
      const { analysed, input } = await prepare(large(nodes), { dims: {}, held: new Map() }, engine);
      return rangesOn(analysed, input, { kind: 'all' }, analyse(analysed, undefined), workOf());
    };
    const plain = [
      { op: 'MatMul', inputs: ['x', 'w'] },
      { op: 'Tanh', inputs: ['y0'] },
    ] as const;
    expect(await boxesOf(plain)).toBeUndefined();
    const gated = [...plain, { op: 'Sigmoid', inputs: ['y0'] }, { op: 'Mul', inputs: ['y1', 'y2'] }] as const;
    expect((await boxesOf(gated))?.get('y2')?.upper[0]).toBe(1);
  });
});

describe('A box without an end on some sides', () => {
  const end = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0, max: 3, noNaN: true }));
  const entry = fc.record({ center: fc.double({ min: -2, max: 2, noNaN: true }), below: end, above: end });
  const weight = fc.oneof(fc.constant(0), fc.double({ min: -2, max: 2, noNaN: true }));

  it('goes through a matrix or a diagonal: every image of a point inside lies inside', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 3, maxLength: 3 }),
        fc.array(weight, { minLength: 6, maxLength: 6 }),
        fc.constantFrom(1, -1, 0),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (entries, numbers, sign, places) => {
          const signed = numbers.map((value) => (sign === 0 ? value : sign * Math.abs(value)));
          const box = {
            shape: [3],
            lower: Float64Array.from(entries, ({ center, below }) => center - below),
            upper: Float64Array.from(entries, ({ center, above }) => center + above),
          };
          const point = entries.map(
            ({ center, below, above }, i) =>
              center + (places[i]! < 0.5 ? -Math.min(below, 1e6) : Math.min(above, 1e6)) * Math.abs(2 * places[i]! - 1),
          );
          const dense = denseMap(Float64Array.from(signed), 2, 3);
          const image = encloseOpen(dense, { values: Float64Array.of(1, -1), error: 0 }, box, [2]);
          for (const row of [0, 1]) {
            const value = point.reduce((sum, x, j) => sum + signed[3 * row + j]! * x, row === 0 ? 1 : -1);
            const slack = 1e-9 * (1 + Math.abs(value));
            expect(value).toBeGreaterThanOrEqual(image.lower[row]! - slack);
            expect(value).toBeLessThanOrEqual(image.upper[row]! + slack);
          }
          const scaled = encloseOpen(diagonalMap(Float64Array.from(signed.slice(0, 3))), undefined, box, [3]);
          point.forEach((x, i) => {
            expect(signed[i]! * x).toBeGreaterThanOrEqual(scaled.lower[i]! - 1e-9 * (1 + Math.abs(x)));
            expect(signed[i]! * x).toBeLessThanOrEqual(scaled.upper[i]! + 1e-9 * (1 + Math.abs(x)));
          });
        },
      ),
      { seed: 3, numRuns: 400 },
    );
  });

  it('stays closed where only entries without weight are open, and on the side where all weights agree', () => {
    const box = {
      shape: [2],
      lower: Float64Array.of(0, 1),
      upper: Float64Array.of(Number.POSITIVE_INFINITY, 2),
    };
    const image = encloseOpen(denseMap(Float64Array.of(0, 3, 2, 3, -1, 1), 3, 2), undefined, box, [3]);
    expect(image.upper[0]).toBeCloseTo(6, 9);
    const positive = encloseOpen(denseMap(Float64Array.of(2, 3), 1, 2), undefined, box, [1]);
    expect(positive.lower[0]).toBeCloseTo(3, 9);
    expect(positive.upper[0]).toBe(Number.POSITIVE_INFINITY);
  });
});
