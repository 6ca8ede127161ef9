import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { attacked, regionCases } from './attacked-regions.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Regions under attack', () => {
  // Thousands of them: npm run bench -- regions.
  it('no pair of points is steeper than any method says: a sample', async () => {
    await fc.assert(
      fc.asyncProperty(regionCases, async (one) => {
        const { proved, quotient } = await attacked(one, engine, 0.1);
        for (const [method, value] of proved) expect(quotient, method).toBeLessThanOrEqual(value);
      }),
      { numRuns: 10, seed: 6, endOnFailure: true },
    );
  });
});
