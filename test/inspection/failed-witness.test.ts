import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import { ints, networkOf } from '../operators/small-networks.ts';

/** A window that rounding up makes start beyond the input: ONNX Runtime plans memory for it, and then refuses to run the derivative. */
it('an engine that fails on a derivative costs the witness, not the answer', async () => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const folder = await mkdtemp(join(tmpdir(), 'failed-witness-'));
  try {
    const network = networkOf({
      opset: 20,
      input: [1, 2, 6],
      constants: { two: ints([2]) },
      nodes: [
        { op: 'TopK', inputs: ['x', 'two'], outputs: ['y0', 'places'], attributes: { largest: 0 } },
        { op: 'MaxPool', inputs: ['y0'], attributes: { ceil_mode: 1, kernel_shape: [1], strides: [2] } },
      ],
    });
    const file = join(folder, 'pool.onnx');
    await writeFile(file, writeOnnx(network));
    const request = { ...defaultRequest(file), region: 'box:0.1,0.1001', budgetSeconds: 1 };
    const uppers: (number | null)[] = [];
    for await (const event of inspect(request, engine, new AbortController().signal))
      if (event.kind === 'finished') uppers.push(event.inspection.lipschitz.l2!.upper.value);
    expect(uppers).toEqual([1]);
  } finally {
    await engine.dispose();
    await rm(folder, { recursive: true });
  }
});
