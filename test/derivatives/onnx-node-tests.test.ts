import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { exampleIndex, exampleNames } from '../conformance/example.ts';
import { followDerivative } from './node-example.ts';

describe.skipIf(!existsSync(exampleIndex))(
  'Derivatives of the examples of the ONNX specification (skipped where ../shared is missing)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine({ provider: 'cpu', threads: 1 });
    });
    afterAll(() => engine.dispose());

    it('J v is the difference quotient in doubles and J′ u its transpose', async () => {
      const wrong: string[] = [];
      let checked = 0;
      for (const name of exampleNames()) {
        try {
          if ((await followDerivative(name, engine)).kind === 'covered') checked++;
        } catch (error) {
          wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(checked).toBeGreaterThanOrEqual(650);
    });
  },
);
