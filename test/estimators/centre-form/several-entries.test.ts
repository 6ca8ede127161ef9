import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { expansionOf } from '../../../core/estimators/absolute-values/expansion.ts';
import { stepsOf } from '../../../core/estimators/absolute-values/steps.ts';
import { centreFormByRows } from '../../../core/estimators/centre-form/by-rows.ts';
import { formExpansion } from '../../../core/estimators/centre-form/question.ts';
import { expansionValue } from '../../../core/estimators/local-expansion/value.ts';
import { localMultipliers } from '../../../core/estimators/local-multipliers/method.ts';
import { quotientOfImages } from '../../../core/estimators/witness/certify.ts';
import { steepest as steepestOf } from '../../../core/estimators/witness/direction.ts';
import { encloseNetwork } from '../../../core/estimators/ranges/enclose-network.ts';
import { rangesOn } from '../../../core/estimators/ranges/ranges-on.ts';
import { relaxedRanges } from '../../../core/estimators/relaxation/relaxed-ranges.ts';
import type { Network } from '../../../core/network/network.ts';
import type { Enclosure } from '../../../core/operators/enclosure.ts';
import { moveInside, type Region } from '../../../core/region.ts';
import { ints, networkOf, numbers, weights, type NetworkSketch } from '../../operators/small-networks.ts';
import { lastUpper, regionQuestion, type RegionQuestion } from '../../soundness/region-question.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** Queries, keys and values of three tokens from one input, written out as exporters do; `masked` puts something between scores and shares. */
function attention(masked: NetworkSketch['nodes'], constants: NetworkSketch['constants'] = {}): Network {
  return networkOf({
    input: [1, 3, 2],
    constants: { wq: weights([2, 4], 1, 2), wk: weights([2, 4], 2, 2), wv: weights([2, 2], 3), w: weights([2, 2], 4), ...constants }, // prettier-ignore
    nodes: [
      { op: 'MatMul', inputs: ['x', 'wq'], outputs: ['q'] },
      { op: 'MatMul', inputs: ['x', 'wk'], outputs: ['k'] },
      { op: 'MatMul', inputs: ['x', 'wv'], outputs: ['v'] },
      { op: 'Transpose', inputs: ['k'], outputs: ['kt'], attributes: { perm: [0, 2, 1] } },
      { op: 'MatMul', inputs: ['q', 'kt'], outputs: ['scores'] },
      ...masked,
      { op: 'Softmax', inputs: [masked.length === 0 ? 'scores' : 'masked'], outputs: ['shares'], attributes: { axis: -1 } }, // prettier-ignore
      { op: 'MatMul', inputs: ['shares', 'v'], outputs: ['mixed'] },
      { op: 'Add', inputs: ['mixed', 'x'], outputs: ['sum'] },
      { op: 'MatMul', inputs: ['sum', 'w'] },
    ],
  });
}

/** Two heads of size 2 over three tokens, which is recognised as one node. */
function heads(masked: NetworkSketch['nodes'], constants: NetworkSketch['constants'] = {}): Network {
  const head = (matrix: string, perm: readonly number[]): NetworkSketch['nodes'] => [
    { op: 'MatMul', inputs: ['x', matrix], outputs: [`${matrix} x`] },
    { op: 'Reshape', inputs: [`${matrix} x`, 'split'], outputs: [`${matrix} heads`] },
    { op: 'Transpose', inputs: [`${matrix} heads`], outputs: [matrix.toUpperCase()], attributes: { perm } },
  ];
  return networkOf({
    input: [1, 3, 2],
    constants: { q: weights([2, 4], 1, 2), k: weights([2, 4], 2, 2), v: weights([2, 4], 3), split: ints([1, 3, 2, 2]), ...constants }, // prettier-ignore
    nodes: [
      ...head('q', [0, 2, 1, 3]),
      ...head('k', [0, 2, 3, 1]),
      ...head('v', [0, 2, 1, 3]),
      { op: 'MatMul', inputs: ['Q', 'K'], outputs: ['scores'] },
      ...masked,
      { op: 'Softmax', inputs: [masked.length === 0 ? 'scores' : 'masked'], outputs: ['shares'], attributes: { axis: -1 } }, // prettier-ignore
      { op: 'MatMul', inputs: ['shares', 'V'] },
    ],
  });
}
const causal = { shape: [3, 3], values: Float32Array.of(0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0.5, 0) };
const hidden = { shape: [3, 3], values: Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0) };

const layered = (middle: NetworkSketch['nodes'], constants: NetworkSketch['constants'] = {}): Network =>
  networkOf({
    input: [1, 3],
    constants: { w0: weights([3, 4], 5, 1.5), b0: weights([4], 6), w1: weights([4, 2], 7), two: { shape: [1], values: Float32Array.of(2.5) }, ...constants }, // prettier-ignore
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w0', 'b0'], outputs: ['h'] },
      ...middle,
      { op: 'MatMul', inputs: ['bent', 'w1'] },
    ],
  });

const networks: Readonly<Record<string, () => Network>> = {
  attention: () => attention([]),
  'attention in heads': () => heads([]),
  'attention that looks back': () => heads([{ op: 'Add', inputs: ['scores', 'mask'], outputs: ['masked'] }], { mask: causal }), // prettier-ignore
  'attention with numbers in place of scores': () =>
    heads(
      [
        { op: 'Cast', inputs: ['hidden'], outputs: ['where'], attributes: { to: 9 } },
        { op: 'Where', inputs: ['where', 'number', 'scores'], outputs: ['masked'] },
      ],
      { hidden, number: { shape: [], values: [-0.5] } },
    ),
  softmax: () => layered([{ op: 'Softmax', inputs: ['h'], outputs: ['bent'], attributes: { axis: -1 } }]),
  'softmax down the columns': () =>
    layered(
      [
        { op: 'Reshape', inputs: ['h', 'square'], outputs: ['s'] },
        { op: 'Softmax', inputs: ['s'], outputs: ['p'], attributes: { axis: 1 } },
        { op: 'Reshape', inputs: ['p', 'row'], outputs: ['bent'] },
      ],
      { square: { shape: [3], values: [1, 2, 2], type: 'int64' }, row: { shape: [2], values: [1, 4], type: 'int64' } },
    ),
  LayerNormalization: () => layered([{ op: 'LayerNormalization', inputs: ['h', 'g', 'b0'], outputs: ['bent'], attributes: { epsilon: { float: 0.01 } } }], { g: weights([4], 8) }), // prettier-ignore
  RMSNormalization: () => layered([{ op: 'RMSNormalization', inputs: ['h', 'g'], outputs: ['bent'], attributes: { epsilon: { float: 0.01 } } }], { g: weights([4], 8) }), // prettier-ignore
  product: () => layered([{ op: 'Tanh', inputs: ['h'], outputs: ['t'] }, { op: 'Mul', inputs: ['t', 'h'], outputs: ['bent'] }]), // prettier-ignore
  quotient: () =>
    layered([
      { op: 'Sigmoid', inputs: ['h'], outputs: ['s'] },
      { op: 'Add', inputs: ['s', 'two'], outputs: ['d'] },
      { op: 'Div', inputs: ['h', 'd'], outputs: ['bent'] },
    ]),
  inverse: () =>
    layered([
      { op: 'Sigmoid', inputs: ['h'], outputs: ['s'] },
      { op: 'Add', inputs: ['s', 'two'], outputs: ['d'] },
      { op: 'Div', inputs: ['two', 'd'], outputs: ['bent'] },
    ]),
};

/** A box around some point of a seeded sequence. */
const boxOf =
  (seed: number, radius: number) =>
  (size: number): Region => {
    const center = Float64Array.from(numbers(size, seed));
    return { kind: 'box', lower: center.map((value) => value - radius), upper: center.map((value) => value + radius) };
  };

/** The largest proved quotient of pairs along the steepest direction at corners and other points. */
async function steepest(question: RegionQuestion, norm: Norm): Promise<number> {
  const { analysed, input, output, region } = question;
  const { shape } = analysed.types.get(input)!;
  const image = async (point: Float64Array): Promise<Enclosure> =>
    (await encloseNetwork(analysed, { shape, lower: point, upper: point }, workOf(), 'all')).get(output)!;
  let most = 0;
  for (const point of pointsOf(region, 6)) {
    const from = await image(point);
    const moved = (along: ArrayLike<number>): Float64Array => moveInside(region, point.map((value, i) => value + 1e-5 * along[i]!)); // prettier-ignore
    const columns: Float64Array[] = [];
    for (let i = 0; i < point.length; i++) {
      const unit = point.map((_, k) => Number(k === i));
      const inward = (await image(moved(unit))).lower.some((low, k) => low !== from.lower[k]) ? 1 : -1;
      const to = await image(moved(unit.map((value) => inward * value)));
      columns.push(to.lower.map((low, k) => (low - from.lower[k]!) / (inward * 1e-5)));
    }
    const direction = steepestOf(columns, norm);
    for (const sign of [1, -1]) {
      const end = moved(direction.map((value) => sign * value));
      const start = moveInside(region, end.map((value, i) => value - sign * 1e-5 * direction[i]!)); // prettier-ignore
      const quotient = quotientOfImages({ x: [...start], y: [...end] }, await image(start), await image(end), norm);
      most = Math.max(most, quotient ?? 0);
    }
  }
  return most;
}

const pointsOf = (region: Region, count: number): Float64Array[] =>
  Array.from({ length: count }, (_, k) => {
    if (region.kind !== 'box') throw new Error(region.kind);
    const share = numbers(region.lower.length, 50 + k);
    return moveInside(region, region.lower.map((low, i) => low + (region.upper[i]! - low) * (k % 2 === 0 ? Number(share[i]! > 0) : (share[i]! + 1) / 2))); // prettier-ignore
  });

describe('Operators of several entries around the middle of their derivatives', () => {
  it.each(Object.keys(networks))('%s', async (name) => {
    const network = networks[name]!();
    for (const [seed, radius] of [
      [1, 0.004],
      [2, 0.3],
    ] as const) {
      const question = await regionQuestion(network, boxOf(seed, radius), 'l2', engine);
      const { analysed, input, output, rules, region, nodes } = question;
      if (region.kind !== 'box') throw new Error(region.kind);

      const recognised = analysed.nodes.some(({ op }) => op === 'DotProductAttention');
      expect(recognised).toBe(name.startsWith('attention '));

      // No value leaves the ranges.
      const intervals = (await rangesOn(analysed, input, region, nodes, workOf()))!;
      const boxes = (await relaxedRanges(analysed, input, region, nodes, intervals, workOf()))!;
      const { shape } = analysed.types.get(input)!;
      for (const point of pointsOf(region, 8))
        for (const [tensor, { lower, upper }] of await encloseNetwork(
          analysed,
          { shape, lower: point, upper: point },
          workOf(),
          'all',
        ))
          // prettier-ignore
          for (let i = 0; i < lower.length; i++) {
            expect(boxes.get(tensor)!.lower[i]!).toBeLessThanOrEqual(upper[i]!);
            expect(boxes.get(tensor)!.upper[i]!).toBeGreaterThanOrEqual(lower[i]!);
          }

      // No pair of points is steeper than the expansion, or than multipliers say.
      const form = (await centreFormByRows(formExpansion({ analysed, input, output, rules })!, workOf()))!;
      for (const norm of ['l1', 'l2', 'linf'] as const) {
        const [value, least] = [await expansionValue(form, norm, workOf()), await steepest(question, norm)];
        expect(value).toBeGreaterThanOrEqual(least);
        // On a small box hardly anything deviates from the middle.
        if (radius < 0.1) expect(value).toBeLessThan(1.7 * least);
        const proved = norm === 'l2' && radius > 0.1 ? await lastUpper(localMultipliers, question, engine, 0.5) : undefined; // prettier-ignore
        if (proved !== undefined) expect(proved.value).toBeGreaterThanOrEqual(least);
      }
    }
  });

  it('are not taken apart where constants say more', async () => {
    const question = await regionQuestion(networks['softmax']!(), boxOf(3, 50), 'linf', engine);
    const { analysed, input, output, rules } = question;
    const steps = stepsOf(analysed, input, output, rules, 'centred')!;
    const softmax = steps.find(({ to }) => to === 'bent')!;
    expect(softmax.lanes).toHaveLength(0);
    expect(expansionOf(steps, input, 3, output, 100)).toBeDefined();
  });
});
