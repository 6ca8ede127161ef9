import { attributeOf, decimal, integer, integers, text } from '../../network/network.ts';
import { elementCount, numbersOf, type Shape } from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { float, floatingType, type Draft } from './draft.ts';

/** Where ONNX Runtime's optimiser puts what it fuses. */
const domain = 'com.microsoft';

const has = (facts: NodeFacts, index: number): boolean => facts.input(index) !== undefined;

/** x plus those further inputs that are there. */
const plus = (facts: NodeFacts, draft: Draft, x: string, ...others: readonly number[]): string =>
  others.reduce((sum, index) => (has(facts, index) ? draft.node('Add', [sum, facts.node.inputs[index]!]) : sum), x);

/** As exporters write it out, so that it is recognised again. */
function gelu(facts: NodeFacts, draft: Draft, x: string): string {
  const number = (value: number): string => draft.scalar(floatingType(facts, 0), value);
  const erf = draft.node('Erf', [draft.node('Div', [x, number(Math.SQRT2)])]);
  return draft.node('Mul', [draft.node('Mul', [x, draft.node('Add', [erf, number(1)])]), number(0.5)]);
}

function geluByTanh(facts: NodeFacts, draft: Draft, x: string): string {
  const number = (value: number): string => draft.scalar(floatingType(facts, 0), value);
  const cubed = draft.node('Mul', [draft.node('Pow', [x, number(3)]), number(0.044715)]);
  const bent = draft.node('Mul', [draft.node('Add', [x, cubed]), number(Math.sqrt(2 / Math.PI))]);
  const share = draft.node('Add', [draft.node('Tanh', [bent]), number(1)]);
  return draft.node('Mul', [draft.node('Mul', [x, number(0.5)]), share]);
}

/** x / sqrt(mean(x^2) + epsilon) * weight over the last axis. */
function rmsNorm(facts: NodeFacts, draft: Draft, x: string, weight: string): string {
  const type = floatingType(facts, 0);
  const axis = required(facts, 0).shape.length - 1;
  const mean = draft.reduceMean(draft.node('Mul', [x, x]), [axis], 1);
  const root = draft.node('Sqrt', [
    draft.node('Add', [mean, draft.scalar(type, decimal(facts.node, 'epsilon', 1e-5))]),
  ]);
  return draft.node('Mul', [draft.node('Div', [x, root]), weight]);
}

/** The activation that a fused operator names; undefined for one that is not known. */
function activated(facts: NodeFacts, draft: Draft, x: string): string | undefined {
  const { node } = facts;
  const name = text(node, 'activation', '');
  const given = attributeOf(node, 'activation_params', 'floats')?.value ?? [];
  const parameter = (at: number, key: string, otherwise: number): number =>
    given[at] ?? decimal(node, `activation_${key}`, otherwise);
  if (name === '') return x;
  if (name === 'Relu' || name === 'Tanh' || name === 'Sigmoid') return draft.node(name, [x]);
  if (name === 'LeakyRelu') return draft.node(name, [x], { alpha: float(parameter(0, 'alpha', 0.01)) });
  if (name === 'HardSigmoid')
    return draft.node(name, [x], { alpha: float(parameter(0, 'alpha', 0.2)), beta: float(parameter(1, 'beta', 0.5)) });
  if (name !== 'Clip') return undefined;
  const limit = (value: number): string => draft.scalar(floatingType(facts, 0), value);
  return draft.node('Min', [draft.node('Max', [x, limit(parameter(0, 'min', 0))]), limit(parameter(1, 'max', 0))]);
}

const without = (facts: NodeFacts, ...names: readonly string[]) =>
  Object.fromEntries([...facts.node.attributes].filter(([name]) => !names.some((own) => name.startsWith(own))));

/** Layers as ONNX Runtime's optimiser fuses them, in the operators that it fused. */
export const runtimeOwn: readonly CompositeDefinition[] = [
  {
    ops: ['FusedMatMul', 'TransposeMatMul'],
    domain,
    becomes: ['Transpose', 'MatMul', 'Mul'],
    write(facts, draft) {
      const { node } = facts;
      if (integer(node, 'transBatchA', 0) === 1 || integer(node, 'transBatchB', 0) === 1)
        return 'it moves the batch axis of a factor';
      const factor = (index: 0 | 1, flag: string): string => {
        const axes = required(facts, index).shape.map((_, axis) => axis);
        const turned = integer(node, flag, 0) === 1 && axes.length > 1;
        return turned
          ? draft.transpose(node.inputs[index]!, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!])
          : node.inputs[index]!;
      };
      const product = draft.node('MatMul', [factor(0, 'transA'), factor(1, 'transB')]);
      const alpha = decimal(node, 'alpha', 1);
      return [alpha === 1 ? product : draft.node('Mul', [product, draft.scalar(floatingType(facts, 0), alpha)])];
    },
  },
  {
    ops: ['Gelu', 'BiasGelu'],
    domain,
    becomes: ['Add', 'Erf', 'Mul'],
    write: (facts, draft) => [gelu(facts, draft, plus(facts, draft, facts.node.inputs[0]!, 1))],
  },
  {
    ops: ['FastGelu'],
    domain,
    becomes: ['Add', 'Tanh', 'Mul'],
    write: (facts, draft) => [geluByTanh(facts, draft, plus(facts, draft, facts.node.inputs[0]!, 1))],
  },
  {
    ops: ['QuickGelu'],
    domain,
    becomes: ['Mul', 'Sigmoid', 'Mul'],
    write(facts, draft) {
      const x = facts.node.inputs[0]!;
      const scaled = draft.node('Mul', [x, draft.scalar(floatingType(facts, 0), decimal(facts.node, 'alpha', 1.702))]);
      return [draft.node('Mul', [x, draft.node('Sigmoid', [scaled])])];
    },
  },
  {
    ops: ['SkipLayerNormalization'],
    domain,
    becomes: ['Add', 'LayerNormalization'],
    write(facts, draft) {
      const [x, , weight, bias = ''] = facts.node.inputs as string[];
      const sum = plus(facts, draft, x!, 1, 4);
      const attributes = { axis: -1, epsilon: float(decimal(facts.node, 'epsilon', 1e-5)) };
      return [
        draft.node('LayerNormalization', [sum, weight!, ...(bias === '' ? [] : [bias])], attributes),
        '',
        '',
        sum,
      ];
    },
  },
  {
    ops: ['SkipSimplifiedLayerNormalization'],
    domain,
    becomes: ['Add', 'RMSNormalization'],
    write(facts, draft) {
      const sum = plus(facts, draft, facts.node.inputs[0]!, 1, 3);
      return [rmsNorm(facts, draft, sum, facts.node.inputs[2]!), '', '', sum];
    },
  },
  {
    // It is at home in the standard domain, though no operator set has it.
    ops: ['SimplifiedLayerNormalization'],
    becomes: ['RMSNormalization'],
    write: (facts, draft) => [rmsNorm(facts, draft, facts.node.inputs[0]!, facts.node.inputs[1]!)],
  },
  {
    ops: ['FusedConv'],
    domain,
    becomes: ['Conv', 'Add', 'Relu'],
    write(facts, draft) {
      const [x, w, b = ''] = facts.node.inputs as string[];
      const convolved = draft.node('Conv', [x!, w!, ...(b === '' ? [] : [b])], without(facts, 'activation'));
      const result = activated(facts, draft, plus(facts, draft, convolved, 3));
      return result === undefined ? 'its activation is not known' : [result];
    },
  },
  {
    ops: ['FusedGemm'],
    domain,
    becomes: ['Gemm', 'Relu'],
    write(facts, draft) {
      const product = draft.node('Gemm', facts.node.inputs, without(facts, 'activation'));
      const result = activated(facts, draft, product);
      return result === undefined ? 'its activation is not known' : [result];
    },
  },
  {
    ops: ['Attention'],
    domain,
    becomes: ['MatMul', 'Add', 'Split', 'Softmax', 'MatMul'],
    write(facts, draft) {
      const { node } = facts;
      if (has(facts, 4)) return 'it looks back at past keys';
      const width = required(facts, 1).shape.at(-1)!;
      const sizes = integers(node, 'qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
      const projected = plus(facts, draft, draft.node('MatMul', [node.inputs[0]!, node.inputs[1]!]), 2);
      let from = 0;
      const parts = sizes.map((size) => draft.slice(projected, 2, from, (from += size)));
      const mask = has(facts, 3) ? paddingMask(facts, 3) : undefined;
      if (typeof mask === 'string') return mask;
      return [attend(facts, draft, parts, { sizes, mask, bias: 5 })];
    },
  },
  {
    ops: ['MultiHeadAttention'],
    domain,
    becomes: ['Add', 'MatMul', 'Softmax', 'MatMul'],
    write(facts, draft) {
      const { node } = facts;
      if ([0, 1, 2].some((index) => facts.input(index)?.shape.length !== 3))
        return 'its queries, keys and values are packed';
      if ([6, 7].some((index) => has(facts, index))) return 'it looks back at past keys';
      const sizes = [0, 1, 2].map((index) => required(facts, index).shape[2]!);
      let from = 0;
      const parts = sizes.map((size, k) => {
        const own = node.inputs[k]!;
        return has(facts, 3) ? draft.node('Add', [own, draft.slice(node.inputs[3]!, 0, from, (from += size))]) : own;
      });
      const mask = has(facts, 4) ? paddingMask(facts, 4) : undefined;
      if (typeof mask === 'string') return mask;
      return [attend(facts, draft, parts, { sizes, mask, bias: 5 })];
    },
  },
];

/** In place of -Infinity, which is no number to compute with. */
const hiddenScore = -(2 ** 100);

/** [batch, positions] of ones and zeros, or the number of positions of each in the batch, as what is added to scores. */
function paddingMask(
  facts: NodeFacts,
  index: number,
): { readonly shape: Shape; readonly values: Float64Array } | string {
  const mask = facts.constant(index);
  if (mask === undefined) return 'its mask depends on the input';
  const [batch, positions] = required(facts, index === 3 ? 0 : 1).shape as [number, number, number];
  const numbers = numbersOf(mask);
  const lengths = elementCount(mask.shape) === batch && mask.shape.length === 1;
  if (!lengths && elementCount(mask.shape) !== batch * positions) return 'the form of its mask is not understood';
  const seen = (b: number, j: number): boolean => (lengths ? j < numbers[b]! : numbers[b * positions + j] !== 0);
  return {
    shape: [batch, 1, 1, positions],
    values: Float64Array.from({ length: batch * positions }, (_, i) =>
      seen(Math.floor(i / positions), i % positions) ? 0 : hiddenScore,
    ),
  };
}

interface Heads {
  readonly sizes: readonly number[];
  readonly mask: { readonly shape: Shape; readonly values: Float64Array } | undefined;
  /** The input that is added to the scores, where there is one. */
  readonly bias: number;
}

/** Scaled dot products, the mask, Softmax, and the mixture of values, with all heads side by side in the last axis. */
function attend(facts: NodeFacts, draft: Draft, parts: readonly string[], { sizes, mask, bias }: Heads): string {
  const { node } = facts;
  const type = floatingType(facts, 0);
  const heads = integer(node, 'num_heads', 1);
  const [batch, rows] = required(facts, 0).shape as [number, number, number];
  const columns = node.op === 'MultiHeadAttention' ? required(facts, 1).shape[1]! : rows;
  const spread = (k: 0 | 1 | 2, perm: readonly number[]): string =>
    draft.transpose(draft.reshape(parts[k]!, [batch, k === 0 ? rows : columns, heads, sizes[k]! / heads]), perm);
  const scale = decimal(node, 'scale', 0) || 1 / Math.sqrt(sizes[0]! / heads);
  const dots = draft.node('MatMul', [spread(0, [0, 2, 1, 3]), spread(1, [0, 2, 3, 1])]);
  let scores = draft.node('Mul', [dots, draft.scalar(type, scale)]);
  if (mask !== undefined) scores = draft.node('Add', [scores, draft.numbers(type, mask.shape, mask.values)]);
  if (integer(node, 'unidirectional', 0) === 1) {
    const later = Float64Array.from({ length: rows * columns }, (_, i) =>
      i % columns > Math.floor(i / columns) ? hiddenScore : 0,
    );
    scores = draft.node('Add', [scores, draft.numbers(type, [rows, columns], later)]);
  }
  scores = plus(facts, draft, scores, bias);
  const mixed = draft.node('MatMul', [draft.softmax(scores, 4), spread(2, [0, 2, 1, 3])]);
  return draft.reshape(draft.transpose(mixed, [0, 2, 1, 3]), [batch, rows, sizes[2]!]);
}
