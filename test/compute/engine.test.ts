import { expect, test } from 'vitest';
import type { Engine, NumericArray, Session } from '../../core/compute/engine.ts';
import { openRescued } from '../../core/compute/onnx-runtime-rescue.ts';
import { openEngine, type EngineOptions } from '../../core/compute/onnx-runtime.ts';
import { graph } from './engine-graphs.ts';

const onEngine = async <T>(options: Partial<EngineOptions>, use: (engine: Engine) => Promise<T>): Promise<T> => {
  const engine = await openEngine({ provider: 'cpu', threads: 1, ...options });
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
};

const product = (type: 'float32' | 'float64'): Uint8Array =>
  graph([{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] }], { a: type, b: type }, { c: type });

const doubles = (shape: readonly number[], ...values: number[]): NumericArray => ({
  type: 'float64',
  shape,
  data: Float64Array.from(values),
});

test('x times its sigmoid runs in doubles, which ONNX Runtime would melt into an operator of float32', async () => {
  const nodes = [
    { op: 'Sigmoid', inputs: ['a'], outputs: ['s'] },
    { op: 'Mul', inputs: ['a', 's'], outputs: ['c'] },
  ];
  const silu = await onEngine({}, async (engine) => {
    const session = await engine.open(graph(nodes, { a: 'float64' }, { c: 'float64' }), 'cpu');
    return session.run({ a: doubles([1], 1) });
  });
  expect(silu['c']!.data[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 14);
});

for (const runtime of ['native', 'wasm'] as const) {
  test(`a product of doubles keeps all 53 bits (${runtime})`, async () => {
    const third = await onEngine({ runtime }, async (engine) => {
      expect(engine.summary).toMatchObject({ provider: 'cpu', threads: 1, runtime });
      const session = await engine.open(product('float64'), 'cpu');
      return session.run({ a: doubles([1, 2], 1 / 3, 2 ** -40), b: doubles([2, 1], 3, 1) });
    });
    expect(third['c']).toEqual(doubles([1, 1], 1 + 2 ** -40));
  });

  test(`every element type that estimators use comes back as it went in (${runtime})`, async () => {
    const arrays: Readonly<Record<string, NumericArray>> = {
      float32: { type: 'float32', shape: [2], data: Float32Array.of(0.1, Number.NaN) },
      float64: { type: 'float64', shape: [], data: Float64Array.of(0.1) },
      int64: { type: 'int64', shape: [2, 1], data: BigInt64Array.of(-(2n ** 62n), 7n) },
      int32: { type: 'int32', shape: [1], data: Int32Array.of(-5) },
      uint8: { type: 'uint8', shape: [1], data: Uint8Array.of(255) },
      bool: { type: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
    };
    await onEngine({ runtime }, async (engine) => {
      for (const array of Object.values(arrays)) {
        const type = array.type as 'float32';
        const identity = graph([{ op: 'Identity', inputs: ['x'], outputs: ['y'] }], { x: type }, { y: type });
        const session = await engine.open(identity, 'cpu');
        expect((await session.run({ x: array }))['y']).toEqual(array);
      }
    });
  });
}

test('a part of a larger buffer is fed without its neighbours', async () => {
  const buffer = Float32Array.of(9, 1, 2, 9);
  const result = await onEngine({}, async (engine) => {
    const session = await engine.open(product('float32'), 'chosen');
    const a: NumericArray = { type: 'float32', shape: [1, 2], data: buffer.subarray(1, 3) };
    return session.run({ a, b: { type: 'float32', shape: [2, 1], data: Float32Array.of(10, 1) } });
  });
  expect(result['c']?.data).toEqual(Float32Array.of(12));
});

test('auto is the CPU with as many threads as the machine has cores, at most 8', async () => {
  const summary = await onEngine({ provider: 'auto', threads: 0 }, (engine) => Promise.resolve(engine.summary));
  expect(summary).toMatchObject({ provider: 'cpu', runtime: 'native' });
  expect(summary.threads).toBeGreaterThanOrEqual(1);
  expect(summary.threads).toBeLessThanOrEqual(8);
  expect(summary).not.toHaveProperty('fallback');
});

for (const provider of ['dml', 'coreml', 'cuda', 'webgpu'] as const) {
  test(`asking for ${provider} gives it, or the CPU and one sentence why`, async () => {
    const notices: string[] = [];
    await onEngine({ provider, onNotice: (sentence) => notices.push(sentence) }, async (engine) => {
      const { fallback } = engine.summary;
      if (fallback === undefined) {
        expect(engine.summary.provider).toBe(provider);
      } else {
        expect(engine.summary.provider).toBe('cpu');
        expect(notices).toEqual([fallback]);
        expect(fallback).toMatch(/^[A-Z].* cannot be used here \(.+\), so the CPU computes instead\.$/);
        expect(fallback).not.toMatch(/onnxruntime_src|::/);
      }
      const session = await engine.open(product('float32'), 'chosen');
      const row: NumericArray = { type: 'float32', shape: [1, 1], data: Float32Array.of(3) };
      expect((await session.run({ a: row, b: row }))['c']?.data).toEqual(Float32Array.of(9));
    });
  });
}

test('a provider of another operating system is never claimed', async () => {
  const provider = process.platform === 'darwin' ? 'dml' : 'coreml';
  const summary = await onEngine({ provider }, (engine) => Promise.resolve(engine.summary));
  expect(summary.provider).toBe('cpu');
  expect(summary.fallback).toMatch(/cannot be used here/);
});

test('the WebAssembly build asked for a GPU says that it has none', async () => {
  const summary = await onEngine({ provider: 'webgpu', runtime: 'wasm' }, (engine) => Promise.resolve(engine.summary));
  expect(summary).toMatchObject({ provider: 'cpu', runtime: 'wasm' });
  expect(summary.fallback).toMatch(/^WebGPU cannot be used here/);
});

test('bytes that are no graph are refused', async () => {
  await onEngine({}, async (engine) => {
    await expect(engine.open(Uint8Array.of(1, 2, 3), 'cpu')).rejects.toThrow();
  });
});

test('disposing the engine ends the sessions that are still open', async () => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const session = await engine.open(product('float64'), 'cpu');
  await engine.dispose();
  await expect(session.run({ a: doubles([1, 1], 1), b: doubles([1, 1], 1) })).rejects.toThrow('disposed');
});

const failing = (): Session & { readonly disposals: number } => ({
  disposals: 0,
  run: () => Promise.reject(new Error('device lost')),
  dispose() {
    (this as { disposals: number }).disposals++;
    return Promise.resolve();
  },
});

const webgpu = await onEngine({ provider: 'webgpu' }, (engine) =>
  Promise.resolve(engine.summary.provider === 'webgpu'),
);

test.runIf(webgpu)(
  'WebGPU takes MaxPool with indices and then cannot run it: the CPU answers, and it is said once',
  async () => {
    const notices: string[] = [];
    const onNotice = (sentence: string): unknown => notices.push(sentence);
    await onEngine({ provider: 'webgpu', onNotice }, async (engine) => {
      const pool = graph(
        [{ op: 'MaxPool', inputs: ['x'], outputs: ['y', 'at'], ints: { kernel_shape: [2, 2] } }],
        { x: 'float32' },
        { y: 'float32', at: 'int64' },
      );
      for (const corner of [3, 4]) {
        const session = await engine.open(pool, 'chosen');
        const x: NumericArray = { type: 'float32', shape: [1, 1, 2, 2], data: Float32Array.of(0, 1, 2, corner) };
        const { y, at } = await session.run({ x });
        expect([y?.data, at?.data]).toEqual([Float32Array.of(corner), BigInt64Array.of(3n)]);
      }
      const sentence =
        'WebGPU could not run a part of the work (The Indices output is not supported yet), so the CPU computed that part.';
      expect(notices).toEqual([sentence]);
      expect(engine.summary).toMatchObject({ provider: 'webgpu', fallback: sentence });
    });
  },
);

test('a graph that fails on the GPU is answered by the CPU, once and for all, with one notice', async () => {
  await onEngine({}, async (engine) => {
    const notices: unknown[] = [];
    const gpu = failing();
    const session = await openRescued(
      () => Promise.resolve(gpu),
      () => engine.open(product('float64'), 'cpu'),
      (error) => notices.push(error),
    );
    for (const factor of [4, 5]) {
      const { c } = await session.run({ a: doubles([1, 1], 2), b: doubles([1, 1], factor) });
      expect(c?.data).toEqual(Float64Array.of(2 * factor));
    }
    expect(notices).toEqual([new Error('device lost')]);
    expect(gpu.disposals).toBe(1);
  });
});

test('what fails on the GPU and on the CPU is thrown, and is no reason to leave the GPU', async () => {
  await onEngine({}, async (engine) => {
    const notices: unknown[] = [];
    const gpu = failing();
    const session = await openRescued(
      () => Promise.resolve(gpu),
      () => engine.open(product('float64'), 'cpu'),
      (error) => notices.push(error),
    );
    await expect(session.run({ wrong: doubles([1, 1], 2) })).rejects.toThrow();
    expect(notices).toEqual([]);
    expect(gpu.disposals).toBe(0);
  });
});

test('a graph that a GPU will not even load is opened on the CPU', async () => {
  await onEngine({}, async (engine) => {
    const notices: unknown[] = [];
    const session = await openRescued(
      () => Promise.reject(new Error('no kernel')),
      () => engine.open(product('float64'), 'cpu'),
      (error) => notices.push(error),
    );
    expect((await session.run({ a: doubles([1, 1], 2), b: doubles([1, 1], 4) }))['c']?.data).toEqual(
      Float64Array.of(8),
    );
    expect(notices).toHaveLength(1);
  });
});
