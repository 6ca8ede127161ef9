import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import { verify } from '../../core/inspection/verify.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { layerSentence } from '../../core/report/sentences.ts';
import { networkOf } from '../operators/small-networks.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'everywhere-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

async function inspected(region: string): Promise<{ file: string; inspection: Inspection }> {
  const network = networkOf({
    input: [1, 4],
    constants: { apart: { shape: [4], values: [0, 10, -10, 20] }, one: { shape: [4], values: [1, 1, 1, 1] } },
    nodes: [
      { op: 'Add', inputs: ['x', 'apart'] },
      { op: 'LayerNormalization', inputs: ['y0', 'one'] },
    ],
  });
  const file = join(folder, 'norm.onnx');
  await writeFile(file, writeOnnx(network));
  const request = { ...defaultRequest(file), region, budgetSeconds: 1 };
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return { file, inspection: event.inspection };
  throw new Error('The inspection did not finish.');
}

describe('A LayerNorm', () => {
  it('has the constant 1 / sqrt(epsilon) on the whole space', async () => {
    const { inspection } = await inspected('all');
    const [layer] = inspection.layers;
    expect(layer!.norms.l2!.upper).toBeCloseTo(1 / Math.sqrt(1e-5), 2);
    expect(layer!.everywhere).toBeUndefined();
  });

  it('on a region has the one of the least variance there, with the honest global one beside it, and both are verified', async () => {
    const { file, inspection } = await inspected('box:-1,1');
    const [layer] = inspection.layers;
    // Drawn together as far as the box allows: 1, 9, -9 and 19, around 5.
    expect(layer!.norms.l2!.upper).toBeCloseTo(1 / Math.sqrt((4 ** 2 + 4 ** 2 + 14 ** 2 + 14 ** 2) / 4), 6);
    expect(layer!.everywhere!.l2!.upper).toBeCloseTo(316.2278, 2);
    expect(layerSentence(layer!, 'l2')).toContain('On the whole space its constant is at most 317.');
    const { checks, passed } = await verify(inspection, file, engine);
    expect(checks.find(({ claim }) => claim.endsWith('on the whole space'))?.verdict).toBe('confirmed');
    expect(passed).toBe(true);
    const smaller = { ...layer!, everywhere: { l2: { ...layer!.everywhere!.l2!, upper: 300 } } };
    expect((await verify({ ...inspection, layers: [smaller] }, file, engine)).passed).toBe(false);
  });
});
