import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerEntry, LayerSource } from '../../core/report/inspection.ts';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers, type Link, type Trust } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { conv, dense, layer } from '../extension/layers.ts';
import { lineOf, openParser, sourceText } from '../extension/sources.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

const link = (file: string, layers: readonly LayerEntry[]): readonly Link[] =>
  linkLayers(findOwners(sourceText(file), parser), layers, `/home/me/project/${file}`);

const lines = (links: readonly Link[]): string[] =>
  links.map(({ layer: { id, hints }, definition, tier }) => {
    const name = hints?.stateName ?? hints?.scope ?? id;
    return `${name} -> ${definition.owner}:${definition.range.startLine + 1} by ${tier}`;
  });

const stated = (stateName: string): { stateName: string } => ({ stateName });

/** The layers of shared/models/exports/resnet2b_dynamo.onnx, as VNN-COMP's resnet 2b has them. */
const resnet = (hint: (path: string) => { stateName?: string; scope?: string }): LayerEntry[] => [
  conv(3, 8, 3, hint('conv1')),
  conv(8, 16, 3, hint('layer1.0.conv1')),
  conv(16, 16, 3, hint('layer1.0.conv2')),
  conv(8, 16, 1, hint('layer1.0.shortcut.0')),
  conv(16, 16, 3, hint('layer1.1.conv1')),
  conv(16, 16, 3, hint('layer1.1.conv2')),
  dense(1024, 100, hint('linear1')),
  dense(100, 10, hint('linear2')),
];

const resnetLines = (tier: string): string[] => {
  const text = sourceText('resnet_cifar.py');
  const at = (needle: string): number => lineOf(text, needle) + 1;
  return [
    `conv1 -> ResNet5:${at('self.conv1 = nn.Conv2d(3')} by ${tier}`,
    `layer1.0.conv1 -> BasicBlock:${at('self.conv1 = nn.Conv2d(\n')} by ${tier}`,
    `layer1.0.conv2 -> BasicBlock:${at('self.conv2 = nn.Conv2d(planes, planes, kernel_size=3')} by ${tier}`,
    `layer1.0.shortcut.0 -> BasicBlock:${at('nn.Conv2d(in_planes, self.expansion')} by ${tier}`,
    `layer1.1.conv1 -> BasicBlock:${at('self.conv1 = nn.Conv2d(\n')} by ${tier}`,
    `layer1.1.conv2 -> BasicBlock:${at('self.conv2 = nn.Conv2d(planes, planes, kernel_size=3')} by ${tier}`,
    `linear1 -> ResNet5:${at('self.linear1 =')} by ${tier}`,
    `linear2 -> ResNet5:${at('self.linear2 =')} by ${tier}`,
  ];
};

/** A network whose constructor has these lines, and the line on which each of its layers is found. */
const built = (layers: readonly LayerEntry[], ...constructor: readonly string[]): string[] => {
  const head = ['class Net(nn.Module):', '    def __init__(self, h, wide=False):'];
  const source = [...head, ...constructor.map((line) => `        ${line}`), ''].join('\n');
  const links = linkLayers(findOwners(source, parser), layers, '/home/me/net.py');
  return links.map(
    ({ layer: { hints }, definition: { range } }) => `${hints!.stateName}: ${constructor[range.startLine - 2]!.trim()}`,
  );
};

describe('lists and attributes that change on the way', () => {
  test('an attribute that is always set again is defined where it is set last', () => {
    const layers = [dense(4, 8, stated('fc1')), dense(8, 2, stated('fc2'))];
    expect(
      built(
        layers,
        'self.fc1 = nn.Linear(4, 8)',
        'self.fc2 = nn.Linear(8, 2)',
        'self.fc2 = spectral_norm(nn.Linear(8, 2))',
      ),
    ).toEqual(['fc1: self.fc1 = nn.Linear(4, 8)', 'fc2: self.fc2 = spectral_norm(nn.Linear(8, 2))']);
  });

  test('of two branches that fit equally well none is chosen; sizes that are written down decide', () => {
    const layers = [dense(4, 8, stated('fc')), dense(8, 8, stated('mid')), dense(8, 2, stated('out'))];
    const rest = ['self.mid = nn.Linear(h, h)', 'self.out = nn.Linear(h, 2)'];
    const branches = (wide: string, narrow: string): string[] =>
      built(
        layers,
        'if wide:',
        `    self.fc = nn.Linear(4, ${wide})`,
        'else:',
        `    self.fc = nn.Linear(4, ${narrow})`,
        ...rest,
      );
    const others = rest.map((line, k) => `${['mid', 'out'][k]}: ${line}`);
    expect(branches('2 * h', 'h')).toEqual(others);
    expect(branches('64', '8')).toEqual(['fc: self.fc = nn.Linear(4, 8)', ...others]);
  });

  const three = [0, 1, 2].map((k) => dense(8, 8, stated(`net.${k}`)));
  test.each([
    ['layers.insert(0, nn.Linear(8, 8))'],
    ['layers.reverse()'],
    ['layers.pop(0)'],
    ['layers[0] = nn.Linear(8, 8)'],
    ['del layers[0]'],
  ])('after %s nothing is said of a list that is not followed so far', (change) => {
    const list = ['layers = [', '    nn.Linear(8, 8),', '    nn.Linear(8, 8),', '    nn.Linear(8, 8)]'];
    const net = 'self.net = nn.Sequential(*layers)';
    expect(built(three, ...list, net)).toHaveLength(3);
    expect(built(three, ...list, change, net)).toEqual([]);
  });
});

describe('state-dict names', () => {
  test('link every layer of a residual network, and one line to the layers of all its blocks', () => {
    expect(lines(link('resnet_cifar.py', resnet(stated)))).toEqual(resnetLines('names'));
  });

  test('still link when training wrapped the model', () => {
    expect(
      link(
        'resnet_cifar.py',
        resnet((path) => stated(`module.${path}`)),
      ),
    ).toHaveLength(8);
  });

  test('a file with the same names and other sizes links to nothing, its identical blocks included', () => {
    expect(link('resnet_other_sizes.py', resnet(stated))).toEqual([]);
  });

  test('a class that lacks a layer of the model links what it has, one that has more than the model links nothing', () => {
    const more = [...resnet(stated), dense(10, 2, stated('extra'))];
    expect(link('resnet_cifar.py', more)).toHaveLength(8);
    expect(link('resnet_cifar.py', resnet(stated).slice(0, 1))).toEqual([]);
  });

  test('layers in a list that grew in a loop: first line, loop line, last line', () => {
    const net = [dense(17, 64), dense(64, 64), dense(64, 64), dense(64, 6)].map((entry, i) => ({
      ...entry,
      hints: stated(`net.${2 * i}`),
    }));
    const text = sourceText('mlp_in_a_loop.py');
    const [first, loop, last] = [
      '[nn.Linear(observations',
      '[nn.Linear(width, width)',
      'nn.Linear(width, actions)',
    ].map((needle) => lineOf(text, needle) + 1);
    expect(lines(link('mlp_in_a_loop.py', net))).toEqual([
      `net.0 -> Policy:${first} by names`,
      `net.2 -> Policy:${loop} by names`,
      `net.4 -> Policy:${loop} by names`,
      `net.6 -> Policy:${last} by names`,
    ]);
  });

  test('two classes that fit equally well link nothing, one that agrees in sizes wins', () => {
    const twice = (a: string, b: string): string =>
      ['A', 'B']
        .map((name, i) => {
          const width = i === 0 ? a : b;
          return `class ${name}(nn.Module):\n  def __init__(self, w=3):\n    self.x = nn.Linear(2, ${width})\n    self.y = nn.Linear(${width}, 1)\n`;
        })
        .join('\n');
    const layers = [dense(2, 5, stated('x')), dense(5, 1, stated('y'))];
    const owners = (text: string): string[] =>
      linkLayers(findOwners(text, parser), layers, 'a.py').map(({ definition }) => definition.owner);
    expect(owners(twice('w', 'w'))).toEqual([]);
    expect(owners(twice('w', '5'))).toEqual(['B', 'B']);
    expect(owners(twice('4', 'w'))).toEqual(['B', 'B']);
  });
});

describe('module scopes', () => {
  test('as the TorchScript exporter writes them link like names', () => {
    const scopes = [
      '/conv1',
      '/layer1/layer1.0/conv1',
      '/layer1/layer1.0/conv2',
      '/layer1/layer1.0/shortcut/shortcut.0',
    ];
    const more = ['/layer1/layer1.1/conv1', '/layer1/layer1.1/conv2', '/linear1', '/linear2'];
    const all = [...scopes, ...more];
    const layers = resnet(() => ({})).map((entry, i) => ({ ...entry, hints: { scope: all[i]! } }));
    const links = link('resnet_cifar.py', layers);
    expect(links.map(({ definition, tier }) => `${definition.range.startLine + 1} ${tier}`)).toEqual(
      resnetLines('scopes').map((line) => `${line.match(/:(\d+)/)![1]!} scopes`),
    );
  });

  test('find activations too, which have no state', () => {
    const layers = [
      dense(8, 16, { stateName: 'stack.0' }),
      layer({ op: 'Relu', in: [1, 16], out: [1, 16], hints: { scope: '/stack/stack.1' } }),
      dense(16, 8, { stateName: 'stack.2' }),
      dense(4, 8, { stateName: 'plain' }),
    ];
    const text =
      'class N(nn.Module):\n  def __init__(self):\n    self.stack = nn.Sequential(nn.Linear(8, 16),\n      nn.ReLU(),\n      nn.Linear(16, 8))\n    self.plain = nn.Linear(4, 8)\n';
    const links = linkLayers(findOwners(text, parser), layers, 'n.py');
    expect(links.map(({ definition }) => definition.range.startLine)).toEqual([2, 3, 4, 5]);
  });
});

test('the line of a normalisation that was folded leads to the layer it became part of', () => {
  const text =
    'class N(nn.Module):\n  def __init__(self):\n    self.stem = nn.Sequential(\n      nn.Conv2d(3, 8, 3),\n      nn.BatchNorm2d(8))\n    self.fc = nn.Linear(8, 2)\n';
  const folded = {
    ...conv(3, 8, 3, stated('stem.0')),
    parameters: 224 + 32,
    folded: ['/stem/stem.1/BatchNormalization'],
  };
  const links = linkLayers(findOwners(text, parser), [folded, dense(8, 2, stated('fc'))], 'n.py');
  expect(links.map(({ layer: { id }, definition }) => [id, definition.layer])).toEqual([
    [folded.id, 'Conv2d'],
    [folded.id, 'BatchNorm2d'],
    [links.at(-1)!.layer.id, 'Linear'],
  ]);
});

describe('exporter metadata', () => {
  const text = sourceText('resnet_cifar.py');
  const at = (needle: string): LayerSource => ({
    file: '/somebody/elses/machine/resnet_cifar.py',
    line: lineOf(text, needle) + 1,
    tier: 'exporter',
  });

  test('names the line that uses a layer, which leads to the line that defines it', () => {
    const layers = [
      conv(3, 8, 3, stated('conv1'), at('out = F.relu(self.conv1(x))\n        out = self.layer1')),
      conv(8, 16, 3, stated('layer1.0.conv1'), at('out = F.relu(self.conv1(x))')),
      dense(100, 10, {}, at('self.linear2(out)')),
    ];
    expect(link('resnet_cifar.py', layers).map(({ definition, tier }) => `${definition.owner} ${tier}`)).toEqual([
      'ResNet5 exporter',
      'BasicBlock exporter',
      'ResNet5 exporter',
    ]);
  });

  test('of another file, or of a line that has moved since, is not believed', () => {
    const elsewhere = { ...at('self.linear2(out)'), file: '/x/other.py' };
    expect(link('resnet_cifar.py', [dense(100, 10, {}, elsewhere)])).toEqual([]);
    const moved = { ...at('self.linear2(out)'), line: 3 };
    expect(link('resnet_cifar.py', [dense(100, 10, {}, moved)])).toEqual([]);
  });

  test('is not believed against the sizes', () => {
    expect(link('resnet_cifar.py', [dense(512, 100, stated('linear1'), at('F.relu(self.linear1'))])).toEqual([]);
  });
});

describe('order and shapes', () => {
  test('link a network whose names are lost, as a guess', () => {
    const links = link('ways_to_build.py', [dense(2, 64), dense(64, 1)]);
    expect(links.map(({ definition, tier }) => `${definition.owner} ${tier}`)).toEqual([
      'critic guess',
      'critic guess',
    ]);
  });

  test('link nothing when a size differs, when sizes are not literal, or for a single layer', () => {
    expect(link('ways_to_build.py', [dense(2, 65), dense(65, 1)])).toEqual([]);
    expect(link('mlp_in_a_loop.py', [dense(17, 64), dense(64, 64), dense(64, 6)])).toEqual([]);
    expect(link('ways_to_build.py', [dense(2, 64)])).toEqual([]);
  });

  test('link Keras layers in the order they are applied, and by name where the code names them', () => {
    const named = [
      layer({
        id: 'functional/stem/convolution',
        op: 'Conv',
        in: [1, 1, 28, 28],
        out: [1, 16, 26, 26],
        parameters: 160,
      }),
      layer({ id: 'functional/head/MatMul', op: 'MatMul', in: [1, 32], out: [1, 10], parameters: 330 }),
    ];
    expect(link('keras_models.py', named).map(({ tier }) => tier)).toEqual(['names', 'names']);
    expect(link('keras_models.py', [dense(4, 64), dense(64, 1)]).map(({ tier }) => tier)).toEqual(['guess', 'guess']);
  });

  test("names that are the code's on one side and the model's on the other, and nowhere the same, are another network", () => {
    const code = `
def net():
    return keras.Sequential([keras.Input((4,)), layers.Dense(64, name="encoder"), layers.Dense(1, name="score")])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(9, 64)
        self.score = nn.Linear(64, 1)
`;
    const called = (inputs: number, names: readonly string[]): LayerEntry[] =>
      [dense(inputs, 64), dense(64, 1)].map((layer, i) => ({ ...layer, id: names[i]!, op: 'MatMul' }));
    const tiers = (layers: readonly LayerEntry[], trust?: Trust): string[] =>
      linkLayers(findOwners(code, parser), layers, 'net.py', trust).map(({ tier }) => tier);
    for (const inputs of [4, 9]) {
      // The file has lost its names, or exporters have made some up: a guess.
      for (const lost of [
        ['node_1', 'node_2'],
        ['Gemm_0', 'Gemm_1'],
        ['node_linear', 'node_linear_1'],
        ['MatMul:2', 'n5'],
      ])
        expect(tiers(called(inputs, lost)), `${inputs} ${lost.join()}`).toEqual(['guess', 'guess']);
      for (const other of [
        ['functional/stem/MatMul', 'functional/head/MatMul'],
        ['sequential/dense/MatMul', 'sequential/dense_1/MatMul'],
      ]) {
        expect(tiers(called(inputs, other)), `${inputs} ${other.join()}`).toEqual([]);
        expect(tiers(called(inputs, other), 'chosen')).toEqual(['guess', 'guess']);
      }
    }
  });
});
