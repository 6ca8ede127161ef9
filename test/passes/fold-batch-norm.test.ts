import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { openReference, pointOf } from '../operators/against-runtime.ts';
import {
  networkOf,
  weights,
  type ConstantSketch,
  type NetworkSketch,
  type NodeSketch,
} from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const statistics = (channels: number): Record<string, ConstantSketch> => ({
  scale: weights([channels], 11, 2),
  bias: weights([channels], 12),
  mean: weights([channels], 13, 3),
  variance: { shape: [channels], values: Array.from({ length: channels }, (_, c) => 0.01 + c * 0.7) },
});
const batchNorm: NodeSketch = { op: 'BatchNormalization', inputs: ['before', 'scale', 'bias', 'mean', 'variance'] };

/** The folded network has one node and is the same function: its enclosures meet those of the unfolded one and ONNX Runtime's outputs. */
async function expectFolded(sketch: NetworkSketch, folded = true): Promise<void> {
  const network = networkOf(sketch);
  const { runnable, analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
  expect(analysed.nodes.some(({ op }) => op === 'BatchNormalization')).toBe(!folded);
  await using reference = await openReference(network, engine);
  const shape = network.types.get('x')!.shape;
  for (const seed of [1, 2, 3]) {
    const point = pointOf(elementCount(shape), seed);
    const truth = await reference.evaluate(point);
    const size = lengthOf(truth, 'linf') + 1;
    const [one, other] = [runnable, analysed].map((net) =>
      encloseNetwork(net, exactly(shape, point), workOf(), new Set([output])),
    );
    const [plain, merged] = [(await one!).get(output)!, (await other!).get(output)!];
    for (const [i, value] of truth.entries()) {
      expect(Math.abs(merged.lower[i]! - value)).toBeLessThanOrEqual(4e-6 * size);
      expect(merged.upper[i]! - merged.lower[i]!).toBeLessThanOrEqual(1e-11 * size);
      expect(merged.lower[i]! <= plain.upper[i]! && plain.lower[i]! <= merged.upper[i]!, 'the enclosures meet').toBe(
        true,
      );
    }
  }
}

describe('BatchNorm folded into the layer before it', () => {
  it('Conv and ConvTranspose with groups, with and without bias', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Conv', 'ConvTranspose'),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        fc.boolean(),
        async (op, groups, inputs, outputs, axes, biased) => {
          const kernel = [3, 2].slice(0, axes);
          const shape = op === 'Conv' ? [outputs * groups, inputs, ...kernel] : [inputs * groups, outputs, ...kernel];
          await expectFolded({
            input: [2, inputs * groups, ...[4, 5].slice(0, axes)],
            constants: { w: weights(shape), b: weights([outputs * groups], 2), ...statistics(outputs * groups) },
            nodes: [
              {
                op,
                inputs: biased ? ['x', 'w', 'b'] : ['x', 'w'],
                outputs: ['before'],
                attributes: { group: groups, strides: kernel.map(() => 2) },
              },
              batchNorm,
            ],
          });
        },
      ),
      { numRuns: 25, seed: 3, endOnFailure: true },
    );
  });

  it.each([0, 1])('Gemm with transB = %d', async (transB) => {
    await expectFolded({
      input: [2, 4],
      constants: { w: weights(transB === 1 ? [3, 4] : [4, 3]), b: weights([3], 2), ...statistics(3) },
      nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['before'], attributes: { transB } }, batchNorm],
    });
  });

  it('not into a Gemm that scales, nor one whose bias is a column', async () => {
    await expectFolded(
      {
        input: [2, 4],
        constants: { w: weights([4, 3]), b: weights([3], 2), ...statistics(3) },
        nodes: [
          { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['before'], attributes: { alpha: { float: 0.5 } } },
          batchNorm,
        ],
      },
      false,
    );
    await expectFolded(
      {
        input: [3, 4],
        constants: { w: weights([4, 3]), b: weights([3, 1], 2), ...statistics(3) },
        nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['before'] }, batchNorm],
      },
      false,
    );
  });

  it('not where somebody else reads what is in between', async () => {
    await expectFolded(
      {
        input: [1, 4],
        constants: { w: weights([4, 3]), ...statistics(3) },
        nodes: [
          { op: 'Gemm', inputs: ['x', 'w'], outputs: ['before'] },
          { ...batchNorm, outputs: ['after'] },
          { op: 'Add', inputs: ['before', 'after'] },
        ],
      },
      false,
    );
  });
});
