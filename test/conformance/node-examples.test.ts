import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { exampleIndex, exampleNames } from './example.ts';
import { follow } from './node-example.ts';

describe.skipIf(!existsSync(exampleIndex))(
  'The examples of the ONNX specification (skipped where ../shared/onnx-node-tests is missing)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine({ provider: 'cpu', threads: 1 });
    });
    afterAll(() => engine.dispose());

    // npm run conformance follows them with 10,000 pairs each.
    it('are read, written again and enclosed as their reference outputs, and no quotient exceeds its bound', async () => {
      const wrong: string[] = [];
      let covered = 0;
      for (const name of exampleNames()) {
        try {
          if ((await follow(name, engine, 4)).kind === 'covered') covered++;
        } catch (error) {
          wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(covered).toBeGreaterThanOrEqual(650);
    });
  },
);
