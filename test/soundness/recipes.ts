import fc from 'fast-check';
import type { Norm } from '../../core/bound.ts';
import type { Network } from '../../core/network/network.ts';
import { singularValues } from '../estimators/norms/small-maps.ts';
import { networkOf, weights, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';
import { evaluate } from './plain-evaluator.ts';

const activations = ['Relu', 'LeakyRelu', 'Tanh', 'Sigmoid', 'Gelu', 'Softplus', 'Elu', 'HardSwish', 'Abs'];
const blocks = [
  'layer',
  'layer',
  'activation',
  'activation',
  'residual',
  'concat',
  'maxmin',
  'pool',
  'normalised',
  'softmax',
  'scaled',
  'product',
  'layernorm',
] as const;

export interface Recipe {
  readonly image: boolean;
  readonly width: number;
  readonly seed: number;
  readonly steps: readonly {
    readonly block: (typeof blocks)[number];
    readonly activation: string;
    readonly odd: boolean;
  }[];
}

export const recipes = fc.record<Recipe>({
  image: fc.boolean(),
  width: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  steps: fc.array(
    fc.record({ block: fc.constantFrom(...blocks), activation: fc.constantFrom(...activations), odd: fc.boolean() }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** Follows a recipe, keeping track of the shape. Products of two tensors and LayerNormalization come without a global constant. */
export function networkFrom(recipe: Recipe): Network {
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ConstantSketch> = {};
  let shape: number[] = recipe.image ? [1, Math.min(2, recipe.width), 3, 4] : [1, recipe.width + 1];
  let current = 'x';
  let named = 0;
  const input = [...shape];
  const constant = (sizes: number[], scale = 1): string => {
    const name = `c${named++}`;
    constants[name] = weights(sizes, recipe.seed + named, scale);
    return name;
  };
  const add = (op: string, inputs: string[], attributes: NodeSketch['attributes'] = {}): string => {
    const output = `t${named++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const channelsOf = (): number => shape[1]!;
  /** A convolution or dense layer to `channels`, keeping the size. */
  const layer = (from: string, channels: number, odd: boolean): string => {
    const ins = channelsOf();
    if (shape.length === 2) return add('Gemm', [from, constant([channels, ins]), constant([channels])], { transB: 1 });
    const kernel = odd ? [3, 3] : [1, 3];
    return add('Conv', [from, constant([channels, ins, ...kernel], 0.7), constant([channels])], {
      pads: odd ? [1, 1, 1, 1] : [0, 1, 0, 1],
    });
  };
  for (const { block, activation, odd } of recipe.steps) {
    const channels = channelsOf();
    switch (block) {
      case 'layer':
        current = layer(current, odd ? channels : Math.min(4, channels + 1), odd);
        shape = [1, odd ? channels : Math.min(4, channels + 1), ...shape.slice(2)];
        break;
      case 'activation':
        current = add(activation, [current]);
        break;
      case 'residual': {
        const branch = add(activation, [layer(current, channels, odd)]);
        current = add(odd ? 'Add' : 'Sub', [current, branch]);
        break;
      }
      case 'concat':
        if (channels > 3) break;
        current = add('Concat', [current, add(activation, [current])], { axis: 1 });
        shape = [1, 2 * channels, ...shape.slice(2)];
        break;
      case 'maxmin':
        current = add(odd ? 'Max' : 'Min', [current, layer(current, channels, odd)]);
        break;
      case 'pool':
        if (shape.length === 2 || shape[2]! < 2 || shape[3]! < 3) break;
        current = odd
          ? add('MaxPool', [current], { kernel_shape: [2, 3], strides: [1, 1] })
          : add('AveragePool', [current], { kernel_shape: [2, 2], strides: [2, 1] });
        shape = odd
          ? [1, channels, shape[2]! - 1, shape[3]! - 2]
          : [1, channels, Math.floor((shape[2]! - 2) / 2) + 1, shape[3]! - 1];
        break;
      case 'normalised': {
        const variance = `c${named++}`;
        constants[variance] = { shape: [channels], values: Array.from({ length: channels }, (_, c) => 0.05 + c) };
        const from = odd ? layer(current, channels, true) : current;
        current = add('BatchNormalization', [
          from,
          constant([channels]),
          constant([channels]),
          constant([channels]),
          variance,
        ]);
        break;
      }
      case 'softmax':
        current = add('Softmax', [current], { axis: -1 });
        break;
      case 'scaled':
        current = add(odd ? 'Mul' : 'Div', [current, constant([channels, ...shape.slice(2).map(() => 1)])]);
        break;
      case 'product':
        current = add('Mul', [current, add(activation, [current])]);
        break;
      case 'layernorm':
        current = add('LayerNormalization', [current, constant([shape.at(-1)!])], { epsilon: { float: 0.01 } });
        break;
    }
  }
  return networkOf({
    opset: 21,
    input,
    constants,
    nodes: nodes.length > 0 ? nodes : [{ op: 'Relu', inputs: ['x'] }],
    ...(nodes.length > 0 ? { output: current } : {}),
  });
}

/** The Jacobian at a point by central differences, rows of it. */
export function jacobian(network: Network, point: Float64Array): number[][] {
  const columns = Array.from(point, (_, j) => {
    const h = 1e-5;
    const moved = (by: number): number[] =>
      evaluate(
        network,
        point.map((value, i) => (i === j ? value + by : value)),
      );
    const [ahead, behind] = [moved(h), moved(-h)];
    return ahead.map((value, i) => (value - behind[i]!) / (2 * h));
  });
  return columns[0]!.map((_, i) => columns.map((column) => column[i]!));
}

/**
 * Whether a kink is so near the point that differences are no derivatives: of six equal entries of a maximum each moves it by half of its step, and together they would have the
 * slope 3. There the two one-sided slopes of some entry differ.
 */
export function isKink(network: Network, point: Float64Array): boolean {
  const h = 1e-5;
  const here = evaluate(network, point);
  return point.some((_, j) => {
    const [ahead, behind] = [h, -h].map((by) =>
      evaluate(
        network,
        point.map((value, i) => (i === j ? value + by : value)),
      ),
    );
    return here.some((value, i) => {
      const [up, down] = [ahead![i]! - value, value - behind![i]!];
      return Math.abs(up - down) > 1e-3 * Math.max(Math.abs(up), Math.abs(down)) + 1e-9 * (1 + Math.abs(value));
    });
  });
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + Math.abs(value), 0);
export const matrixNorm = (rows: number[][], norm: Norm): number => {
  if (norm === 'linf') return Math.max(...rows.map(sumOf));
  if (norm === 'l1') return Math.max(...rows[0]!.map((_, j) => sumOf(rows.map((row) => row[j]!))));
  return singularValues(rows)[0]!;
};
