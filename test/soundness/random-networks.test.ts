import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { absoluteProducts, centreExpansion } from '../../core/estimators/absolute-values/method.ts';
import { compose } from '../../core/estimators/composition/product.ts';
import { operatorNorm } from '../../core/estimators/norms/operator-norm.ts';
import { encloseNetwork, type Enclosures } from '../../core/estimators/ranges/enclose-network.ts';
import { rangesOn } from '../../core/estimators/ranges/ranges-on.ts';
import { certifiedQuotient } from '../../core/estimators/witness/certify.ts';
import { affineRule, analyse } from '../../core/inspection/layers.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { singularValues, workOf } from '../estimators/norms/small-maps.ts';
import { difference, pointOf } from '../operators/against-runtime.ts';
import { networkOf, weights, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';
import { evaluate } from './plain-evaluator.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

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

interface Recipe {
  readonly image: boolean;
  readonly width: number;
  readonly seed: number;
  readonly steps: readonly {
    readonly block: (typeof blocks)[number];
    readonly activation: string;
    readonly odd: boolean;
  }[];
}

const recipes = fc.record<Recipe>({
  image: fc.boolean(),
  width: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  steps: fc.array(
    fc.record({ block: fc.constantFrom(...blocks), activation: fc.constantFrom(...activations), odd: fc.boolean() }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** Follows a recipe, keeping track of the shape. Products of two tensors and LayerNormalization come without a global constant. */
function networkFrom(recipe: Recipe): Network {
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

async function certifiedUpper({ analysed, output }: PreparedNetwork, norm: Norm, boxes?: Enclosures): Promise<number> {
  const nodes = analyse(analysed, boxes);
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const uppers = new Map<string, number>();
  for (const { node, closed } of nodes) {
    const own = closed[norm];
    if (own !== undefined) uppers.set(node.id, own.upper ?? Number.POSITIVE_INFINITY);
    const map = own === undefined ? affineRule(analysed, node)?.map : undefined;
    if (map === undefined) continue;
    for await (const interval of operatorNorm(map, norm, workOf(0.2))) {
      uppers.set(node.id, Math.min(uppers.get(node.id) ?? Infinity, interval.upper));
      if (interval.upper <= 1.1 * interval.lower) break;
    }
  }
  const { upper } = compose(analysed, output, norm, rules, (id) => uppers.get(id) ?? Number.POSITIVE_INFINITY);
  if ('unsupported' in upper) throw new Error(upper.unsupported.reason);
  return 'value' in upper ? upper.value : Number.POSITIVE_INFINITY;
}

/** The least of what all methods but the search prove about the whole space. */
async function otherUppers({ runnable, analysed, input, output }: PreparedNetwork, norm: Norm): Promise<number> {
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const constantOf = (): number => Number.POSITIVE_INFINITY;
  const question = { runnable, analysed, input, output, norm, region: { kind: 'all' }, rules, constantOf } as const;
  let least = Number.POSITIVE_INFINITY;
  for (const method of [absoluteProducts, centreExpansion])
    if (method.applies(question))
      for await (const { value } of method.run(question, workOf())) least = Math.min(least, value);
  return least;
}

/** The Jacobian at a point by central differences, rows of it. */
function jacobian(network: Network, point: Float64Array): number[][] {
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

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + Math.abs(value), 0);
const matrixNorm = (rows: number[][], norm: Norm): number => {
  if (norm === 'linf') return Math.max(...rows.map(sumOf));
  if (norm === 'l1') return Math.max(...rows[0]!.map((_, j) => sumOf(rows.map((row) => row[j]!))));
  return singularValues(rows)[0]!;
};

describe('Random networks', () => {
  it(
    'no quotient, no Jacobian and no proved lower end exceeds a certified upper end, everywhere and on a box',
    { timeout: 180_000 },
    async () => {
      let bounded = 0;
      let nets = 0;
      await fc.assert(
        fc.asyncProperty(recipes, async (recipe) => {
          const network = networkFrom(recipe);
          const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
          const shape = prepared.runnable.types.get('x')!.shape;
          const size = elementCount(shape);
          const box = { shape, lower: new Float64Array(size).fill(-1), upper: new Float64Array(size).fill(1) };
          const boxes = await encloseNetwork(prepared.analysed, box, workOf(), 'all');
          const bare = analyse(prepared.analysed, undefined);
          const anywhere = await rangesOn(prepared.analysed, prepared.input, { kind: 'all' }, bare, workOf());
          const [a, b] = [pointOf(size, recipe.seed), pointOf(size, recipe.seed + 1)];
          const near = a.map((value, i) => Math.max(-1, Math.min(1, value + 1e-3 * b[i]!)));
          const matrix = jacobian(network, a);
          nets++;
          for (const norm of norms) {
            const everywhere = Math.min(
              await certifiedUpper(prepared, norm),
              await certifiedUpper(prepared, norm, anywhere),
            );
            const inside = await certifiedUpper(prepared, norm, boxes);
            const others = await otherUppers(prepared, norm);
            if (Number.isFinite(everywhere)) bounded++;
            expect(inside).toBeLessThan(Number.POSITIVE_INFINITY);
            const least = Math.min(everywhere, inside, others);
            for (const y of [b, near]) {
              const moved = lengthOf(
                difference(Float64Array.from(evaluate(network, a)), Float64Array.from(evaluate(network, y))),
                norm,
              );
              const distance = lengthOf(difference(a, y), norm);
              expect(moved, `${norm} quotient`).toBeLessThanOrEqual(least * distance * (1 + 1e-9) + 1e-12);
              const proved = await certifiedQuotient(
                prepared.runnable,
                prepared.output,
                { x: [...a], y: [...y] },
                norm,
                workOf(),
              );
              expect(proved, 'every network here can be enclosed').toBeDefined();
              expect(proved!, 'a proved lower end').toBeLessThanOrEqual(least);
              expect(proved!).toBeLessThanOrEqual((moved / distance) * (1 + 1e-9) + 1e-9);
              expect(proved!).toBeGreaterThanOrEqual((moved / distance) * (1 - 1e-4) - 1e-7);
            }
            expect(matrixNorm(matrix, norm), `${norm} norm of the Jacobian`).toBeLessThanOrEqual(
              least * (1 + 1e-6) + 1e-7,
            );
          }
        }),
        { numRuns: 200, seed: 7, endOnFailure: true },
      );
      console.info(`${nets} random networks, ${bounded} of ${3 * nets} global constants finite`);
      expect(bounded).toBeGreaterThan(nets);
    },
  );
});
