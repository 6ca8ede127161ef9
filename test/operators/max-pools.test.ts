import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { networkOf } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Maximum pools, as ONNX Runtime computes them', () => {
  it('MaxPool with ceil_mode, dilations and automatic padding', async () => {
    const window = fc.record({
      axes: fc.integer({ min: 1, max: 3 }),
      size: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 3, maxLength: 3 }),
      kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
      pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
      auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
      ceil: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(window, async (c) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        const auto = c.auto !== 'NOTSET';
        const kernel = take(c.kernel);
        const dilations = take(c.dilations).map((dilation) => (c.auto.startsWith('SAME') ? 1 : dilation));
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)].map((pad, a) =>
          Math.min(pad, kernel[a % c.axes]! - 1),
        );
        // ONNX Runtime refuses automatic padding of a maximum over less than its stride.
        fc.pre(!c.auto.startsWith('SAME') || kernel.every((size, a) => size >= c.strides[a]!));
        fc.pre(take(c.size).every((size, a) => size >= (kernel[a]! - 1) * dilations[a]! + 1));
        await checkAgainstRuntime(
          networkOf({
            input: [1, 2, ...take(c.size)],
            nodes: [
              {
                op: 'MaxPool',
                inputs: ['x'],
                attributes: {
                  kernel_shape: kernel,
                  strides: take(c.strides),
                  dilations,
                  ceil_mode: c.ceil,
                  ...(auto ? { auto_pad: c.auto } : { pads }),
                },
              },
            ],
          }),
          engine,
          { points: 6 },
        );
      }),
      { numRuns: 60, seed: 2, endOnFailure: true },
    );
  });

  it('GlobalMaxPool', async () => {
    await checkAgainstRuntime(
      networkOf({ input: [2, 3, 2, 2], nodes: [{ op: 'GlobalMaxPool', inputs: ['x'] }] }),
      engine,
    );
  });

  it('one pixel that is the largest of four windows attains the constant 2 of a 3 x 3 pool of stride 2', async () => {
    const network = networkOf({
      input: [1, 1, 5, 5],
      nodes: [{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [3, 3], strides: [2, 2] } }],
    });
    const { analysed } = await prepare(network, { dims: {}, held: new Map() }, engine);
    const rule = ruleOf(analysed, analysed.nodes[0]!);
    expect(rule.kind === 'gain' && [rule.gains.l1.upper, rule.gains.l2.upper, rule.gains.linf.upper]).toEqual([
      4, 2, 1,
    ]);
  });
});
