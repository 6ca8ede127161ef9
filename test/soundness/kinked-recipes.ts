import fc from 'fast-check';
import type { Network } from '../../core/network/network.ts';
import {
  ints,
  networkOf,
  weights,
  type AttributeValue,
  type ConstantSketch,
  type NodeSketch,
} from '../operators/small-networks.ts';

const kinks = ['Relu', 'Relu', 'LeakyRelu', 'PRelu', 'Abs', 'Clip', 'HardSwish', 'HardSigmoid', 'Elu', 'Selu'] as const;
const smooth = ['Tanh', 'Gelu', 'Softplus'] as const;
const blocks = [
  'layer',
  'layer',
  'layer',
  'residual',
  'residual',
  'concat',
  'maxmin',
  'floor',
  'sort',
  'largest',
  'pool',
  'length',
] as const;

type Activation = (typeof kinks)[number] | (typeof smooth)[number];

/** How a network with kinks of many kinds comes about: a dense one, or one of images. */
export interface KinkedRecipe {
  readonly image: boolean;
  readonly width: number;
  readonly seed: number;
  readonly scale: number;
  readonly steps: readonly {
    readonly block: (typeof blocks)[number];
    readonly activation: Activation;
    readonly odd: boolean;
  }[];
}

export const kinkedRecipes = fc.record<KinkedRecipe>({
  image: fc.boolean(),
  width: fc.integer({ min: 2, max: 8 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  scale: fc.constantFrom(0.3, 0.7, 1.5),
  steps: fc.array(
    fc.record({
      block: fc.constantFrom(...blocks),
      activation: fc.constantFrom<Activation>(...kinks, ...smooth),
      odd: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** Follows a recipe; every network ends in a dense layer behind a ReLU, so that there is a kink to smooth. */
export function kinkedNetwork({ image, width, seed, scale, steps }: KinkedRecipe): Network {
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ConstantSketch> = {};
  let named = 0;
  const input = image ? [1, Math.min(3, width), 4, 5] : [1, width];
  let shape = input;
  let current = 'x';
  const keep = (constant: ConstantSketch): string => {
    const name = `c${named++}`;
    constants[name] = constant;
    return name;
  };
  const constant = (sizes: number[], size = scale): string => keep(weights(sizes, seed + named, size));
  const add = (op: string, inputs: string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string => {
    const output = `t${named++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const channels = (): number => shape[1]!;
  const layer = (from: string, wide: number, odd: boolean): string => {
    const bias = constant([wide], 0.5);
    if (!image) return add('Gemm', [from, constant([wide, channels()]), bias], { transB: 1 });
    const kernel = odd ? [3, 3] : [1, 3];
    const pads = odd ? [1, 1, 1, 1] : [0, 1, 0, 1];
    return add('Conv', [from, constant([wide, channels(), ...kernel], scale / 2), bias], { pads });
  };
  const activated = (op: Activation, from: string, wide = channels()): string => {
    if (op === 'PRelu') return add(op, [from, constant([wide, ...shape.slice(2).map(() => 1)], 1.5)]);
    if (op === 'Clip') return add(op, [from, keep({ shape: [], values: [-0.5] }), keep({ shape: [], values: [1] })]);
    return add(op, [from], op === 'LeakyRelu' || op === 'Elu' ? { alpha: { float: 0.2 } } : {});
  };
  for (const { block, activation, odd } of steps)
    switch (block) {
      case 'layer': {
        const wide = odd ? channels() : Math.min(10, channels() + 2);
        current = activated(activation, layer(current, wide, odd), wide);
        shape = [1, wide, ...shape.slice(2)];
        break;
      }
      case 'residual':
        current = add('Add', [current, layer(activated(activation, layer(current, channels(), odd)), channels(), odd)]);
        break;
      case 'concat':
        if (channels() > 5) break;
        current = add('Concat', [current, activated(activation, current)], { axis: 1 });
        shape = [1, 2 * channels(), ...shape.slice(2)];
        break;
      case 'maxmin': {
        if (channels() > 5) break;
        const other = layer(current, channels(), odd);
        current = add('Concat', [add('Max', [current, other]), add('Min', [current, other])], { axis: 1 });
        shape = [1, 2 * channels(), ...shape.slice(2)];
        break;
      }
      case 'floor':
        current = add(odd ? 'Max' : 'Min', [current, constant([channels(), ...shape.slice(2).map(() => 1)])]);
        break;
      case 'sort': {
        const outputs = [`t${named++}`, `t${named++}`];
        const attributes = { axis: 1, largest: odd ? 1 : 0 };
        nodes.push({ op: 'TopK', inputs: [current, keep(ints([channels()]))], outputs, attributes });
        current = outputs[0]!;
        break;
      }
      case 'largest':
        if (image) break;
        current = add('Add', [current, add(odd ? 'ReduceMax' : 'ReduceMin', [current, keep(ints([1]))])]);
        break;
      case 'pool':
        if (!image || shape[2]! < 2 || shape[3]! < 2) break;
        current = add('MaxPool', [current], { kernel_shape: [2, 2], strides: odd ? [2, 2] : [1, 1] });
        shape = odd
          ? [1, channels(), Math.floor(shape[2]! / 2), Math.floor(shape[3]! / 2)]
          : [1, channels(), shape[2]! - 1, shape[3]! - 1];
        break;
      case 'length':
        if (image) break;
        current = add('Add', [current, add(odd ? 'ReduceL1' : 'ReduceL2', [current, keep(ints([1]))])]);
        break;
    }
  const units = shape.slice(1).reduce((count, size) => count * size, 1);
  const flat = image ? add('Flatten', [current]) : current;
  const hidden = add('Relu', [add('Gemm', [flat, constant([4, units]), constant([4])], { transB: 1 })]);
  add('Gemm', [hidden, constant([3, 4]), constant([3])], { transB: 1 });
  return networkOf({ opset: 21, input, constants, nodes });
}
