import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { modelInMemory, openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { readTensorProto } from '../../../core/formats/onnx/tensor.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import type { Network } from '../../../core/network/network.ts';
import { elementCount, numbersOf } from '../../../core/network/tensor.ts';
import type { Tensor } from '../../../core/network/tensor.ts';

const shared = '../shared';
const models = `${shared}/models`;
const available = existsSync(models);
if (!available) console.warn('skipped: the models in ../shared are missing');

const files = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => `${folder}/${name}`)
    : [];

/** Models that hold subgraphs, which the writer refuses. */
const unwritable = ['silero_vad_16k_op15'];

const exact = (name: string): string => (name === 'resnet2b_dynamo' ? 'cifar10_resnet_2b' : name);

async function runtime(network: Network, use: (session: ort.InferenceSession) => Promise<void>) {
  const session = await ort.InferenceSession.create(writeOnnx(network), { executionProviders: ['cpu'] });
  try {
    await use(session);
  } finally {
    await session.release();
  }
}

const protos = (folder: string, role: 'input' | 'output'): readonly Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(role))
    .sort()
    .map((name) => readTensorProto(readFileSync(`${folder}/${name}`), name));

const feedOf = (tensor: Tensor): ort.Tensor => {
  if (tensor.type === 'int64')
    return new ort.Tensor('int64', BigInt64Array.from(numbersOf(tensor), BigInt), tensor.shape);
  return new ort.Tensor('float32', Float32Array.from(numbersOf(tensor)), tensor.shape);
};

/** Everything but what the writer does not keep: origins, shapes in between, unused constants. */
function comparable(network: Network) {
  const used = new Set([...network.nodes.flatMap((node) => node.inputs), ...network.outputs.map(({ name }) => name)]);
  const facts = (tensor: Tensor) => ({
    type: tensor.type,
    shape: tensor.shape,
    bytes: Buffer.from(tensor.bytes()).toString('base64'),
  });
  return {
    ...network,
    types: null,
    constants: [...network.constants].filter(([name]) => used.has(name)).map(([name, tensor]) => [name, facts(tensor)]),
    nodes: network.nodes.map(({ attributes, ...node }) => ({
      ...node,
      origin: null,
      attributes: [...attributes].map(([name, attribute]) => [
        name,
        attribute.kind === 'tensor' ? facts(attribute.value) : attribute,
      ]),
    })),
  };
}

describe.skipIf(!available)('models of other people', () => {
  const everyModel = [
    ...files(models),
    ...files(`${models}/exports`),
    ...['dag', 'mlp', 'ops'].flatMap((kind) => files(`${shared}/cases/${kind}`)),
  ];
  const nameOf = (path: string): string => path.split('/').at(-1)!.replace('.onnx', '');
  const writable = everyModel.filter((path) => !unwritable.includes(nameOf(path)));

  test.each(everyModel)('%s is read', (path) => {
    using file = openModelFile(path);
    const network = readModel(file);
    expect(network.nodes.length).toBeGreaterThan(0);
    for (const tensor of network.constants.values()) tensor.bytes();
  });

  test.each(writable)('%s is the same network after writing and reading', (path) => {
    using file = openModelFile(path);
    const network = readModel(file);
    expect(comparable(readModel(modelInMemory('again.onnx', writeOnnx(network))))).toEqual(comparable(network));
  });

  const withReference = writable.filter((path) => existsSync(`${models}/ref/${exact(nameOf(path))}`));
  test.each(withReference)('%s, written by us, gives the reference outputs', async (path) => {
    using file = openModelFile(path);
    const folder = `${models}/ref/${exact(nameOf(path))}`;
    await runtime(readModel(file), async (session) => {
      const inputs = protos(folder, 'input');
      const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, feedOf(inputs[i]!)]));
      const results = await session.run(feeds);
      protos(folder, 'output').forEach((expected, i) => {
        const actual = results[session.outputNames[i]!]!;
        const numbers = numbersOf(expected);
        const difference = Math.max(
          ...numbers.map((value, j) => Math.abs(value - Number(actual.data[j])) / Math.max(1, Math.abs(value))),
        );
        expect(actual.data.length).toBe(numbers.length);
        expect(difference).toBeLessThan(1e-5);
      });
    });
  });

  test.each(files(`${shared}/cases/dag`).concat(files(`${shared}/cases/mlp`), files(`${shared}/cases/ops`)))(
    '%s runs',
    async (path) => {
      using file = openModelFile(path);
      const network = readModel(file);
      await runtime(network, async (session) => {
        const feeds = Object.fromEntries(
          network.inputs.map(({ name, shape }) => {
            const dims = (shape ?? []).map((size) => (typeof size === 'number' ? size : 1));
            return [name, new ort.Tensor('float32', new Float32Array(elementCount(dims)), dims)];
          }),
        );
        const results = await session.run(feeds);
        expect(Object.keys(results)).toEqual(network.outputs.map(({ name }) => name));
      });
    },
  );
});

describe.skipIf(!available)('the operator tests of ONNX', () => {
  const folder = `${shared}/onnx-node-tests`;
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/model.onnx`))
    : [];

  test('are all read, but those without a single number to feed', () => {
    const refused: string[] = [];
    for (const name of names) {
      using file = openModelFile(`${folder}/${name}/model.onnx`);
      try {
        readModel(file);
      } catch (error) {
        refused.push(`${name}: ${String(error)}`);
      }
    }
    expect(names.length).toBeGreaterThan(800);
    expect(refused).toEqual([]);
  });
});
