import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { exampleFolder, follow, type Outcome } from './node-example.ts';

const index = join(exampleFolder, 'INDEX.json');

describe.skipIf(!existsSync(index))(
  'The examples of the ONNX specification (skipped where ../shared/onnx-node-tests is missing)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine({ provider: 'cpu', threads: 1 });
    });
    afterAll(() => engine.dispose());

    it(
      'are read, written again and enclosed as their reference outputs, and no quotient exceeds its bound',
      { timeout: 120_000 },
      async () => {
        const listed = JSON.parse(readFileSync(index, 'utf8')) as readonly { readonly name: string }[];
        const outcomes = new Map<string, Outcome>();
        const wrong: string[] = [];
        for (const { name } of listed) {
          try {
            outcomes.set(name, await follow(name, engine));
          } catch (error) {
            wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
          }
        }
        console.info(listing(outcomes));
        expect(wrong).toEqual([]);
      },
    );
  },
);

function listing(outcomes: ReadonlyMap<string, Outcome>): string {
  const groups = new Map<string, string[]>();
  for (const [name, outcome] of outcomes) {
    const key = outcome.kind === 'covered' ? 'covered' : `${outcome.kind}: ${outcome.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, names]) => `${String(names.length).padStart(4)}  ${key}: ${names.slice(0, 4).join(', ')}`)
    .join('\n');
}
