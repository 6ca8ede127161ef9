import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { smoothingVariants } from '../../core/operators/smoothings/smoothing.ts';
import { kinkedNetwork, kinkedRecipes } from './kinked-recipes.ts';
import { smoothedRegions, smoothingHolds } from './smoothed-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** `npm run bench -- smoothing` does the same with a thousand networks and 10^5 points each. */
test(
  'smoothed random networks stay within epsilon, and their gradients turn no faster than L',
  { timeout: 300_000 },
  async () => {
    const cases = fc.record({
      recipe: kinkedRecipes,
      epsilon: fc.constantFrom(1e-3, 0.1, 0.5),
      region: fc.constantFrom(...smoothedRegions),
      variant: fc.constantFrom(...smoothingVariants),
    });
    let bending = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ recipe, ...asked }) => {
        const network = kinkedNetwork(recipe);
        const effort = { samples: 300, lines: 4, partSeconds: 0.1 };
        const { smoothness, quotient } = await smoothingHolds({ network, seed: recipe.seed, ...asked }, effort, engine);
        if (smoothness !== null && quotient > 0) bending++;
      }),
      { numRuns: 20, seed: 11, endOnFailure: true },
    );
    expect(bending).toBeGreaterThan(10);
  },
);
