import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { withoutDoubleKernel } from '../../core/passes/without-double-kernels.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const doubles = (shape: readonly number[]): ConstantSketch => ({
  shape,
  values: new Float64Array(shape.reduce((count, size) => count * size, 1)).fill(0.5),
  type: 'float64',
});
const square = [1, 2, 4, 4];
const ofRecurrent = (gates: number) => ({ w: doubles([1, 2 * gates, 3]), r: doubles([1, 2 * gates, 2]) });

interface Use extends Omit<NodeSketch, 'op' | 'inputs'> {
  readonly inputs?: readonly string[];
  readonly shape?: readonly number[];
  readonly constants?: Readonly<Record<string, ConstantSketch>>;
}

/** How each operator is used where one float64 tensor is not enough. */
const uses: Readonly<Record<string, Use>> = {
  Mean: { inputs: ['x', 'x'] },
  PRelu: { inputs: ['x', 'c'], constants: { c: doubles(square) } },
  Conv: { inputs: ['x', 'c'], constants: { c: doubles([2, 2, 3, 3]) } },
  ConvTranspose: { inputs: ['x', 'c'], constants: { c: doubles([2, 2, 3, 3]) } },
  AveragePool: { attributes: { kernel_shape: [2, 2] } },
  LpPool: { attributes: { kernel_shape: [2, 2] } },
  InstanceNormalization: { inputs: ['x', 'c', 'c'], constants: { c: doubles([2]) } },
  LRN: { attributes: { size: 3 } },
  Resize: { inputs: ['x', '', 's'], constants: { s: { shape: [4], values: [1, 1, 2, 2] } } },
  LSTM: { inputs: ['x', 'w', 'r'], shape: [2, 1, 3], constants: ofRecurrent(4), attributes: { hidden_size: 2 } },
  GRU: { inputs: ['x', 'w', 'r'], shape: [2, 1, 3], constants: ofRecurrent(3), attributes: { hidden_size: 2 } },
  RNN: { inputs: ['x', 'w', 'r'], shape: [2, 1, 3], constants: ofRecurrent(1), attributes: { hidden_size: 2 } },
};

describe('The list of operators without float64 on the CPU', () => {
  it('holds only operators that ONNX Runtime indeed refuses in float64', async () => {
    const runs: string[] = [];
    for (const op of withoutDoubleKernel) {
      const { inputs = ['x'], shape = square, constants = {}, attributes = {} } = uses[op] ?? {};
      const network = networkOf({
        opset: 21,
        type: 'float64',
        input: shape,
        constants,
        nodes: [{ op, inputs, attributes }],
      });
      const x = { type: 'float64', shape, data: new Float64Array(doubles(shape).values.length).fill(0.3) } as const;
      try {
        const session = await engine.open(writeOnnx(network), 'cpu');
        try {
          await session.run({ x });
          runs.push(op);
        } finally {
          await session.dispose();
        }
      } catch {
        // Refused, as the list says.
      }
    }
    expect(runs).toEqual([]);
  });
});
