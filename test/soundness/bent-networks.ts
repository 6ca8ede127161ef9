import fc from 'fast-check';
import type { Network } from '../../core/network/network.ts';
import { networkOf, numbers, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

/** A few units of every shape: slopes below 0 and above 1, kinks, plateaus, humps. */
const bends = [
  'Relu',
  'leaky, falling',
  'leaky, steep',
  'Abs',
  'Clip',
  'Gelu',
  'silu',
  'Tanh',
  'Softplus',
  'Elu',
  'HardSwish',
  'maxout',
] as const;
type Bend = (typeof bends)[number];

export interface BentRecipe {
  readonly image: boolean;
  readonly inputs: number;
  readonly width: number;
  readonly outputs: number;
  readonly seed: number;
  /** Zero biases put kinks through the origin. */
  readonly biased: boolean;
  /** Powers of ten of the input, and of the weights of each layer. */
  readonly inputScale: number;
  readonly layers: readonly {
    readonly bend: Bend;
    readonly way: 'plain' | 'around' | 'pooled' | 'twice' | 'shifted';
    readonly scale: number;
  }[];
}

const scales = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(-10, -5, -2, 2, 5, 10) },
);

export const bentRecipes = fc.record<BentRecipe>({
  image: fc.boolean(),
  inputs: fc.integer({ min: 1, max: 4 }),
  width: fc.integer({ min: 1, max: 6 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  biased: fc.boolean(),
  inputScale: fc.constantFrom(0, 0, -10, 10),
  layers: fc.array(
    fc.record({
      bend: fc.constantFrom(...bends),
      way: fc.constantFrom('plain', 'plain', 'around', 'pooled', 'twice', 'shifted'),
      scale: scales,
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Layers and bends one after the other, some with a way around them, and a last layer. */
export function bentNetwork(recipe: BentRecipe): Network {
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ConstantSketch> = {};
  const input = recipe.image ? [1, Math.min(2, recipe.inputs), 3, 3] : [1, recipe.inputs];
  let shape = input;
  let named = 0;
  const add = (op: string, inputs: string[], attributes: NodeSketch['attributes'] = {}): string => {
    const output = `t${named++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const constant = (sizes: number[], scale: number): string => {
    const name = `c${named++}`;
    const count = sizes.reduce((product, size) => product * size, 1);
    constants[name] = { shape: sizes, values: numbers(count, recipe.seed + 31 * named).map((value) => scale * value) };
    return name;
  };
  /** Arguments of units stay of order 1 where the exponents say nothing else. */
  const layer = (from: string, channels: number, exponent: number): string => {
    const first = from === 'x' ? 10 ** -recipe.inputScale : 1;
    const scale = first * 10 ** exponent;
    const bias = recipe.biased ? 0.5 * 10 ** exponent : 0;
    const flat = shape.length === 2;
    const sizes = flat ? [channels, shape[1]!] : [channels, shape[1]!, 2, 2];
    const own = [from, constant(sizes, scale), constant([channels], bias)];
    return flat ? add('Gemm', own, { transB: 1 }) : add('Conv', own, { pads: [0, 1, 1, 0] });
  };
  const bent = (from: string, bend: Bend, channels: number): string => {
    if (bend === 'leaky, falling') return add('LeakyRelu', [from], { alpha: { float: -0.7 } });
    if (bend === 'leaky, steep') return add('LeakyRelu', [from], { alpha: { float: 3 } });
    if (bend === 'silu') return add('Mul', [from, add('Sigmoid', [from])]);
    if (bend === 'maxout') return add('Max', [from, layer(from, channels, 0)]);
    if (bend !== 'Clip') return add(bend, [from]);
    constants['low'] = { shape: [], values: [-0.5] };
    constants['high'] = { shape: [], values: [0.25] };
    return add('Clip', [from, 'low', 'high']);
  };
  let current = 'x';
  for (const { bend, way, scale } of recipe.layers) {
    const before = current;
    const channels = way === 'around' || way === 'twice' ? shape[1]! : recipe.width;
    const after = layer(current, channels, scale);
    shape = [1, channels, ...shape.slice(2)];
    current = bent(after, bend, channels);
    if (way === 'around') current = add('Add', [before, current]);
    // Two branches around each other, and a tensor that is used with and without a bias.
    if (way === 'twice') current = add('Add', [add('Add', [before, bent(layer(before, channels, scale), bend, channels)]), current]); // prettier-ignore
    if (way === 'shifted') current = add('Add', [bent(add('Add', [current, constant(shape, 1)]), 'Tanh', channels), current]); // prettier-ignore
    if (way === 'pooled' && shape.length === 4 && shape[2]! > 1) {
      current = add('MaxPool', [current], { kernel_shape: [2, 2], strides: [1, 1] });
      shape = [1, channels, shape[2]! - 1, shape[3]! - 1];
    }
  }
  layer(current, recipe.outputs, 0);
  return networkOf({ opset: 21, input, constants, nodes });
}
