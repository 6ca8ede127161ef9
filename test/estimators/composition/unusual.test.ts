import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { networkOf, type NetworkSketch } from '../../operators/small-networks.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'composition-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await engine.dispose();
});

async function inspected(
  sketch: NetworkSketch,
  norm: 'l1' | 'l2' | 'linf' = 'l2',
  region = 'all',
): Promise<Inspection> {
  const file = join(folder, 'net.onnx');
  writeFileSync(file, writeOnnx(networkOf(sketch)));
  let last: Inspection | undefined;
  for await (const event of inspect(
    { ...defaultRequest(file), norm, region, budgetSeconds: 0.3 },
    engine,
    new AbortController().signal,
  ))
    if (event.kind === 'finished') last = event.inspection;
  return last ?? expect.fail('no answer');
}

const square = (a: number, b: number) => ({ shape: [2, 2], values: [a, 0, 0, b] });

describe('Networks with something plain in them', () => {
  it.each(['Neg', 'Sub'])('a change of sign by %s leaves the product as it is', async (op) => {
    const { lipschitz } = await inspected({
      input: [1, 2],
      constants: { weights: square(3, 1), one: { shape: [2], values: [1, 1] } },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'weights'], outputs: ['h'] },
        { op, inputs: op === 'Sub' ? ['one', 'h'] : ['h'] },
      ],
    });
    expect(lipschitz.l2!.upper.value).toBeCloseTo(3, 9);
  });

  it('a constant beside the data, which has no batch axis, does not end the search', async () => {
    const { lipschitz } = await inspected({
      input: [1, 2],
      constants: { weights: square(3, 1), token: { shape: [1, 2], values: [5, 6] } },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'weights'], outputs: ['h'] },
        { op: 'Concat', inputs: ['token', 'h'], attributes: { axis: 1 } },
      ],
    });
    expect(lipschitz.l2!.lower.value).toBeCloseTo(3, 2);
    expect(lipschitz.l2!.upper.value).toBeCloseTo(3, 9);
  });
});

describe('Networks with something wrong in them', () => {
  it('weights that are not numbers are named, and the other layers keep their norms', async () => {
    const result = await inspected({
      input: [1, 2],
      constants: { good: square(3, 1), bad: square(Number.NaN, 1) },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'good'], id: 'first' },
        { op: 'Gemm', inputs: ['y0', 'bad'], id: 'broken' },
      ],
    });
    expect(result.lipschitz.l2?.upper).toHaveProperty('unsupported.node', 'broken');
    expect(result.notes.join()).toContain('"bad"');
    expect(result.layers.find(({ id }) => id === 'first')?.norms.l2?.upper).toBeCloseTo(3, 9);
    expect(JSON.stringify(result)).not.toContain('NaN,');
  });

  it.each(['PRelu', 'Mul'])('so are the constants of %s', async (op) => {
    const result = await inspected({
      input: [1, 2],
      constants: { bad: { shape: [2], values: [Number.NaN, 1] } },
      nodes: [{ op, inputs: ['x', 'bad'], id: 'broken' }],
    });
    expect(result.lipschitz.l2?.upper.value).toBeNull();
  });

  it.each([
    ['an operator that is not known', { op: 'Bernoulli', inputs: ['y0'] }],
    ['an operator of another domain', { op: 'Magic', domain: 'com.example', inputs: ['y0'] }],
  ])('%s is named, and the layers around it keep their norms', async (_, node) => {
    const result = await inspected({
      input: [1, 2],
      constants: { good: square(3, 1) },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'good'], id: 'first' },
        { ...node, id: 'strange' },
        { op: 'Gemm', inputs: ['y1', 'good'], id: 'last' },
      ],
    }).catch((error: unknown) => error);
    // ONNX Runtime cannot run a foreign operator; what can be told without running is told all the same.
    if (result instanceof Error) return expect.fail(result.message);
    const answer = result as Inspection;
    expect(answer.lipschitz.l2?.upper).toHaveProperty('unsupported.node', 'strange');
    expect(answer.unsupported.map(({ node: id }) => id)).toEqual(['strange']);
    expect(answer.layers.find(({ id }) => id === 'first')?.norms.l2?.upper).toBeCloseTo(3, 9);
  });

  it('zero weights give the interval [0, 0], and huge ones no NaN', async () => {
    const zero = await inspected({
      input: [1, 2],
      constants: { w: square(0, 0) },
      nodes: [{ op: 'Gemm', inputs: ['x', 'w'] }],
    });
    expect(zero.lipschitz.l2?.lower.value).toBe(0);
    expect(zero.lipschitz.l2?.upper.value).toBeLessThanOrEqual(1e-300);
    const huge = await inspected({
      input: [1, 2],
      constants: { w: square(1e38, 1e38) },
      nodes: Array.from({ length: 9 }, (_, k) => ({ op: 'Gemm', inputs: [k === 0 ? 'x' : `y${k - 1}`, 'w'] })),
    });
    expect(huge.lipschitz.l2?.upper.value).toBeNull();
    expect(JSON.stringify(huge)).not.toContain('NaN');
  });

  it('an output that does not depend on the input has the constant 0', async () => {
    const result = await inspected({
      input: [1, 2],
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { op: 'Cast', inputs: ['shape'], outputs: ['y'], attributes: { to: 1 } },
      ],
      output: 'y',
    });
    expect(result.lipschitz.l2?.upper.value).toBe(0);
  });
});

describe('Regions', () => {
  it.each([
    ['l1', 'ball:l1:0,0:0.5'],
    ['l2', 'ball:l2:1,-1:0.25'],
    ['linf', 'ball:linf:0.5,0.5:0.125'],
  ] as const)(
    'witnesses for the %s constant on %s stay inside, and a saturated Clip has a smaller constant there',
    async (norm, region) => {
      const result = await inspected(
        {
          input: [1, 2],
          constants: { w: square(2, 1), low: { shape: [], values: [-10] }, high: { shape: [], values: [10] } },
          nodes: [
            { op: 'Gemm', inputs: ['x', 'w'] },
            { op: 'Mul', inputs: ['y0', 'y0'] },
            { op: 'Clip', inputs: ['y1', 'low', 'high'] },
          ],
        },
        norm,
        region,
      );
      const { lower, upper } = result.lipschitz[norm]!;
      expect(upper.value).toBeGreaterThanOrEqual(lower.value);
      expect(lower.value).toBeGreaterThan(0);
      const [, , center, radius] = region.split(':');
      const middle = center!.split(',').map(Number);
      for (const point of [lower.witness!.x, lower.witness!.y]) {
        const offset = point.map((value, i) => Math.abs(value - middle[i]!));
        const length =
          norm === 'l1' ? offset[0]! + offset[1]! : norm === 'l2' ? Math.hypot(...offset) : Math.max(...offset);
        expect(length).toBeLessThanOrEqual(Number(radius));
      }
    },
  );
});
