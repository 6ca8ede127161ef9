import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { followDerivative } from '../derivatives/node-example.ts';
import { exampleIndex, exampleNames, grouped, type Outcome } from './example.ts';
import { follow } from './node-example.ts';
import { conformancePage, type Followed } from './page.ts';

const asked = Number(process.env['CONFORMANCE_PAIRS'] ?? 10_000);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

it.skipIf(!existsSync(exampleIndex))('the examples of the ONNX specification', async () => {
  const names = exampleNames();
  const values = await followed(names, (name) => follow(name, engine, asked));
  const single = new Set<string>();
  const derivatives = await followed(names, async (name) => {
    const outcome = await followDerivative(name, engine);
    if (outcome.kind === 'covered') for (const op of outcome.inSingle) single.add(op);
    return outcome;
  });
  for (const { outcomes, wrong } of [values, derivatives]) {
    console.info(
      [...grouped(outcomes)]
        .map(([key, own]) => `${String(own.length).padStart(4)}  ${key}: ${own.slice(0, 5).join(', ')}`)
        .concat([...wrong].map(([name, reason]) => `WRONG ${name}: ${reason}`))
        .join('\n'),
    );
  }
  writeFileSync('docs/conformance.md', conformancePage({ pairs: asked, values, derivatives, single: [...single] }));
  expect(values.wrong).toEqual(new Map());
  expect(derivatives.wrong).toEqual(new Map());
});

async function followed(names: readonly string[], one: (name: string) => Promise<Outcome>): Promise<Followed> {
  const outcomes = new Map<string, Outcome>();
  const wrong = new Map<string, string>();
  for (const name of names)
    try {
      outcomes.set(name, await one(name));
    } catch (error) {
      wrong.set(name, error instanceof Error ? error.message.slice(0, 300) : String(error));
    }
  return { outcomes, wrong };
}
