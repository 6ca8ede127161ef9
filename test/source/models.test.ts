import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import type { Link } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { layersOf } from '../extension/model-layers.ts';
import { openParser } from '../extension/sources.ts';
import { linked, linesOf } from './model-lines.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

/** Every layer by what the exporter wrote into the file. */
const recorded = (layers: number): string[] => Array.from({ length: layers }, () => 'exporter');

describe('every layer of the samples leads to its line', () => {
  const networks = 'samples/two_moons/networks.py';

  /** What has weights by their names, the functions between by the scopes of their nodes. */
  const alternating = (layers: number): string[] =>
    Array.from({ length: layers }, (_, i) => (i % 2 === 0 ? 'names' : 'scopes'));

  test.each(['mlp', 'mlp_gradient_penalty'])('a Sequential: %s', async (name) => {
    expect(await linesOf(`samples/two_moons/${name}.onnx`, networks, parser)).toEqual({
      lines: [
        'layers.0: nn.Linear(2, 100),',
        'layers.1: nn.ReLU(),',
        'layers.2: nn.Linear(100, 100),',
        'layers.3: nn.ReLU(),',
        'layers.4: nn.Linear(100, 100),',
        'layers.5: nn.ReLU(),',
        'layers.6: nn.Linear(100, 1),',
      ],
      tiers: alternating(7),
    });
  });

  test('attributes, with functions between them', async () => {
    expect(await linesOf('samples/two_moons/shallow.onnx', networks, parser)).toEqual({
      lines: [
        'hidden: self.hidden = nn.Linear(2, 100)',
        '/Relu: return self.output(torch.relu(self.hidden(points)))',
        'output: self.output = nn.Linear(100, 1)',
      ],
      tiers: alternating(3),
    });
    for (const name of ['spectral_norm_k1', 'spectral_norm_scaled_data'])
      expect(await linesOf(`samples/two_moons/${name}.onnx`, networks, parser)).toEqual({
        lines: spectral,
        tiers: alternating(7),
      });
    expect(await linesOf('samples/two_moons/spectral_norm_k10.onnx', networks, parser)).toEqual({
      lines: [...spectral, '/Mul: return logit if self.K == 1 else self.K * logit'],
      tiers: alternating(8),
    });
  });

  const spectral = [
    'hidden1: self.hidden1 = spectral_norm(nn.Linear(2, 100))',
    '/Relu: features = torch.relu(self.hidden1(points))',
    'hidden2: self.hidden2 = spectral_norm(nn.Linear(100, 100))',
    '/Relu_1: features = torch.relu(self.hidden2(features))',
    'hidden3: self.hidden3 = spectral_norm(nn.Linear(100, 100))',
    '/Relu_2: features = torch.relu(self.hidden3(features))',
    'output: self.output = spectral_norm(nn.Linear(100, 1))',
  ];

  test('nested modules in a list, from both exporters', async () => {
    const block = (i: number, [first, last]: readonly [string, string], shortcut: readonly string[]): string[] => [
      `blocks.${i}.conv1: self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)`,
      `blocks.${i}/${first}: features = torch.relu(self.bn1(self.conv1(image)))`,
      `blocks.${i}.conv2: self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)`,
      ...shortcut,
      `blocks.${i}/${last}: return torch.relu(features + self.shortcut(image))`,
    ];
    const whole = (relus: readonly (readonly [string, string])[]): string[] => [
      'stem.0: nn.Conv2d(1, 16, kernel_size=3, padding=1, bias=False),',
      'stem.2: nn.ReLU(),',
      ...block(0, relus[0]!, []),
      ...block(1, relus[1]!, [
        'blocks.1.shortcut.0: nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False),',
      ]),
      'pool: self.pool = nn.AdaptiveAvgPool2d(1)',
      'classifier: self.classifier = nn.Linear(24, classes)',
    ];
    const source = 'samples/digits/residual_cnn.py';
    expect(await linesOf('samples/digits/residual_cnn.onnx', source, parser)).toEqual({
      lines: whole([
        ['Relu', 'Relu_1'],
        ['Relu', 'Relu_1'],
      ]),
      tiers: [
        ...alternating(9),
        ...['names', 'scopes'], // the shortcut, and the function behind the sum
        ...['scopes', 'names'],
      ],
    });
    expect(await linesOf('samples/digits/residual_cnn_dynamo.onnx', source, parser)).toEqual({
      lines: whole([
        ['node_relu_1', 'node_relu_2'],
        ['node_relu_3', 'node_relu_4'],
      ]),
      tiers: recorded(13),
    });
  });

  test('attention that is written out is the product with the values, or the softmax where there is no line', async () => {
    const source = 'samples/digits/transformer.py';
    const before = [
      'patches: self.patches = nn.Conv2d(1, width, kernel_size=2, stride=2)',
      'block.norm1: self.norm1 = nn.LayerNorm(width)',
      'block.attention.query: self.query = nn.Linear(width, width)',
      'block.attention.key: self.key = nn.Linear(width, width)',
      'block.attention.value: self.value = nn.Linear(width, width)',
    ];
    const after = [
      'block.attention.projection: self.projection = nn.Linear(width, width)',
      'block.norm2: self.norm2 = nn.LayerNorm(width)',
      'block.mlp.0: nn.Linear(width, 2 * width),',
      'block.mlp.1: nn.GELU(),',
      'block.mlp.2: nn.Linear(2 * width, width),',
      'norm: self.norm = nn.LayerNorm(width)',
    ];
    const end = 'return self.head(tokens.mean(dim=1))';
    expect(await linesOf('samples/digits/transformer.onnx', source, parser)).toEqual({
      lines: [
        ...before,
        'block.attention: attention = torch.softmax(query @ key.transpose(-2, -1) * self.scale, dim=-1)',
        ...after,
        `/ReduceMean: ${end}`,
        'head: self.head = nn.Linear(width, classes)',
      ],
      // The exporter has replaced the weights of products by nameless copies.
      tiers: [
        ...['names', 'names', 'scopes', 'scopes', 'scopes', 'scopes', 'scopes'],
        ...['names', 'scopes', 'scopes', 'scopes', 'names', 'scopes', 'names'],
      ],
    });
    expect(await linesOf('samples/digits/transformer_dynamo.onnx', source, parser)).toEqual({
      lines: [
        ...before,
        'block.attention: mixed = (attention @ value).transpose(1, 2).reshape(tokens.shape)',
        ...after,
        `node_mean: ${end}`,
        'head: self.head = nn.Linear(width, classes)',
      ],
      tiers: recorded(14),
    });
  });
});

const exported = '../shared/models/exports';
const available = existsSync(exported);
if (!available) console.warn('skipped: the models in ../shared are missing');

describe.skipIf(!available)('every layer of a dynamo export leads to its line by what the exporter recorded', () => {
  test('with one line for the layers of both blocks', async () => {
    const lines = [
      'conv1: self.conv1 = nn.Conv2d(3, in_planes, kernel_size=3, stride=2, padding=1)',
      'node_relu: out = F.relu(self.conv1(x))',
      'layer1.0.conv1: self.conv1 = nn.Conv2d(',
      'layer1.0/node_relu_1: out = F.relu(self.conv1(x))',
      'layer1.0.conv2: self.conv2 = nn.Conv2d(',
      'layer1.0.shortcut.0: nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride),',
      'layer1.0/node_relu_2: out = F.relu(out)',
      'layer1.1.conv1: self.conv1 = nn.Conv2d(',
      'layer1.1/node_relu_3: out = F.relu(self.conv1(x))',
      'layer1.1.conv2: self.conv2 = nn.Conv2d(',
      'layer1.1/node_relu_4: out = F.relu(out)',
      'linear1: self.linear1 = nn.Linear(in_planes * 2 * block.expansion * 64, 100)',
      'node_relu_5: out = F.relu(self.linear1(out))',
      'linear2: self.linear2 = nn.Linear(100, num_classes)',
    ];
    const source = 'test/extension/sources/cifar10_resnet__resnet.py';
    expect(await linesOf(`${exported}/resnet2b_dynamo.onnx`, source, parser)).toEqual({ lines, tiers: recorded(14) });
  });

  test('with one line for a module that is used three times', async () => {
    const relu = 'self.relu = nn.ReLU(inplace=inplace)';
    const source = 'test/extension/sources/superres__model.py';
    expect(await linesOf(`${exported}/superres_net_dynamo.onnx`, source, parser)).toEqual({
      lines: [
        'conv1: self.conv1 = nn.Conv2d(1, 64, (5, 5), (1, 1), (2, 2))',
        `relu/node_relu: ${relu}`,
        'conv2: self.conv2 = nn.Conv2d(64, 64, (3, 3), (1, 1), (1, 1))',
        `relu/node_relu_1: ${relu}`,
        'conv3: self.conv3 = nn.Conv2d(64, 32, (3, 3), (1, 1), (1, 1))',
        `relu/node_relu_2: ${relu}`,
        'conv4: self.conv4 = nn.Conv2d(32, upscale_factor**2, (3, 3), (1, 1), (1, 1))',
      ],
      tiers: recorded(7),
    });
  });
});

describe('a wrong source links nothing', () => {
  const models = [
    ...[
      'mlp',
      'mlp_gradient_penalty',
      'shallow',
      'spectral_norm_k1',
      'spectral_norm_k10',
      'spectral_norm_scaled_data',
    ].map((name) => `samples/two_moons/${name}.onnx`),
    'samples/digits/residual_cnn.onnx',
    'samples/digits/residual_cnn_dynamo.onnx',
    'samples/digits/transformer.onnx',
    'samples/digits/transformer_dynamo.onnx',
    ...['mlp', 'residual', 'unet', 'mobile', 'critic', 'transformer', 'shared', 'nested', 'inception'].map(
      (name) => `test/formats/keras/models/net-${name}.keras`,
    ),
    ...(available ? [`${exported}/resnet2b_dynamo.onnx`, `${exported}/superres_net_dynamo.onnx`] : []),
  ];
  const sources = {
    'samples/two_moons/networks.py': /two_moons/,
    'samples/digits/residual_cnn.py': /residual_cnn/,
    'samples/digits/transformer.py': /transformer/,
    'test/extension/sources/cifar10_resnet__resnet.py': /resnet2b/,
    'test/extension/sources/superres__model.py': /superres/,
    'test/extension/sources/resnet_other_sizes.py': /nothing/,
    'test/extension/sources/ways_to_build.py': /nothing/,
    'test/extension/sources/keras_models.py': /nothing/,
    'test/extension/sources/keras_networks.py': /keras/,
  };

  test.each(models)('%s', async (model) => {
    const layers = await layersOf(model);
    for (const [source, right] of Object.entries(sources))
      if (!right.test(model)) expect(linked(layers, source, parser), source).toEqual([]);
  });

  test.skipIf(!available)('also under the name and with the lines that the exporter recorded', async () => {
    const layers = await layersOf(`${exported}/resnet2b_dynamo.onnx`);
    const code = readFileSync('test/extension/sources/cifar10_resnet__resnet.py', 'utf8');
    const under = (text: string): readonly Link[] =>
      linkLayers(findOwners(text, parser), layers, '/home/me/cifar10_resnet__resnet.py');
    expect(under(code)).toHaveLength(14);
    // Other sizes, then other names with the same shapes and lines.
    expect(under(code.replace('nn.Conv2d(3, ', 'nn.Conv2d(1, ').replace(', 100)', ', 50)'))).toEqual([]);
    const renamed = code
      .replaceAll('conv', 'filter')
      .replaceAll('linear', 'dense')
      .replaceAll('layer1', 'stage')
      .replaceAll('shortcut', 'skip');
    expect(under(renamed)).toEqual([]);
  });
});
