import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { dense } from '../extension/layers.ts';
import { layersOf } from '../extension/model-layers.ts';
import { openParser } from '../extension/sources.ts';
import { linked, linesOf } from './model-lines.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

describe('every layer of a Keras model leads to its line', () => {
  const source = 'test/extension/sources/keras_networks.py';
  const code = readFileSync(source, 'utf8').split('\n');
  /** By layer, what is written on its line; the line has to be the only one with that text. */
  const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'net-residual': {
      conv2d: 'y = layers.Conv2D(4, 3',
      conv2d_1: 'layers.Conv2D(4, 1)(x), y]',
      conv2d_2: 'y = layers.Conv2D(4, 3',
      conv2d_3: 'layers.Conv2D(4, 1)(x), y]',
      activation: 'layers.Activation("relu")',
      activation_1: 'layers.Activation("relu")',
      global_average_pooling2d: 'x = layers.GlobalAveragePooling2D()(x)',
      dense: 'layers.Dense(3, activation="softmax")',
      'dense/softmax': 'layers.Dense(3, activation="softmax")',
    },
    'net-unet': {
      conv2d: 'return layers.Conv2D(filters, 3',
      'conv2d/relu': 'return layers.Conv2D(filters, 3',
      max_pooling2d: 'layers.MaxPooling2D()(down)',
      conv2d_1: 'return layers.Conv2D(filters, 3',
      'conv2d_1/relu': 'return layers.Conv2D(filters, 3',
      conv2d_transpose: 'layers.Conv2DTranspose(3, 2',
      conv2d_2: 'layers.Conv2D(1, 1',
      'conv2d_2/sigmoid': 'layers.Conv2D(1, 1',
    },
    'net-mobile': {
      conv2d: 'layers.Conv2D(6, 1',
      re_lu: 'layers.Conv2D(6, 1',
      depthwise_conv2d: 'layers.DepthwiseConv2D',
      re_lu_1: 'layers.ReLU(max_value=6)(layers.BatchNormalization()(y))',
      global_average_pooling2d: 'keepdims=True',
      // The outer of two nested calls is made first.
      dense: 'layers.Dense(6, activation="hard_sigmoid")',
      'dense/hard_sigmoid': 'layers.Dense(6, activation="hard_sigmoid")',
      dense_1: 'layers.Dense(2, activation="relu")',
      'dense_1/relu': 'layers.Dense(2, activation="relu")',
      multiply: 'layers.Multiply()',
      conv2d_1: 'layers.Conv2D(4, 1)(layers.Multiply',
      global_average_pooling2d_1: 'layers.Dense(3)(layers.GlobalAveragePooling2D',
      dense_2: 'layers.Dense(3)(layers.GlobalAveragePooling2D',
    },
    'net-shared': {
      'tower/dense': 'tower = keras.Sequential',
      'tower/dense/tanh': 'tower = keras.Sequential',
      'tower/dense_1': 'tower = keras.Sequential',
      head: 'head = layers.Dense(3, name="head")',
    },
    'net-nested': {
      'block/conv1d': 'conv = layers.Conv1D',
      'block/conv1d/relu': 'conv = layers.Conv1D',
      'deep/block/conv1d': 'conv = layers.Conv1D',
      'deep/block/conv1d/relu': 'conv = layers.Conv1D',
      'deep/batch_normalization': 'deep = keras.Sequential',
      'deep/dense': 'deep = keras.Sequential',
      'block/conv1d/conv1d:2': 'conv = layers.Conv1D',
      'block/conv1d:2/relu': 'conv = layers.Conv1D',
    },
    'net-transformer': {
      layer_normalization: 'self.before =',
      ...Object.fromEntries(
        ['query', 'key', 'value', 'scaled', 'attended', 'attention_output'].map((part) => [
          `multi_head_attention/${part}`,
          'self.attention =',
        ]),
      ),
      layer_normalization_1: 'self.after =',
      dense: 'self.last =',
      dense_1: 'self.first =',
      'dense_1/gelu': 'self.first =',
      // keras.ops.mean here, a layer there: not the same class, so not linked.
      dense_2: 'self.head =',
    },
  };

  test.each(Object.entries(expected))('%s', async (model, needles) => {
    const { lines } = await linesOf(`test/formats/keras/models/${model}.keras`, source, parser);
    const found = Object.fromEntries(
      lines.filter((line) => !line.endsWith(': nothing')).map((line) => splitOnce(line)),
    );
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(needles).toSorted());
    for (const [layer, needle] of Object.entries(needles)) {
      expect(
        code.filter((line) => line.includes(needle)),
        needle,
      ).toHaveLength(1);
      expect(found[layer], layer).toContain(needle);
    }
  });

  test('a Sequential as a list and as one that grows, in both file formats', async () => {
    const mlp = await linesOf('test/formats/keras/models/net-mlp.h5', source, parser);
    expect(mlp.lines.map((line) => splitOnce(line)[1])).toEqual([
      ...Array.from({ length: 4 }, () => 'layers.Dense(16, activation="relu"),'),
      'layers.Dense(3),',
    ]);
    // Two equal lines are still two: the second Dense is on the second of them.
    const links = linked(await layersOf('test/formats/keras/models/net-mlp.keras'), source, parser);
    const line = (id: string): number => links.find(({ layer }) => layer.id === id)!.definition.range.startLine;
    expect(line('dense_1')).toBe(line('dense') + 1);
    const critic = await linesOf('test/formats/keras/models/net-critic.keras', source, parser);
    expect(critic.lines.map((text) => /layers\.\w+\((layers\.\w+\()?\d?/.exec(text)?.[0])).toEqual([
      'layers.SpectralNormalization(layers.Conv2D(4',
      'layers.LeakyReLU(',
      'layers.SpectralNormalization(layers.Conv2D(6',
      'layers.LeakyReLU(',
      'layers.Dense(1',
    ]);
    expect(new Set([...mlp.tiers, ...critic.tiers])).toEqual(new Set(['guess']));
  });
});

describe('the same sizes under other names are another network', () => {
  test('a file of Keras, and code that calls one of its layers something else', async () => {
    const code = readFileSync('test/extension/sources/keras_networks.py', 'utf8');
    const layers = await layersOf('test/formats/keras/models/net-shared.keras');
    const tiers = (text: string): string[] =>
      linkLayers(findOwners(text, parser), layers, 'networks.py').map(({ tier }) => tier);
    expect(tiers(code)).toContain('names');
    expect(code.match(/"head"/g)).toHaveLength(1);
    expect(tiers(code.replace('"head"', '"tail"'))).toEqual([]);
  });

  const named = `
def net():
    return keras.Sequential([
        keras.Input((4,)),
        layers.Dense(16, name="first"),
        layers.Dense(8, name="second"),
        layers.Dense(3, name="third"),
    ])
`;

  test.each([
    { names: ['first', 'second', 'third'], found: ['names', 'names', 'names'] },
    { names: ['stem', 'body', 'out'], found: [] },
    { names: ['first', 'body', 'out'], found: [] },
    { names: ['dense', 'dense_1', 'dense_2'], found: [] },
  ])('$names', ({ names, found }) => {
    const layers = [dense(4, 16), dense(16, 8), dense(8, 3)].map((layer, i) => ({
      ...layer,
      id: names[i]!,
      name: names[i]!,
      hints: { stateName: names[i]! },
    }));
    expect(linkLayers(findOwners(named, parser), layers, 'networks.py').map(({ tier }) => tier)).toEqual(found);
  });
});

const splitOnce = (line: string): [string, string] => {
  const at = line.indexOf(': ');
  return [line.slice(0, at), line.slice(at + 2)];
};
