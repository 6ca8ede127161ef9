import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import { runInspection } from '../../../core/cli/run-inspection.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { memorySource } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { proposeChain } from '../../../core/formats/weights/chain/propose.ts';
import { openNetwork } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { numbersOf } from '../../../core/network/tensor.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { farthest, run, sampleInput } from '../run-network.ts';

const folder = join(import.meta.dirname, 'weights');
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as {
  /** Of the matrix that the layer is in Keras, by its name in a tree of groups and in a list. */
  readonly norms: Readonly<Record<string, Readonly<Record<Norm, number>>>>;
  readonly outputs: readonly number[];
};

let engine: Engine;
beforeAll(async () => void (engine = await openEngine({ provider: 'cpu', threads: 1 })));
afterAll(() => engine.dispose());

const inspect = (name: string): Promise<Inspection> =>
  runInspection(
    { ...defaultRequest(join(folder, name)), budgetSeconds: 20, threads: 1 },
    engine,
    new AbortController().signal,
  );

const layerOf = ({ layers }: Inspection, names: string) => layers.find(({ name }) => names.split(' ').includes(name))!;

const files = ['class.keras', 'class.weights.h5', 'class.h5', 'class-keras2.h5'];

test.each(files)('%s: the intervals of all layers hold the norms that Keras makes of them', async (file) => {
  const inspection = await inspect(file);
  for (const [names, truth] of Object.entries(reference.norms)) {
    const layer = layerOf(inspection, names);
    expect(layer, names).toBeDefined();
    for (const norm of norms) {
      const { lower, upper } = layer.norms[norm]!;
      expect(lower, `${names} ${norm}`).toBeLessThanOrEqual(truth[norm] * (1 + 1e-5));
      expect(upper!, `${names} ${norm}`).toBeGreaterThanOrEqual(truth[norm] * (1 - 1e-5));
    }
    const eitherWay = layer.kind === 'dense' && layer.norms.l1!.lower === layer.norms.linf!.lower;
    if (layer.kind === 'dense' || layer.kind === 'normalisation')
      for (const norm of eitherWay ? (['l2'] as const) : norms)
        expect(layer.norms[norm]!.upper! / layer.norms[norm]!.lower, `${names} ${norm}`).toBeLessThan(1 + 1e-5);
  }
  expect(inspection.lipschitz.l2!.upper.value).toBeNull();
});

test.each(files)('%s: kernels whose class is known have the row or column sum that Keras has', async (file) => {
  const inspection = await inspect(file);
  const exact = (names: string, norm: Norm): void => {
    const truth = reference.norms[names]![norm];
    const { lower, upper } = layerOf(inspection, names).norms[norm]!;
    expect(Math.abs(upper! - truth) + Math.abs(lower - truth), names).toBeLessThan(1e-4 * truth);
  };
  for (const names of ['c1 stem', 'c3 depthwise_conv2d', 'c4.depthwise separable_conv2d.depthwise', 'sequence conv1d'])
    exact(names, 'linf');
  exact('c2 conv2d_transpose', 'l1');
  // A depthwise layer's constant is that of one channel, far below that of a convolution with the same kernel.
  for (const names of [
    'c1 stem',
    'c2 conv2d_transpose',
    'c3 depthwise_conv2d',
    'c4.depthwise separable_conv2d.depthwise',
  ])
    expect(layerOf(inspection, names).norms.l2!.upper! / reference.norms[names]!.l2, names).toBeLessThan(1.15);
});

test('layers whose class the file does not say are named, and what only a name could tell is not guessed', async () => {
  const tree = await inspect('class.weights.h5');
  expect(tree.notes.join(' ')).toContain(
    'The file does not say of what class these layers are: vars.0, c5, c6, mixing.',
  );
  const { l1, linf } = layerOf(tree, 'c5').norms;
  expect([l1!.lower, l1!.upper]).toEqual([linf!.lower, linf!.upper]);
  const list = await inspect('class-keras2.h5');
  // Keras 2 calls the kernel of a depthwise layer so.
  expect(list.notes.join(' ')).toContain('these layers are: unsaid, block.square, mixing, own.');
  expect(tree.notes.join(' ')).toContain("epsilon 0.001, which is Keras's default");
});

test('a model of a class of the user says why it has no bounds', async () => {
  const { unsupported } = await inspect('class.keras');
  expect(unsupported[0]!.reason).toBe(
    'class.keras holds a model of the class "Net", whose Python code says how its layers are connected and is never run; save the whole model as a functional one, or export it to ONNX (model.export("net.onnx", format="onnx"))',
  );
});

test('a chain of weights of Keras flattens images as Keras does', async () => {
  const file = join(folder, 'image.weights.h5');
  using bare = openNetwork({ file });
  const guess = proposeChain(bare.network.unconnected!.layers)!;
  expect(guess.steps).toEqual([
    { layer: 'layers/conv2d/vars/0', padding: 1 },
    { function: 'Relu' },
    { flatten: true },
    { layer: 'layers/dense/vars/0' },
    { function: 'Relu' },
    { layer: 'layers/dense_1/vars/0' },
  ]);
  expect(guess.input).toEqual([2, 4, 4]);
  using opened = openNetwork({ file, chain: { ...guess, by: 'the test' } });
  const pixels = sampleInput([4, 4, 2], 0);
  const channelsFirst = Float32Array.from({ length: 32 }, (_, at) => pixels[(at % 16) * 2 + Math.floor(at / 16)]!);
  const [outputs] = await run(opened.network, [channelsFirst], [[1, 2, 4, 4]]);
  expect(farthest(outputs!, reference.outputs)).toBeLessThan(1e-5);
});

test('weights in several parts are those of the one file, also where a layer is cut in two', () => {
  using whole = openNetwork({ file: join(folder, 'image.weights.h5') });
  using parts = openNetwork({ file: join(folder, 'parts.weights.json') });
  const tensorsIn = ({ network }: typeof whole) =>
    new Map([...network.constants].map(([name, tensor]) => [name, [...numbersOf(tensor)]]));
  expect(tensorsIn(parts)).toEqual(tensorsIn(whole));
  const layersIn = ({ network }: typeof whole) =>
    network.unconnected!.layers.map(({ id, kind, bias }) => [id, kind, bias?.name]);
  expect(layersIn(parts)).toEqual(layersIn(whole));
});

test.each([
  ['no file', 3, 'names no file for "/layers/dense_7/vars"'],
  [
    'a file without the group',
    ['parts_00001.weights.h5'],
    'says that "/layers/dense_7/vars" is in "parts_00001.weights.h5", but it is not',
  ],
])('an index that names %s is refused', (_, named, sentence) => {
  const places = { '/layers/conv2d/vars': 'parts_00000.weights.h5', '/layers/dense_7/vars': named };
  const index = new TextEncoder().encode(JSON.stringify({ weight_map: places }));
  const companion = (name: string) => memorySource(name, readFileSync(join(folder, name)));
  expect(() => readModel({ source: memorySource('net.weights.json', index), companion })).toThrow(sentence);
});
