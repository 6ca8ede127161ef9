import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerDefinition } from '../../core/source/definition.ts';
import { findDefinitions } from '../../core/source/find-definitions.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { lineOf, openParser, sourceText } from '../extension/sources.ts';
import { processorSeconds } from '../processor-seconds.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

const find = (file: string, owner: string): LayerDefinition[] =>
  findDefinitions(sourceText(file), parser).filter((definition) => definition.owner === owner);

const paths = (definitions: readonly LayerDefinition[]): string[] =>
  definitions.map((definition) => `${definition.path.join('.')} ${definition.call}`);

describe('PyTorch', () => {
  test('every way of writing layers down gives the path that state_dict would', () => {
    expect(paths(find('ways_to_build.py', 'Ways'))).toEqual([
      'plain nn.Linear',
      'wrapped nn.Linear',
      'short nn.Conv2d',
      'stack.0 nn.Linear',
      'stack.1 nn.ReLU',
      'stack.2 nn.Linear',
      'named.first nn.Conv2d',
      'named.second nn.Conv2d',
      'many.* nn.Linear',
      'grown.0 nn.Linear',
      'grown.* nn.Linear',
      'grown.* nn.Tanh',
      'grown.+ nn.Linear',
      'head nn.Linear',
      '* nn.Linear',
      'table.a nn.Linear',
      'table.b nn.Linear',
      'later.0 nn.Linear',
    ]);
    expect(paths(find('ways_to_build.py', 'Inner'))).toEqual(['fc nn.Linear']);
  });

  test('functions and variables that hold a Sequential own its entries', () => {
    expect(paths(find('ways_to_build.py', 'make_critic'))).toEqual(['0 nn.Linear', '1 nn.ReLU', '2 nn.Linear']);
    expect(paths(find('ways_to_build.py', 'critic'))).toEqual(['0 nn.Linear', '1 nn.Linear']);
  });

  test('only literal sizes are read, by position and by keyword', () => {
    const [plain, , short, , , , first, second, many] = find('ways_to_build.py', 'Ways');
    expect(plain!.arguments).toEqual({ inputs: 4, outputs: 8, groups: 1 });
    // Through the helper function only what does not depend on its arguments is known.
    expect(short!.arguments).toEqual({ kernel: 3, padding: 1, groups: 1 });
    expect(first!.arguments).toEqual({ inputs: 1, outputs: 2, kernel: [3, 5], groups: 1 });
    expect(second!.arguments).toEqual({ inputs: 2, outputs: 4, kernel: 3, groups: 2 });
    expect(many!.arguments).toEqual({ groups: 1 });
    expect(find('ways_to_build.py', 'Inner')[0]!.arguments).toEqual({ inputs: 7, outputs: 9, groups: 1 });
  });

  test('the range is that of the call, also over several lines, and a helper function counts where it is called', () => {
    const text = sourceText('resnet_cifar.py');
    const conv1 = find('resnet_cifar.py', 'BasicBlock')[0]!;
    expect(conv1.range.startLine).toBe(lineOf(text, 'self.conv1 = nn.Conv2d('));
    expect(conv1.range.endLine).toBe(conv1.range.startLine + 1);
    const short = find('ways_to_build.py', 'Ways')[2]!;
    expect(short.range.startLine).toBe(lineOf(sourceText('ways_to_build.py'), 'self.short ='));
  });

  test('both branches of an if are alternatives, and what may be missing says so', () => {
    const block = find('resnet_cifar.py', 'BasicBlock');
    expect(paths(block)).toEqual([
      'conv1 nn.Conv2d',
      'conv1 nn.Conv2d',
      'bn1 nn.BatchNorm2d',
      'conv2 nn.Conv2d',
      'conv2 nn.Conv2d',
      'shortcut.0 nn.Conv2d',
    ]);
    expect(block.every((definition) => definition.conditional)).toBe(true);
  });

  test('the lines of forward where a layer is used are known, its definition is not among them', () => {
    const text = sourceText('resnet_cifar.py');
    const conv1 = find('resnet_cifar.py', 'BasicBlock')[0]!;
    expect(conv1.uses).toEqual([lineOf(text, 'F.relu(self.conv1(x))')]);
    const shortcut = find('resnet_cifar.py', 'BasicBlock').at(-1)!;
    expect(shortcut.uses).toContain(lineOf(text, 'self.shortcut(x)'));
  });
});

describe('Keras', () => {
  test('functional calls are found in the order they are applied, with their names', () => {
    expect(paths(find('keras_models.py', 'functional'))).toEqual([
      'stem layers.Conv2D',
      ' layers.Flatten',
      ' layers.Dense',
      'head layers.Dense',
    ]);
  });

  test('Sequential lists and add calls are found', () => {
    expect(find('keras_models.py', 'sequential').map((d) => d.arguments.outputs)).toEqual([64, 1]);
    expect(find('keras_models.py', 'grown').map((d) => d.arguments)).toEqual([
      { outputs: 5, groups: 1 },
      { outputs: 7, groups: 1, name: 'last' },
    ]);
  });
});

describe('Any text', () => {
  test('broken, empty and foreign text gives what can be found and never throws', () => {
    expect(findDefinitions('', parser)).toEqual([]);
    expect(findDefinitions('\u0000\uffff class (((', parser)).toEqual([]);
    expect(
      findDefinitions('class A:\n  def __init__(self):\n    self.a = nn.Linear(1, 2)\n    self.b = nn.Lin', parser),
    ).toHaveLength(1);
    const recursive = 'def f():\n  return nn.Sequential(f(), nn.Linear(1, 2))\n';
    expect(findDefinitions(recursive, parser)).toHaveLength(1);
  });

  test('3,000 lines that are nothing but networks are read before anyone notices', () => {
    const resnet = sourceText('resnet_cifar.py');
    let text = resnet;
    for (let i = 0; text.split('\n').length < 3000; i++) {
      text += resnet.replaceAll('BasicBlock', `Block${i}`).replaceAll('ResNet5', `Net${i}`);
    }
    const times = Array.from({ length: 5 }, () => {
      const seconds = processorSeconds();
      findDefinitions(text, parser);
      return seconds();
    });
    // Some 100 ms; the bench has the figure. Anything that grows with the square of the lines takes many seconds.
    expect(Math.min(...times)).toBeLessThan(2);
  });
});
