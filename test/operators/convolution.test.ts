import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { networkOf, weights, type AttributeValue } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const runs = { numRuns: 40, seed: 1, endOnFailure: true };

describe('Convolutions, as ONNX Runtime computes them', () => {
  const window = fc.record({
    axes: fc.integer({ min: 1, max: 3 }),
    size: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 3, maxLength: 3 }),
    kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
    pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 }),
    batch: fc.integer({ min: 1, max: 2 }),
    auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
    bias: fc.boolean(),
  });

  it('Conv over 1 to 3 axes with any padding, stride, dilation and groups', async () => {
    await fc.assert(
      fc.asyncProperty(window, async (c) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        // ONNX Runtime refuses automatic padding around a dilated kernel.
        const dilations = take(c.dilations).map((dilation) => (c.auto.startsWith('SAME') ? 1 : dilation));
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)];
        const auto = c.auto !== 'NOTSET';
        fc.pre(
          take(c.size).every((size, a) => {
            const reach = (c.kernel[a]! - 1) * dilations[a]! + 1;
            return size + (auto ? 0 : pads[a]! + pads[a + c.axes]!) >= reach;
          }),
        );
        const network = networkOf({
          input: [c.batch, c.inputs * c.groups, ...take(c.size)],
          constants: {
            w: weights([c.outputs * c.groups, c.inputs, ...take(c.kernel)]),
            b: weights([c.outputs * c.groups], 2),
          },
          nodes: [
            {
              op: 'Conv',
              inputs: c.bias ? ['x', 'w', 'b'] : ['x', 'w'],
              attributes: {
                strides: take(c.strides),
                dilations,
                group: c.groups,
                ...(auto ? { auto_pad: c.auto } : { pads }),
              },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      runs,
    );
  });

  it('ConvTranspose with output padding, output shape, groups and automatic padding', async () => {
    await fc.assert(
      fc.asyncProperty(window, fc.integer({ min: 0, max: 2 }), async (c, extra) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        const size = take(c.size).map((value) => Math.min(4, value));
        const [kernel, strides, dilations] = [take(c.kernel), take(c.strides), take(c.dilations)];
        const auto = c.auto !== 'NOTSET';
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)];
        const padding = strides.map((stride) => Math.min(extra, stride - 1));
        const natural = size.map((n, a) => strides[a]! * (n - 1) + (kernel[a]! - 1) * dilations[a]! + 1);
        const attributes: Record<string, AttributeValue> = { strides, dilations, group: c.groups };
        if (auto) attributes['auto_pad'] = c.auto;
        else attributes['pads'] = pads;
        if (extra === 1 && !auto) {
          attributes['output_shape'] = natural.map((n, a) => Math.max(1, n - (c.pads[a]! % 3)));
          delete attributes['pads'];
        } else if (!c.auto.startsWith('SAME')) attributes['output_padding'] = padding;
        fc.pre(auto || natural.every((n, a) => n + padding[a]! - pads[a]! - pads[a + c.axes]! >= 1));
        const network = networkOf({
          input: [c.batch, c.inputs * c.groups, ...size],
          constants: {
            w: weights([c.inputs * c.groups, c.outputs, ...kernel]),
            b: weights([c.outputs * c.groups], 2),
          },
          nodes: [{ op: 'ConvTranspose', inputs: c.bias ? ['x', 'w', 'b'] : ['x', 'w'], attributes }],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      runs,
    );
  });
});

describe('Average pools, as ONNX Runtime computes them', () => {
  it('AveragePool with ceil_mode, count_include_pad, dilations and automatic padding', async () => {
    const window = fc.record({
      axes: fc.integer({ min: 1, max: 3 }),
      size: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 3, maxLength: 3 }),
      kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
      pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
      auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
      ceil: fc.integer({ min: 0, max: 1 }),
      countPadding: fc.integer({ min: 0, max: 1 }),
      channels: fc.integer({ min: 1, max: 2 }),
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
        fc.pre(take(c.size).every((size, a) => size >= (kernel[a]! - 1) * dilations[a]! + 1));
        const network = networkOf({
          input: [1, c.channels, ...take(c.size)],
          nodes: [
            {
              op: 'AveragePool',
              inputs: ['x'],
              attributes: {
                kernel_shape: kernel,
                strides: take(c.strides),
                dilations,
                ceil_mode: c.ceil,
                count_include_pad: c.countPadding,
                ...(auto ? { auto_pad: c.auto } : { pads }),
              },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      { ...runs, numRuns: 60 },
    );
  });

  it.each([[[1, 2, 3]], [[1, 2, 3, 4]], [[2, 1, 2, 3, 2]]])('GlobalAveragePool of %j', async (input) => {
    await checkAgainstRuntime(networkOf({ input, nodes: [{ op: 'GlobalAveragePool', inputs: ['x'] }] }), engine);
  });
});
