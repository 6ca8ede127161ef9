import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ints, networkOf, weights, type NodeSketch } from '../operators/small-networks.ts';
import { smoothingHolds, type SmoothedCase } from './smoothed-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const recipes = fc.record({
  p: fc.constantFrom(1, 2),
  /** None: then the region has to keep the input of the normalisation away from 0. */
  floor: fc.constantFrom(0, 0.2, 1),
  inputs: fc.integer({ min: 1, max: 5 }),
  width: fc.integer({ min: 1, max: 6 }),
  rectified: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  epsilon: fc.constantFrom(1e-3, 0.1, 0.5),
});
type Recipe = typeof recipes extends fc.Arbitrary<infer T> ? T : never;

/** A dense layer, a normalisation over its units two by two where they can be paired, and a dense layer behind. */
function normalisedNetwork({ p, floor, inputs, width, rectified, seed }: Recipe): SmoothedCase['network'] {
  const nodes: NodeSketch[] = [
    { op: 'Gemm', inputs: ['x', 'first', 'far'], outputs: ['dense'], attributes: { transB: 1 } },
    { op: rectified ? 'Relu' : 'Identity', inputs: ['dense'], outputs: ['a'] },
    // Away from 0, but not all entries of it: the first of each group goes through 0.
    { op: 'Reshape', inputs: ['a', 'pairs'], outputs: ['grouped'] },
    ...(floor === 0
      ? [{ op: 'LpNormalization', inputs: ['grouped'], outputs: ['n'], attributes: { p, axis: 2 } }]
      : [
          { op: p === 1 ? 'ReduceL1' : 'ReduceL2', inputs: ['grouped', 'axes'], outputs: ['length'] },
          { op: 'Clip', inputs: ['length', 'floor'], outputs: ['divisor'] },
          { op: 'Div', inputs: ['grouped', 'divisor'], outputs: ['n'] },
        ]),
    { op: 'Flatten', inputs: ['n'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'last'], attributes: { transB: 1 } },
  ];
  const units = 2 * width;
  return networkOf({
    input: [1, inputs],
    constants: {
      first: weights([units, inputs], seed, 0.4),
      far: { shape: [units], values: Array.from({ length: units }, (_, i) => (i % width === 0 ? 0.1 : 3)) },
      axes: ints([2]),
      pairs: ints([1, 2, width]),
      floor: { shape: [], values: [floor] },
      last: weights([3, units], seed + 1),
    },
    nodes,
  });
}

test(
  'smoothed normalisations stay within epsilon and turn no faster than L, whatever the floor',
  { timeout: 300_000 },
  async () => {
    let [moved, bent] = [0, 0];
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const { floor, width, seed, epsilon } = recipe;
        // A single entry that comes close to 0 has a sign and nothing else.
        fc.pre(floor > 0 || width > 1);
        const region = floor === 0 ? 'box:-0.5,0.5' : 'all';
        const asked = { network: normalisedNetwork(recipe), epsilon, region, variant: 'one-sided', seed } as const;
        const effort = { samples: 400, lines: 4, partSeconds: 0.02 };
        const { deviation, quotient, smoothness } = await smoothingHolds(asked, effort, engine);
        if (deviation > 0.01 * epsilon) moved++;
        if (smoothness !== null && quotient > 0) bent++;
      }),
      { numRuns: Number(process.env['RUNS'] ?? 8), seed: Number(process.env['SEED'] ?? 3), endOnFailure: true },
    );
    expect(moved).toBeGreaterThan(1);
    expect(bent).toBeGreaterThan(3);
  },
);
