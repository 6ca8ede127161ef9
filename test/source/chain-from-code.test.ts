import { beforeAll, describe, expect, test } from 'vitest';
import type { Chain, ChainLayer } from '../../core/network/layer-chain.ts';
import { chainFromCode } from '../../core/source/chain-from-code.ts';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { layer } from '../report/fixtures/inspection.ts';
import { openParser } from '../extension/sources.ts';

let parser: SyntaxParser;
beforeAll(async () => void (parser = await openParser()));

/** "name taken>given" of a dense layer, "name taken>given 3x3" of a convolution. */
function weight(text: string): ChainLayer {
  const [name = '', sizes = '', window = ''] = text.split(' ');
  const [taken, given] = sizes.split('>').map(Number) as [number, number];
  const kernel = window === '' ? [] : window.split('x').map(Number);
  return { id: `${name}.weight`, name, kind: kernel.length === 0 ? 'dense' : 'conv', taken, given, kernel };
}

/** As an inspection of the weights lists them, and what the code says of their order. */
function chainOf(code: string, ...weights: readonly string[]): Chain | undefined {
  const layers = weights.map(weight);
  const entries = layers.map(({ id, name, kind, given }) =>
    layer(id, undefined, {
      name,
      ...(kind === 'conv' ? { op: 'Conv', kind: 'conv' } : {}),
      inputShape: [],
      outputShape: [given],
      hints: { stateName: name },
    }),
  );
  const owners = findOwners(code, parser);
  return chainFromCode(owners, linkLayers(owners, entries, 'net.py', 'chosen'), layers, 'net.py');
}

const words = (chain: Chain | undefined): readonly string[] | undefined =>
  chain?.steps.map((step) =>
    'layer' in step
      ? [step.layer.replace('.weight', ''), step.stride && `/${step.stride}`, step.padding && `+${step.padding}`]
          .filter(Boolean)
          .join('')
      : 'function' in step
        ? step.function
        : 'pool' in step
          ? `${step.pool} ${step.size}`
          : 'flatten',
  );

describe('the order of layers in source code', () => {
  test('is that of the calls, not of the definitions, with the functions between', () => {
    const chain = chainOf(
      `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(5, 2)
        self.body = nn.Linear(3, 5)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x)))
`,
      'head 5>2',
      'body 3>5',
    );
    expect(words(chain)).toEqual(['body', 'Tanh', 'head']);
    expect(chain?.input).toEqual([3]);
    expect(chain?.basis).toBe('a guess from net.py, in the order in which Net calls its layers');
  });

  test('knows strides, padding and pooling, and of square images the size that fits', () => {
    const chain = chainOf(
      `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, 2)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(8 * 3 * 3, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2)
        x = self.pool(F.relu(self.conv2(x))) if self.training else F.relu(self.conv2(x))
        x = x.view(x.size(0), 8 * 3 * 3)
        return self.fc(self.drop(x))
`,
      'conv1 1>4 3x3',
      'conv2 4>8 3x3',
      'fc 72>10',
    );
    // Both branches of the choice are read: what is too much is taken out by the user, and does not fit meanwhile.
    expect(words(chain)?.slice(0, 5)).toEqual(['conv1+1', 'Relu', 'max 2', 'conv2/2', 'Relu']);
    expect(words(chain)?.slice(-2)).toEqual(['flatten', 'fc']);
  });

  test('goes through Sequential, blocks of another class, and lists in loops', () => {
    const chain = chainOf(
      `
class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, n)

    def forward(self, x):
        return F.gelu(self.linear(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 4))
        self.blocks = nn.ModuleList([Block(4) for _ in range(2)])
        self.hidden = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        for i, layer in enumerate(self.hidden):
            x = torch.sigmoid(layer(x))
        return self.out(x)
`,
      'stem.0 2>4',
      'stem.2 4>4',
      'blocks.0.linear 4>4',
      'blocks.1.linear 4>4',
      'hidden.0 4>4',
      'hidden.1 4>4',
      'out 4>1',
    );
    expect(words(chain)).toEqual([
      'stem.0',
      'Relu',
      'stem.2',
      'blocks.0.linear',
      'Gelu',
      'blocks.1.linear',
      'Gelu',
      'hidden.0',
      'Sigmoid',
      'hidden.1',
      'Sigmoid',
      'out',
    ]);
    expect(chain?.input).toEqual([2]);
  });

  test('of a list that grows in a loop is that of the indices in the file', () => {
    const chain = chainOf(
      `
class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for a, b in sizes:
            layers += [nn.Linear(a, b), nn.Tanh()]
        layers.append(nn.Linear(16, 1))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)
`,
      'net.0 2>16',
      'net.2 16>16',
      'net.4 16>1',
    );
    expect(words(chain)).toEqual(['net.0', 'Tanh', 'net.2', 'Tanh', 'net.4']);
  });

  test('says what a chain cannot hold, and which layers it leaves', () => {
    const chain = chainOf(
      `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.unused = nn.Linear(4, 4)

    def forward(self, x):
        return self.b(x + F.leaky_relu(self.a(x), 0.2))
`,
      'a 4>4',
      'b 4>4',
      'unused 4>4',
    );
    expect(words(chain)).toEqual(['a', 'b']);
    expect(chain?.basis).toBe(
      'a guess from net.py, in the order in which Net calls its layers; which also has leaky_relu, + that a chain cannot hold; 1 layer of the file not among them',
    );
  });

  test('is that of the definitions where nothing is called', () => {
    const code = 'net = nn.Sequential(nn.Linear(3, 5), nn.ELU(), nn.Linear(5, 2))';
    const chain = chainOf(code, '0 3>5', '2 5>2');
    expect(words(chain)).toEqual(['0', 'Elu', '2']);
    expect(chain?.basis).toContain('in which net defines its layers');
  });

  test('of code that has nothing of the layers is nothing', () => {
    expect(chainOf('x = 1', 'a 4>4', 'b 4>4')).toBeUndefined();
  });
});
