import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { elementCount, numbersOf } from '../../core/network/tensor.ts';
import { batched } from '../../core/passes/batch.ts';
import { foldConstants } from '../../core/passes/fold-constants.ts';
import { measureTypes } from '../../core/passes/measure-types.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { pointOf } from '../operators/against-runtime.ts';
import { ints, networkOf } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Folding constants', () => {
  it('evaluates what does not depend on the input, sizes of data included', async () => {
    const network = await foldConstants(
      networkOf({
        input: [2, 3, 4],
        constants: {
          axis: { shape: [], values: [2], type: 'int64' },
          rows: ints([-1]),
          axes: ints([0]),
          a: { shape: [2], values: [3, 4] },
          b: { shape: [2], values: [0.5, -1] },
        },
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
          { op: 'Gather', inputs: ['shape', 'axis'], outputs: ['last'] },
          { op: 'Unsqueeze', inputs: ['last', 'axes'], outputs: ['last of one'] },
          { op: 'Concat', inputs: ['rows', 'last of one'], outputs: ['to'], attributes: { axis: 0 } },
          { op: 'Reshape', inputs: ['x', 'to'], outputs: ['matrix'] },
          { op: 'Mul', inputs: ['a', 'b'], outputs: ['product'] },
          { op: 'ReduceSum', inputs: ['product'], outputs: ['sum'] },
          { op: 'Mul', inputs: ['matrix', 'sum'], outputs: ['y'] },
        ],
      }),
      engine,
    );
    expect(network.nodes.map(({ op }) => op)).toEqual(['Reshape', 'Mul']);
    expect(network.types.get('y')?.shape).toEqual([6, 4]);
    expect([...numbersOf(network.constants.get('sum')!)]).toEqual([-2.5]);
  });

  it('a Shape whose answer is known is gone, so that the network still runs', async () => {
    const network = await foldConstants(
      networkOf({
        input: [2, 3],
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
          { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] },
        ],
      }),
      engine,
    );
    const session = await engine.open(writeOnnx(network), 'cpu');
    const { y } = await session.run({ x: { type: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
    expect([...y!.data]).toEqual([1, 2, 3, 4, 5, 6]);
    await session.dispose();
  });

  it('leaves random numbers alone', async () => {
    const network = await foldConstants(
      networkOf({
        input: [2],
        nodes: [
          { op: 'RandomNormal', inputs: [], outputs: ['noise'], attributes: { shape: [2] } },
          { op: 'Add', inputs: ['x', 'noise'] },
        ],
      }),
      engine,
    );
    expect(network.nodes.map(({ op }) => op)).toEqual(['RandomNormal', 'Add']);
  });

  it('refuses a constant that is larger than any model', async () => {
    const network = networkOf({
      input: [1],
      constants: { one: { shape: [1], values: [1] }, to: ints([2 ** 20, 2 ** 20]) },
      nodes: [
        { op: 'Expand', inputs: ['one', 'to'], outputs: ['huge'] },
        { op: 'Add', inputs: ['x', 'huge'] },
      ],
    });
    await expect(foldConstants(network, engine)).rejects.toThrow(/more than can be analysed/);
  });
});

describe('Measuring sizes behind operators without a rule', () => {
  it('a run tells them, and what follows is inferred', async () => {
    const network = await foldConstants(
      networkOf({
        input: [1, 2, 2, 2],
        nodes: [
          { op: 'MaxRoiPool', inputs: ['x', 'parts'], outputs: ['samples'], attributes: { pooled_shape: [1, 3] } },
          { op: 'Flatten', inputs: ['samples'], outputs: ['y'] },
        ],
        constants: { parts: { shape: [1, 5], values: [0, 0, 0, 1, 1] } },
      }),
      engine,
    );
    expect(network.types.get('y')).toBeUndefined();
    const measured = await measureTypes(network, new Map(), engine);
    expect(measured.types.get('samples')?.shape).toEqual([1, 2, 1, 3]);
    expect(measured.types.get('y')?.shape).toEqual([1, 6]);
  });

  it('not where sizes depend on values, nor behind operators of other domains', async () => {
    const values = networkOf({
      input: [4],
      nodes: [{ op: 'NonZero', inputs: ['x'], outputs: ['y'] }],
    });
    expect((await measureTypes(values, new Map(), engine)).types.get('y')).toBeUndefined();
    const foreign = networkOf({
      input: [4],
      nodes: [{ op: 'Magic', domain: 'nobody', inputs: ['x'], outputs: ['y'] }],
    });
    expect((await measureTypes(foreign, new Map(), engine)).types.get('y')).toBeUndefined();
  });
});

const folder = '../shared/models';
const models = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.onnx')) : [];

describe.skipIf(models.length === 0)('Batches of the shared models (skipped where ../shared/models is missing)', () => {
  it.each(models)('%s: points together are points alone, or there is no batch', async (name) => {
    using file = openModelFile(`${folder}/${name}`);
    const free = { 'images:2': 32, 'images:3': 32 };
    let prepared: Awaited<ReturnType<typeof prepare>>;
    try {
      prepared = await prepare(readModel(file), { dims: free, held: new Map() }, engine);
    } catch {
      return;
    }
    const { runnable, input, output } = prepared;
    const type = runnable.types.get(input)!;
    if (elementCount(type.shape) > 40_000) return;
    const only = { ...runnable, outputs: runnable.outputs.filter((end) => end.name === output) };
    const wide = batched(only, 3);
    if (wide === undefined) return;
    const count = elementCount(type.shape);
    const points = [1, 2, 3].map((seed) => Float32Array.from(pointOf(count, seed)));
    const alone = await engine.open(writeOnnx(only), 'cpu');
    const together = await engine.open(writeOnnx(wide), 'cpu');
    const data = new Float32Array(3 * count);
    points.forEach((point, k) => data.set(point, k * count));
    let all: ArrayLike<number | bigint>;
    try {
      all = (await together.run({ [input]: { type: type.type, shape: [3, ...type.shape.slice(1)], data } }))[output]!
        .data;
    } catch {
      // The search for witnesses falls back to single points here.
      return;
    }
    const each = all.length / 3;
    for (const [k, point] of points.entries()) {
      const one = (await alone.run({ [input]: { type: type.type, shape: type.shape, data: point } }))[output]!.data;
      expect(one.length).toBe(each);
      let scale = 1e-6;
      for (let i = 0; i < each; i++) scale = Math.max(scale, Math.abs(Number(one[i]!)));
      for (let i = 0; i < each; i++)
        if (!(Math.abs(Number(one[i]!) - Number(all[k * each + i]!)) <= 1e-4 * scale))
          expect.fail(`Output ${i} of point ${k} is ${one[i]!} alone and ${all[k * each + i]!} in the batch.`);
    }
    await alone.dispose();
    await together.dispose();
  });

  it('does not believe sizes that a file declares: they are measured, and never become numbers', async () => {
    const lying = (op: string, domain: string) => {
      const network = networkOf({
        input: [1, 2],
        nodes: [
          { op, domain, inputs: ['x'], outputs: ['z'] },
          { op: 'Shape', inputs: ['z'], outputs: ['size'] },
          { op: 'Cast', inputs: ['size'], outputs: ['factor'], attributes: { to: 1 } },
          { op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] },
        ],
        output: 'y',
      });
      const declared = { type: 'float32', shape: [1, 7] } as const;
      return prepare(
        { ...network, types: new Map([...network.types, ['z', declared]]) },
        { dims: {}, held: new Map() },
        engine,
      );
    };
    expect((await lying('Bernoulli', '')).runnable.types.get('z')?.shape).toEqual([1, 2]);
    // Nobody can run this one: its declared size is all there is, and what is computed from it stays unknown.
    const foreign = (await lying('Magic', 'com.example')).runnable;
    expect(foreign.types.get('z')?.shape).toEqual([1, 7]);
    expect(foreign.constants.has('factor')).toBe(false);
  });
});
