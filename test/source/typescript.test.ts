import * as tf from '@tensorflow/tfjs';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { findTypeScriptOwners } from '../../core/source/typescript/find-definitions.ts';
import { models } from '../formats/tfjs/layers-models.ts';
import { dense } from '../extension/layers.ts';
import { layersOf } from '../extension/model-layers.ts';
import { openParser, sourceText } from '../extension/sources.ts';

let parser: SyntaxParser;
let folder = '';
beforeAll(async () => {
  parser = await openParser('typescript');
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'tfjs-source-'));
});
afterAll(() => {
  parser.dispose();
  rmSync(folder, { recursive: true });
});

interface Found {
  readonly lines: readonly string[];
  readonly tiers: readonly SourceTier[];
}

/** "layer -> code" for every layer of the model. */
function find(layers: readonly LayerEntry[], text: string): Found {
  const owners = parser.reading(text, findTypeScriptOwners);
  const links = linkLayers(owners, layers, 'networks.ts');
  const code = text.split('\n');
  const lines = layers.map(({ id, name }) => {
    const range = links.find(({ layer }) => layer.id === id)?.definition.range;
    return `${name.replace(/_[A-Z]\w*?(\d+)/, ' $1')} -> ${range === undefined ? 'nothing' : code[range.startLine]!.slice(range.startColumn, range.endColumn)}`;
  });
  return { lines, tiers: [...new Set(links.map(({ tier }) => tier))] };
}

/** The layers of a model that TensorFlow.js itself makes and saves. */
async function saved(name: string): Promise<readonly LayerEntry[]> {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  // TensorFlow.js counts the layers of a class over the whole program.
  const model = models[name]!();
  await model.save(
    tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = { format: 'layers-model', modelTopology, weightsManifest };
      writeFileSync(join(place, 'model.json'), JSON.stringify(json));
      writeFileSync(join(place, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  return layersOf(join(place, 'model.json'));
}

const codeOf = ({ lines }: Found): string[] => lines.map((line) => line.slice(line.indexOf(' -> ') + 4));
const javascript = sourceText('tfjs_networks.js');
const own = readFileSync('test/formats/tfjs/layers-models.ts', 'utf8');

describe('every layer of a model of TensorFlow.js leads to its line', () => {
  test('a sequential model in JavaScript, and in the TypeScript that made it', async () => {
    const layers = await saved('small convolutional network');
    const conv = "layers.conv2d({ inputShape: [9, 9, 1], filters: 4, kernelSize: 3, activation: 'relu' })";
    const expected = [
      conv,
      conv,
      'layers.maxPooling2d({ poolSize: 2 })',
      "layers.depthwiseConv2d({ kernelSize: 2, padding: 'same' })",
      'layers.dense({ units: 3 })',
    ];
    expect(codeOf(find(layers, own))).toEqual(expected);
    expect(codeOf(find(layers, javascript))).toEqual(expected.map((code) => `tf.${code}`));
    expect(find(layers, javascript).tiers).toEqual(['guess']);
  });

  test('a functional one, in which a function makes layers and others are applied later', async () => {
    const layers = await saved('residual network');
    const expected = [
      'layers.conv2d({ filters: 4, kernelSize: 1 })',
      "layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' })",
      'layers.reLU()',
      'layers.globalAveragePooling2d({})',
      "layers.dense({ units: 3, activation: 'softmax' })",
      "layers.dense({ units: 3, activation: 'softmax' })",
    ];
    expect(codeOf(find(layers, javascript))).toEqual(expected);
    expect(codeOf(find(layers, own))).toEqual(expected);
  });

  test('one that grows', async () => {
    const first = "layers.dense({ inputShape: [5], units: 6, activation: 'relu' })";
    const second = "layers.dense({ units: 4, activation: 'tanh', useBias: false })";
    const last = "layers.dense({ units: 3, activation: 'softmax' })";
    const expected = [first, first, second, second, last, last];
    const layers = await saved('dense');
    expect(codeOf(find(layers, javascript))).toEqual(expected.map((code) => `tf.${code}`));
    expect(codeOf(find(layers, own))).toEqual(expected);
  });

  test('a model within a model', async () => {
    const inner = "layers.dense({ inputShape: [5], units: 4, activation: 'relu' })";
    const layers = await saved('nested models');
    expect(codeOf(find(layers, own))).toEqual([
      'layers.dense({ inputShape: [3], units: 5 })',
      inner,
      inner,
      'layers.dense({ units: 5 })',
      'layers.dense({ units: 2 })',
    ]);
    // The other file has no such network.
    expect(find(layers, javascript).tiers).toEqual([]);
  });
});

describe('the same sizes under other names are another network', () => {
  test('a model of TensorFlow.js, and code that names a layer of it', async () => {
    const layers = await saved('small convolutional network');
    const named = javascript.replace('tf.layers.dense({ units: 3 })', "tf.layers.dense({ units: 3, name: 'head' })");
    expect(find(layers, javascript).tiers).toEqual(['guess']);
    expect(named).not.toBe(javascript);
    expect(find(layers, named).tiers).toEqual([]);
  });

  const text = `
export const net = () => tf.sequential({ layers: [
  tf.layers.dense({ inputShape: [4], units: 16, name: 'first' }),
  tf.layers.dense({ units: 8, name: 'second' }),
  tf.layers.dense({ units: 3, name: 'third' }),
] });`;

  test.each([
    { names: ['first', 'second', 'third'], tiers: ['names'] },
    { names: ['stem', 'body', 'out'], tiers: [] },
    { names: ['first', 'body', 'out'], tiers: [] },
    { names: ['dense_Dense1', 'dense_Dense2', 'dense_Dense3'], tiers: [] },
  ])('$names', ({ names, tiers }) => {
    const sizes = [
      [4, 16],
      [16, 8],
      [8, 3],
    ] as const;
    const layers = sizes.map(([from, to], i) => ({
      ...dense(from, to, { stateName: names[i]! }),
      id: names[i]!,
    }));
    expect(find(layers, text).tiers).toEqual(tiers);
  });
});

describe('layers that are classes of TypeScript', () => {
  const text = `
export function policy(): Network {
  const hidden: Layer[] = Array.from({ length: 2 }, () => new Dense({ units: 8 }));
  return new Network([new nn.Linear(4, 8), ...hidden, new Linear(8, 2)]);
}`;

  test('are linked as a guess, one line in a loop for several layers', () => {
    expect(find([dense(8, 8), dense(8, 8), dense(4, 8), dense(8, 2)], text)).toMatchObject({
      lines: [
        expect.stringContaining('new Dense({ units: 8 })'),
        expect.stringContaining('new Dense({ units: 8 })'),
        expect.stringContaining('new nn.Linear(4, 8)'),
        expect.stringContaining('new Linear(8, 2)'),
      ],
      tiers: ['guess'],
    });
  });

  test('other sizes, broken text and functions of other libraries link nothing', () => {
    expect(find([dense(8, 8), dense(4, 9), dense(9, 2)], text).tiers).toEqual([]);
    expect(find([dense(8, 8), dense(8, 2)], 'function ( => { dense(8); add({ a: 1 })').tiers).toEqual([]);
    expect(parser.reading('const f = () => f(f()); export class A { a = new A() }', findTypeScriptOwners)).toEqual([]);
  });
});
