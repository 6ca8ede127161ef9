import { expect, test } from 'vitest';
import { nodeOf } from '../../core/network/new-node.ts';
import { tensorOfNumbers } from '../../core/network/tensor.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';

test.each(['native', 'wasm'] as const)(
  'a margin of zeros counts in the maximum of what is below zero (%s)',
  async (runtime) => {
    const pads = tensorOfNumbers('pads', [8], [0, 0, 1, 1, 0, 0, 1, 1], 'int64');
    const model = writeOnnx({
      format: 'onnx',
      opset: 21,
      inputs: [{ name: 'x', type: 'float32', shape: [1, 1, 4, 4] }],
      outputs: [{ name: 'y', type: 'float32', shape: null }],
      nodes: [
        nodeOf('Pad', 'wide', ['x', 'pads'], ['wide']),
        nodeOf('MaxPool', 'y', ['wide'], ['y'], { kernel_shape: [3, 3], strides: [2, 2] }),
      ],
      constants: new Map([['pads', pads]]),
      types: new Map(),
    });
    const engine = await openEngine({ provider: 'cpu', threads: 1, runtime });
    const session = await engine.open(model, 'cpu');
    const input = { type: 'float32', shape: [1, 1, 4, 4], data: new Float32Array(16).fill(-1) } as const;
    const { y } = await session.run({ x: input });
    await engine.dispose();
    expect([...(y!.data as Float32Array)]).toEqual([0, 0, 0, -1]);
  },
);
