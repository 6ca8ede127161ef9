import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDefinitions, findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import { factorOf, rescaleFunction } from '../../core/source/rescale.ts';
import { lineOfOwner, networksOf } from '../../core/source/root-class.ts';
import { wrapInSpectralNorm, type TextChange } from '../../core/source/spectral-norm.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { conv, dense } from '../extension/layers.ts';
import { openParser, sourceText } from '../extension/sources.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

/** As the editor applies them: all places are those of the text before. */
function applied(text: string, changes: readonly TextChange[]): string {
  const lines = text.split('\n');
  for (const { range, text: added } of [...changes]
    .reverse()
    .toSorted((a, b) => b.range.startLine - a.range.startLine || b.range.startColumn - a.range.startColumn)) {
    const line = lines[range.startLine]!;
    lines[range.startLine] = line.slice(0, range.startColumn) + added + line.slice(range.endColumn);
  }
  return lines.join('\n');
}

function wrapped(text: string, layer: string): string | undefined {
  const definition = findDefinitions(text, parser).find((one) => one.path.join('.') === layer || one.layer === layer);
  const changes = wrapInSpectralNorm(text, definition!);
  return changes === undefined ? undefined : applied(text, changes);
}

const torch = `"""Doc."""
import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(
            2,
            3,
        )
        self.act = nn.ReLU()

    def forward(self, x):
        return self.fc(x)
`;

describe('wrapping a layer in spectral normalisation', () => {
  test('wraps the call, over lines as well, and imports what is missing behind the framework', () => {
    const text = wrapped(torch, 'fc')!;
    expect(text).toContain('from torch import nn\nfrom torch.nn.utils.parametrizations import spectral_norm\n');
    expect(text).toContain('self.fc = spectral_norm(nn.Linear(\n            2,\n            3,\n        ))');
    expect(findDefinitions(text, parser).map(({ path }) => path.join('.'))).toContain('fc');
    expect(parser.reading(text, (root) => root.hasError)).toBe(false);
  });

  test('is not offered again, nor for a layer that has no weights to normalise', () => {
    expect(wrapped(wrapped(torch, 'fc')!, 'fc')).toBeUndefined();
    expect(wrapped(torch, 'act')).toBeUndefined();
    const split = torch
      .replace('nn.Linear(', 'spectral_norm(\n            nn.Linear(')
      .replace('        )\n', '        ))\n');
    expect(wrapped(split, 'fc')).toBeUndefined();
  });

  test.each([
    ['from torch.nn.utils import spectral_norm', 'one of the older API'],
    [
      'from torch.nn.utils.parametrizations import (\n    orthogonal,  # also\n    spectral_norm,\n)',
      'one among several',
    ],
  ])('uses the import that is there: %s', (line) => {
    const text = wrapped(torch.replace('from torch import nn', `from torch import nn\n${line}`), 'fc')!;
    expect(text.match(/import[^\n]*spectral_norm|^ {4}spectral_norm,/gm)).toHaveLength(1);
  });

  test('finds a place for the import in files without one of the framework, with a docstring or nothing', () => {
    const bare = 'class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(2, 3)\n';
    const line = 'from torch.nn.utils.parametrizations import spectral_norm\n';
    expect(wrapped(bare, 'fc')).toMatch(new RegExp(`^${line}class Net`));
    expect(wrapped(`"""Doc,\nlong."""\n${bare}`, 'fc')).toContain(`long."""\n${line}class Net`);
    expect(wrapped(`from x import (\n    a,\n    b,\n)\n\n${bare}`, 'fc')).toContain(`    b,\n)\n${line}\nclass Net`);
  });

  test('wraps an entry of a Sequential', () => {
    const text = 'import torch.nn as nn\nnet = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))\n';
    expect(wrapped(text, '2')).toContain('nn.ReLU(), spectral_norm(nn.Linear(3, 1)))');
  });

  test.each([
    [
      'from tensorflow import keras\nx = keras.layers.Dense(8)(x)\n',
      'keras.layers.SpectralNormalization(keras.layers.Dense(8))(x)',
      0,
    ],
    [
      'from keras import layers\nm = keras.Sequential([layers.Conv2D(8, 3)])\n',
      'layers.SpectralNormalization(layers.Conv2D(8, 3))',
      0,
    ],
    ['from keras.layers import Dense, Input\nm = keras.Sequential([Dense(8)])\n', 'SpectralNormalization(Dense(8))', 1],
  ])('knows how Keras calls it', (text, expected, imports) => {
    const result = wrapped(text, /Conv2D/.test(text) ? 'Conv2D' : 'Dense')!;
    expect(result).toContain(expected);
    expect(result.split('from keras.layers import SpectralNormalization\n').length - 1).toBe(imports);
  });

  test('leaves Flax alone, whose layers have the same names', () => {
    const flax =
      'from flax import linen as nn\nclass Net(nn.Module):\n    def setup(self):\n        self.fc = nn.Dense(3)\n';
    expect(wrapped(flax, 'fc')).toBeUndefined();
  });
});

describe('rescaling', () => {
  const layers = [{ name: 'layer1.0.conv1', upper: 2.35, limit: 1, norm: 'l2' }];

  test('rounds the factor down, so that the limit is met', () => {
    expect(factorOf({ upper: 2.35, limit: 1 })).toBe('0.425');
    expect(Number(factorOf({ upper: 3, limit: 1 })) * 3).toBeLessThanOrEqual(1);
  });

  test('adds a function that says what it does and why', () => {
    const added = rescaleFunction(layers, 'pytorch', torch);
    expect(added).toContain('def rescale_layer1_0_conv1(model):');
    expect(added).toContain('l2 norm 2.35, limit 1, so its weight is multiplied by 0.425.');
    expect(added).toContain('model.get_submodule("layer1.0.conv1").weight.mul_(0.425)');
    expect(added).not.toContain('import torch');
    expect(parser.reading(torch + added, (root) => root.hasError)).toBe(false);
    expect(rescaleFunction(layers, 'pytorch', torch + added)).toContain('def rescale_layer1_0_conv1_2(model):');
  });

  test('brings its own import where the file has none, and knows Keras', () => {
    expect(rescaleFunction(layers, 'pytorch', 'from torch import nn\n')).toContain('    import torch\n');
    const keras = rescaleFunction([{ ...layers[0]!, name: 'dense_1' }], 'keras', '');
    expect(keras).toContain('model.get_layer("dense_1")');
    expect(parser.reading(keras, (root) => root.hasError)).toBe(false);
  });
});

describe('the class that is the whole network', () => {
  test('is the one that holds the others, also where it defines the fewest layers', () => {
    const text = sourceText('resnet_cifar.py');
    const owners = findOwners(text, parser);
    const stated = (stateName: string): { stateName: string } => ({ stateName });
    const layers = [
      conv(3, 8, 3, stated('conv1')),
      conv(8, 16, 3, stated('layer1.0.conv1')),
      dense(1024, 100, stated('linear1')),
      dense(100, 10, stated('linear2')),
    ];
    const networks = networksOf(owners, linkLayers(owners, layers, 'resnet_cifar.py'));
    expect(networks).toEqual(['ResNet5']);
    expect(text.split('\n')[lineOfOwner(text.split('\n'), 'ResNet5')!]).toMatch(/^class ResNet5/);
  });

  test('may be a function or a variable; and a name inside another is not it', () => {
    const lines = ['class Network:', 'def Net():', 'net: nn.Module = Net()', 'nets = 1'];
    expect(['Net', 'net', 'Network', 'x'].map((name) => lineOfOwner(lines, name))).toEqual([1, 2, 0, undefined]);
  });
});
