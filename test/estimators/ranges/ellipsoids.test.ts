import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { encloseNetwork } from '../../../core/estimators/ranges/enclose-network.ts';
import { numbersOf } from '../../../core/network/tensor.ts';
import { exactly, type Enclosure } from '../../../core/operators/enclosure.ts';
import { everything } from '../../../core/operators/half-open.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { constants } from '../../operators/against-runtime.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { ints, networkOf, node, numbers, weights, type NetworkSketch } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** Normalised rows through a dense layer into two heads that attend to each other, and a dense layer behind. */
const attending = (seed: number, form: 'LayerNormalization' | 'RMSNormalization'): NetworkSketch => ({
  input: [1, 3, 6],
  constants: {
    gamma: weights([6], seed, 2),
    beta: weights([6], seed + 1),
    q: weights([6, 4], seed + 2),
    k: weights([6, 4], seed + 3),
    v: weights([6, 4], seed + 4),
    b: weights([4], seed + 5, 3),
    o: weights([4, 5], seed + 6),
    heads: ints([1, 3, 2, 2]),
    rows: ints([1, 3, 4]),
    third: { shape: [], values: [-0.3] },
  },
  nodes: [
    node(form, form === 'LayerNormalization' ? 'x, gamma, beta' : 'x, gamma', 'n', { axis: -1 }),
    ...['q', 'k', 'v'].flatMap((own) => [
      node('MatMul', `n, ${own}`, `n ${own}`),
      node('Add', `b, n ${own}`, `b ${own}`),
      node('Reshape', `b ${own}, heads`, `h ${own}`),
      node('Transpose', `h ${own}`, own.toUpperCase(), { perm: own === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3] }),
    ]),
    node('MatMul', 'Q, K', 'dots'),
    node('Mul', 'dots, third', 'scaled'),
    node('Softmax', 'scaled', 'shares', { axis: -1 }),
    node('MatMul', 'shares, V', 'mixed'),
    node('Transpose', 'mixed', 'back', { perm: [0, 2, 1, 3] }),
    node('Reshape', 'back, rows', 'joined'),
    node('MatMul', 'joined, o', 'y'),
  ],
});

const ready = (sketch: NetworkSketch) => prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);

describe('What is known of rows behind a normalisation', () => {
  it('holds at every point, of single elements and of all of a group together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom('LayerNormalization' as const, 'RMSNormalization' as const),
        fc.constantFrom(1e-3, 1, 1e3),
        fc.boolean(),
        async (seed, form, size, spiky) => {
          const { analysed } = await ready(attending(seed, form));
          const ranges = await encloseNetwork(analysed, everything([1, 3, 6]), workOf(), 'all');
          expect(ranges.get('y')!.ellipsoids).toBeDefined();
          for (let k = 0; k < 4; k++) {
            // A single large element is what brings an entry furthest out.
            const point = Float64Array.from(numbers(18, seed + k), (value) => size * (spiky ? value ** 9 : value));
            const images = await encloseNetwork(analysed, exactly([1, 3, 6], point), workOf(), 'all');
            for (const [name, range] of ranges) expectInside(images.get(name)!, range, name);
          }
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });

  it('makes the range of a dense layer as narrow as its rows are long', async () => {
    const sketch = {
      ...attending(3, 'RMSNormalization'),
      nodes: [node('RMSNormalization', 'x, gamma', 'n', { axis: -1 }), node('MatMul', 'n, q', 'y')],
    };
    const { analysed } = await ready(sketch);
    const { lower, upper } = (await encloseNetwork(analysed, everything([1, 3, 6]), workOf(), 'all')).get('y')!;
    const [q, gamma] = ['q', 'gamma'].map((name) => numbersOf(analysed.constants.get(name)!)) as [Float64Array, Float64Array]; // prettier-ignore
    for (let i = 0; i < 4; i++) {
      const length = Math.hypot(...gamma.map((scale, k) => scale * q[k * 4 + i]!));
      expect(upper[i]).toBeCloseTo(Math.sqrt(6) * length, 9);
      expect(lower[i]).toBeCloseTo(-Math.sqrt(6) * length, 9);
    }
  });

  it('makes the constant of attention behind a LayerNorm smaller than boxes alone', async () => {
    const { analysed, output } = await ready(attending(11, 'LayerNormalization'));
    const ranges = await encloseNetwork(analysed, everything([1, 3, 6]), workOf(), 'all');
    const alone = new Map([...ranges].map(([name, { shape, lower, upper }]) => [name, { shape, lower, upper }]));
    const l2 = (boxes: typeof ranges): number => constants(analysed, output, analyse(analysed, boxes)).l2;
    expect(l2(ranges)).toBeLessThan(0.95 * l2(alone));
  });
});

function expectInside(image: Enclosure, range: Enclosure, name: string): void {
  image.lower.forEach((low, i) => {
    expect(low, name).toBeLessThanOrEqual(range.upper[i]!);
    expect(image.upper[i], name).toBeGreaterThanOrEqual(range.lower[i]!);
  });
  const { ellipsoids } = range;
  if (ellipsoids === undefined) return;
  const sums = new Float64Array(ellipsoids.radii.length);
  image.lower.forEach((low, i) => {
    // The least that any point of the image, about any centre, could have.
    const away = Math.max(0, low - ellipsoids.upper[i]!, ellipsoids.lower[i]! - image.upper[i]!);
    if (away > 0) sums[ellipsoids.groups[i]!]! += (away / ellipsoids.scales[i]!) ** 2;
  });
  sums.forEach((sum, group) =>
    expect(Math.sqrt(sum), name).toBeLessThanOrEqual(ellipsoids.radii[group]! * (1 + 1e-12)),
  );
}
