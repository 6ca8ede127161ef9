import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import type { Work } from '../../../core/compute/work.ts';
import { openForward } from '../../../core/estimators/witness/forward.ts';
import { seeded } from '../../../core/estimators/witness/random.ts';
import { searchWitness } from '../../../core/estimators/witness/search.ts';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { witnessBounds } from '../../../core/inspection/witness-bounds.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import type { Region } from '../../../core/region.ts';
import { networkOf, numbers, weights } from '../../operators/small-networks.ts';
import { breathsOf } from './breaths.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const breaths = (count: number): Work => breathsOf(engine, count);

async function lowerEnd(network: Network, norm: Norm, region: Region = { kind: 'all' }, budget = 300) {
  const { runnable, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
  const work = breaths(budget);
  const forward = await openForward(runnable, output, work);
  if ('refused' in forward) throw new Error(forward.refused);
  await using opened = forward;
  let best: { readonly value: number; readonly rigor: string } | undefined;
  for await (const bound of witnessBounds(
    { network: runnable, output, region, norm, forward: opened, imageSeconds: 0 },
    work,
  ))
    if (bound.value > (best?.value ?? 0)) best = bound;
  return best;
}

const cases = '../shared/cases/mlp';
const files = existsSync(cases) ? readdirSync(cases).filter((name) => name.endsWith('.json')) : [];

describe.skipIf(files.length === 0)('The search for a witness (skipped where ../shared is missing)', () => {
  it('comes close to the exact constant of every small network in every norm, and never above', async () => {
    const gaps: number[] = [];
    for (const file of files) {
      const { global_exact: exact } = JSON.parse(readFileSync(`${cases}/${file}`, 'utf8')) as {
        global_exact?: Record<Norm, number>;
      };
      if (exact === undefined) continue;
      const model = file.replace('.json', '.onnx');
      const network = readModel(modelInMemory(model, readFileSync(`${cases}/${model}`)));
      for (const norm of norms) {
        if (!(exact[norm] > 0)) continue;
        const found = await lowerEnd(network, norm);
        expect(found?.rigor, `${file} ${norm}`).toBe('certified');
        expect(found!.value, `${file} ${norm}`).toBeLessThanOrEqual(exact[norm] * (1 + 1e-9));
        gaps.push(found!.value / exact[norm]);
      }
    }
    const sorted = gaps.toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeGreaterThan(0.999);
    expect(sorted[0]).toBeGreaterThan(0.7);
  });
});

describe('The search for a witness', () => {
  const dense = networkOf({
    input: [1, 3],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['r'] },
      { op: 'Gemm', inputs: ['r', 'w2'] },
    ],
    constants: { w1: weights([3, 8], 1), b1: weights([8], 2), w2: weights([8, 2], 3) },
  });

  it('stays inside its region', async () => {
    const { runnable: network, output } = await prepare(dense, { dims: {}, held: new Map() }, engine);
    const regions: readonly Region[] = [
      { kind: 'box', lower: Float64Array.of(-1, 0, 0.5), upper: Float64Array.of(1, 0.25, 0.5) },
      { kind: 'ball', norm: 'l1', center: Float64Array.of(1, 1, 1), radius: 0.1 },
    ];
    for (const region of regions) {
      const work = breaths(60);
      const forward = await openForward(network, output, work);
      if ('refused' in forward) throw new Error(forward.refused);
      await using opened = forward;
      for await (const { x, y } of searchWitness({ network, output, forward: opened, region, norm: 'l2' }, work))
        for (const point of [x, y]) {
          if (region.kind === 'box')
            point.forEach((value, i) => expect(value >= region.lower[i]! && value <= region.upper[i]!).toBe(true));
          else
            expect(point.reduce((sum, value) => sum + Math.abs(value - 1), 0)).toBeLessThanOrEqual(0.1 * (1 + 1e-12));
        }
    }
  });

  it('finds in a small box more than sampling its corners does', async () => {
    const [inputs, units, radius] = [40, 60, 1e-3];
    const values = { w: numbers(inputs * units, 4), v: numbers(units, 5) };
    const bent = networkOf({
      input: [1, inputs],
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
        { op: 'Relu', inputs: ['h'], outputs: ['r'] },
        { op: 'MatMul', inputs: ['r', 'v'] },
      ],
      constants: { w: { shape: [inputs, units], values: values.w }, v: { shape: [units, 1], values: values.v } },
    });
    const { runnable: network, output } = await prepare(bent, { dims: {}, held: new Map() }, engine);
    const region: Region = {
      kind: 'box',
      lower: new Float64Array(inputs).fill(-radius),
      upper: new Float64Array(inputs).fill(radius),
    };
    // l-infinity: the sum of the absolute entries of the gradient.
    const random = seeded(7);
    let sampled = 0;
    for (let k = 0; k < 2000; k++) {
      const corner = Float64Array.from({ length: inputs }, () => (random.uniform() < 0.5 ? -radius : radius));
      const gradient = new Float64Array(inputs);
      for (let unit = 0; unit < units; unit++) {
        const arriving = corner.reduce((sum, value, i) => sum + value * values.w[i * units + unit]!, 0);
        if (arriving > 0) gradient.forEach((_, i) => (gradient[i]! += values.w[i * units + unit]! * values.v[unit]!));
      }
      sampled = Math.max(
        sampled,
        gradient.reduce((sum, value) => sum + Math.abs(value), 0),
      );
    }
    const work = breaths(400);
    const forward = await openForward(network, output, work);
    if ('refused' in forward) throw new Error(forward.refused);
    await using opened = forward;
    let best = 0;
    for await (const { quotient } of searchWitness({ network, output, forward: opened, region, norm: 'linf' }, work))
      best = Math.max(best, quotient);
    expect(best).toBeGreaterThan(1.15 * sampled);
  });

  it('goes by differences where a derivative is not known', async () => {
    const moving = networkOf({
      input: [1, 3],
      nodes: [
        { op: 'ReduceMax', inputs: ['x', 'axes'], outputs: ['top'], attributes: { keepdims: 0 } },
        { op: 'Squeeze', inputs: ['top'], outputs: ['limit'] },
        { op: 'Gemm', inputs: ['x', 'w'], outputs: ['h'] },
        { op: 'Clip', inputs: ['h', '', 'limit'] },
      ],
      constants: { axes: { shape: [1], values: [1], type: 'int64' }, w: weights([3, 4], 5) },
    });
    const found = await lowerEnd(moving, 'l2', { kind: 'all' }, 120);
    expect(found!.value).toBeGreaterThan(0.5);
  });

  it('finds the steepest place of a smooth bump, which no sample of a flat landscape shows', async () => {
    const bump = networkOf({
      input: [1, 1],
      nodes: [
        { op: 'Sub', inputs: ['x', 'at'], outputs: ['d'] },
        { op: 'Mul', inputs: ['d', 'narrow'], outputs: ['n'] },
        { op: 'Tanh', inputs: ['n'] },
      ],
      constants: { at: { shape: [1], values: [0.7] }, narrow: { shape: [1], values: [20] } },
    });
    expect((await lowerEnd(bump, 'l2'))!.value).toBeGreaterThan(19.9);
  });
});

describe('The search in a network whose first axis is no batch axis', () => {
  it.each(norms)('goes uphill over its kinks in %s', async (norm) => {
    // Five nodes of a graph, of which every one becomes the mean of all.
    const network = networkOf({
      input: [5, 2],
      constants: { w: weights([2, 3], 4), a: { shape: [5, 5], values: new Float64Array(25).fill(0.2) } },
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
        { op: 'Relu', inputs: ['h'], outputs: ['r'] },
        { op: 'MatMul', inputs: ['a', 'r'], outputs: ['y'] },
      ],
    });
    // With all nodes alike and one output of each active.
    const { values } = weights([2, 3], 4);
    const largest = Math.max(...[0, 1, 2].map((j) => Math.hypot(values[j]!, values[3 + j]!)));
    const best = await lowerEnd(network, norm, { kind: 'all' }, 60);
    expect(best!.value).toBeGreaterThan(0.6 * largest);
    expect(best!.rigor).toBe('certified');
  });
});
