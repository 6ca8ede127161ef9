import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { attackedRadius, radiusCases } from './attacked-radii.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Certified radii under attack', () => {
  // Hundreds of them: npm run bench -- regions.
  it('no point within a radius is decided otherwise: a sample', async () => {
    let positive = 0;
    await fc.assert(
      fc.asyncProperty(radiusCases, async (one) => {
        const found = await attackedRadius(one, engine);
        if (found === undefined) return;
        positive += Number(found.local > 0);
        expect(found.nearest).toBeGreaterThanOrEqual(found.local);
        expect(found.global).toBeLessThanOrEqual(found.local);
      }),
      { numRuns: 12, seed: 3, endOnFailure: true },
    );
    expect(positive).toBeGreaterThan(3);
  });
});
