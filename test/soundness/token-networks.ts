import fc from 'fast-check';
import type { Network } from '../../core/network/network.ts';
import { networkOf, numbers, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

/** What is no unit of its own: entries meet in shares, lengths, products and quotients. */
const meetings = ['attention', 'softmax', 'LayerNormalization', 'product', 'square', 'quotient', 'Gelu'] as const;

export interface TokenRecipe {
  readonly tokens: number;
  readonly width: number;
  readonly outputs: number;
  readonly seed: number;
  readonly biased: boolean;
  /** Powers of ten of the input, and of the weights in front of each meeting. */
  readonly inputScale: number;
  readonly blocks: readonly {
    readonly meeting: (typeof meetings)[number];
    readonly around: boolean;
    readonly scale: number;
  }[];
}

export const tokenRecipes = fc.record<TokenRecipe>({
  tokens: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  biased: fc.boolean(),
  inputScale: fc.constantFrom(0, 0, 0, -6, 6),
  blocks: fc.array(
    fc.record({
      meeting: fc.constantFrom(...meetings),
      around: fc.boolean(),
      scale: fc.constantFrom(0, 0, 0, -3, 1, 2, 4),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Tokens in rows, through attention, normalisations and products, some with a way around, and a last layer for each token. */
export function tokenNetwork(recipe: TokenRecipe): Network {
  const { tokens, width, seed } = recipe;
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ConstantSketch> = {};
  let named = 0;
  const add = (op: string, inputs: string[], attributes: NodeSketch['attributes'] = {}): string => {
    const output = `t${named++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const constant = (shape: number[], scale: number, shift = 0): string => {
    const name = `c${named++}`;
    const count = shape.reduce((product, size) => product * size, 1);
    constants[name] = { shape, values: numbers(count, seed + 31 * named).map((value) => shift + scale * value) };
    return name;
  };
  const layer = (from: string, exponent: number, columns = width): string => {
    const first = from === 'x' ? 10 ** -recipe.inputScale : 1;
    const product = add('MatMul', [from, constant([width, columns], first * 10 ** exponent)]);
    return recipe.biased ? add('Add', [product, constant([columns], 0.5)]) : product;
  };
  const met = (from: string, meeting: (typeof meetings)[number], scale: number): string => {
    if (meeting === 'attention') {
      const keys = add('Transpose', [layer(from, 0)], { perm: [1, 0] });
      const shares = add('Softmax', [add('MatMul', [layer(from, scale), keys])], { axis: -1 });
      return add('MatMul', [shares, layer(from, 0)]);
    }
    const here = layer(from, scale);
    if (meeting === 'softmax') return add('Softmax', [here], { axis: -1 });
    if (meeting === 'LayerNormalization')
      return add('LayerNormalization', [here, constant([width], 1, 1), constant([width], 0.5)], { axis: -1, epsilon: { float: 0.01 } }); // prettier-ignore
    if (meeting === 'product') return add('Mul', [here, layer(from, 0)]);
    if (meeting === 'square') return add('Mul', [here, here]);
    if (meeting === 'quotient') return add('Div', [here, add('Add', [add('Sigmoid', [layer(from, 0)]), constant([1], 0, 0.5)])]); // prettier-ignore
    return add(meeting, [here]);
  };
  let current = 'x';
  for (const { meeting, around, scale } of recipe.blocks) {
    const after = met(current, meeting, scale);
    current = around && current !== 'x' ? add('Add', [current, after]) : after;
  }
  layer(current, 0, recipe.outputs);
  return networkOf({ opset: 21, input: [tokens, width], constants, nodes });
}
