import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { certifiedRadius } from '../../core/inspection/certified-radius.ts';
import { defaultMapRequest } from '../../core/inspection/map-request.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { startPace } from '../../core/inspection/pace.ts';

const cases = join(import.meta.dirname, '../../../shared/cases/mlp');
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

interface Certificate {
  readonly x: readonly number[];
  readonly label: number;
  readonly exact_radius_l2: number | null;
  readonly exact_radius_linf: number | null;
}

describe.skipIf(!existsSync(cases))(
  'cases with exact distances to the decision boundary (skipped without ../shared)',
  () => {
    const names = existsSync(cases) ? readdirSync(cases).filter((name) => name.endsWith('.json')) : [];
    test.each(names)(
      '%s: no certified radius is above the exact distance, and the ball is worth more than the whole space',
      async (name) => {
        const { certificates } = JSON.parse(readFileSync(join(cases, name), 'utf8')) as {
          certificates?: readonly Certificate[];
        };
        if (certificates === undefined || certificates.length === 0) return;
        using model = await openModel(defaultMapRequest(join(cases, name.replace('.json', '.onnx'))), engine);
        for (const { x, label, exact_radius_l2: l2, exact_radius_linf: linf } of certificates)
          for (const [norm, exact] of [
            ['l2', l2],
            ['linf', linf],
          ] as const) {
            const work = startPace(engine, new AbortController().signal, 60).until(60);
            const radius = await certifiedRadius(model.prepared, Float64Array.from(x), label, norm, work);
            if (radius === null || exact === null) continue;
            expect(radius.local).toBeLessThanOrEqual(exact);
            expect(radius.global).toBeLessThanOrEqual(radius.local);
            expect(radius.local).toBeGreaterThan(0.05 * exact);
          }
      },
    );
  },
);
