import { decimal, integer, integers, type Network, type Node } from '../network/network.ts';
import { identity, replaced, type Inlined } from '../network/subgraph.ts';
import { elementCount } from '../network/tensor.ts';
import { Draft } from '../operators/composites/draft.ts';
import type { NodeFacts } from '../operators/definition.ts';
import { constantNumbers, factsOf, required, requiredOutput } from '../operators/facts.ts';
import { windowOf, type Window } from '../operators/window.ts';

type Writer = (facts: NodeFacts, draft: Draft) => string | undefined;

/** Multiplications of a convolution that is written out; larger ones are left to the kernels in float32. */
const mostProducts = 2 ** 28;

/**
 * A float64 network in which what ONNX Runtime computes in float32 only is written in operators that it has for doubles, where that is worth it: for differences between
 * two networks that rounding would hide.
 */
export function writtenInDoubles(network: Network): Network {
  const replacements = new Map<Node, Inlined>();
  for (const node of network.nodes) {
    const writer = node.domain === '' ? writers[node.op] : undefined;
    if (writer === undefined || network.types.get(node.outputs[0]!)?.type !== 'float64') continue;
    const facts = factsOf(network, node);
    // What else was written for this node has names of its own.
    const draft = new Draft({ ...facts, node: { ...node, id: `${node.id}/in doubles` } });
    const result = writer(facts, draft);
    if (result === undefined) continue;
    const copy = identity(`${node.id}/in doubles/result`, result, node.outputs[0]!);
    replacements.set(node, { nodes: [...draft.nodes, copy], constants: draft.constants });
  }
  return replaced(network, replacements);
}

const number = (draft: Draft, value: number): string => draft.scalar('float64', value);
const positive = (draft: Draft, x: string): string => draft.node('Max', [x, number(draft, 0)]);
const negative = (draft: Draft, x: string): string => draft.node('Min', [x, number(draft, 0)]);
const cut = (draft: Draft, x: string): string =>
  draft.node('Min', [draft.node('Max', [x, number(draft, 0)]), number(draft, 1)]);

/** Its positive part, and what the function makes of its negative part. */
const twoSided =
  (scale: number, left: (draft: Draft, below: string) => string) =>
  (draft: Draft, x: string): string => {
    const right = positive(draft, x);
    const own = scale === 1 ? right : draft.node('Mul', [right, number(draft, scale)]);
    return draft.node('Add', [own, left(draft, negative(draft, x))]);
  };

/** factor (e^(x / width) - 1). */
const exponential =
  (factor: number, width: number) =>
  (draft: Draft, below: string): string => {
    const inWidths = width === 1 ? below : draft.node('Div', [below, number(draft, width)]);
    const less = draft.node('Sub', [draft.node('Exp', [inWidths]), number(draft, 1)]);
    return draft.node('Mul', [less, number(draft, factor)]);
  };

/** max(x, 0) + log(1 + e^-|x|). */
function softplus(draft: Draft, x: string): string {
  const small = draft.node('Exp', [draft.node('Neg', [draft.node('Abs', [x])])]);
  return draft.node('Add', [positive(draft, x), draft.node('Log', [draft.node('Add', [small, number(draft, 1)])])]);
}

const ofInput =
  (write: (node: Node) => (draft: Draft, x: string) => string): Writer =>
  ({ node }, draft) =>
    write(node)(draft, node.inputs[0]!);

/** The entries that each tap of the window meets, one tensor of the output's size per tap. */
function taps(
  draft: Draft,
  x: string,
  { kernel, strides, dilations, padsBegin, outputSize }: Window,
  size: readonly number[],
): string[] | undefined {
  // prettier-ignore
  const padsEnd = kernel.map((count, a) =>
    Math.max(0, (outputSize[a]! - 1) * strides[a]! + (count - 1) * dilations[a]! + 1 - size[a]! - padsBegin[a]!),
  );
  if (padsBegin.some((pad) => pad < 0)) return undefined;
  const padded = [...padsBegin, ...padsEnd].every((pad) => pad === 0)
    ? x
    : draft.node('Pad', [x, draft.integers([0, 0, ...padsBegin, 0, 0, ...padsEnd]), number(draft, 0)]);
  const axes = draft.integers(kernel.map((_, a) => a + 2));
  const steps = draft.integers(strides);
  return Array.from({ length: elementCount(kernel) }, (_, tap) => {
    const first = kernel.map((count, a) => (Math.floor(tap / elementCount(kernel.slice(a + 1))) % count) * dilations[a]!); // prettier-ignore
    const ends = first.map((from, a) => from + (outputSize[a]! - 1) * strides[a]! + 1);
    return draft.node('Slice', [padded, draft.integers(first), draft.integers(ends), axes, steps]);
  });
}

/** All taps of all channels of a group below each other, times the kernel as a matrix. */
const convolution: Writer = (facts, draft) => {
  const { node } = facts;
  const { shape } = required(facts, 0);
  const kernelShape = required(facts, 1).shape;
  const kernel = constantNumbers(facts, 1);
  const output = requiredOutput(facts).shape;
  const places = elementCount(output.slice(2));
  if (kernel === undefined || elementCount(output) * elementCount(kernelShape.slice(1)) > mostProducts)
    return undefined;
  const groups = integer(node, 'group', 1);
  const [batch, outputs, inputs] = [shape[0]!, kernelShape[0]! / groups, kernelShape[1]!];
  const window = windowOf(facts, shape.slice(2), kernelShape.slice(2));
  const met = taps(draft, node.inputs[0]!, window, shape.slice(2));
  if (met === undefined) return undefined;
  const count = met.length;
  const rows = draft.concat(
    met.map((entries) => draft.reshape(entries, [batch, groups, inputs, places])),
    2,
  );
  // From outputs x inputs x taps to outputs x taps x inputs.
  const matrix = kernel.map((_, at) => {
    const [row, tap, channel] = [Math.floor(at / (count * inputs)), Math.floor(at / inputs) % count, at % inputs];
    return kernel[(row * inputs + channel) * count + tap]!;
  });
  const weights = draft.numbers('float64', [groups, outputs, count * inputs], matrix);
  const sum = draft.reshape(draft.node('MatMul', [weights, rows]), output);
  const bias = node.inputs[2];
  return bias === undefined || bias === ''
    ? sum
    : draft.node('Add', [sum, draft.reshape(bias, [output[1]!, ...output.slice(2).map(() => 1)])]);
};

/** Where every window has the same number of entries. */
const averagePool: Writer = (facts, draft) => {
  const { node } = facts;
  const { shape } = required(facts, 0);
  const window = windowOf(facts, shape.slice(2), integers(node, 'kernel_shape') ?? []);
  const pads = [...window.padsBegin, ...window.padsEnd].some((pad) => pad !== 0);
  if (integer(node, 'ceil_mode', 0) === 1 || (pads && integer(node, 'count_include_pad', 0) === 0)) return undefined;
  const met = taps(draft, node.inputs[0]!, window, shape.slice(2));
  if (met === undefined) return undefined;
  return draft.node('Div', [met.length === 1 ? met[0]! : draft.node('Sum', met), number(draft, met.length)]);
};

const writers: Readonly<Record<string, Writer>> = {
  Conv: convolution,
  AveragePool: averagePool,
  GlobalAveragePool: (facts, draft) =>
    draft.reduceMean(facts.node.inputs[0]!, required(facts, 0).shape.slice(2).map((_, a) => a + 2), 1), // prettier-ignore
  LeakyRelu: ofInput((node) => twoSided(1, (draft, below) => draft.node('Mul', [below, number(draft, decimal(node, 'alpha', 0.01))]))), // prettier-ignore
  PRelu: ({ node }, draft) => twoSided(1, (own, below) => own.node('Mul', [below, node.inputs[1]!]))(draft, node.inputs[0]!), // prettier-ignore
  Elu: ofInput((node) => twoSided(1, exponential(decimal(node, 'alpha', 1), 1))),
  Celu: ofInput((node) => twoSided(1, exponential(decimal(node, 'alpha', 1), decimal(node, 'alpha', 1)))),
  Selu: ofInput((node) => {
    const gamma = decimal(node, 'gamma', 1.05070102214813232421875);
    return twoSided(gamma, exponential(gamma * decimal(node, 'alpha', 1.67326319217681884765625), 1));
  }),
  HardSigmoid: ofInput((node) => (draft, x) => {
    const scaled = draft.node('Mul', [x, number(draft, decimal(node, 'alpha', 0.2))]);
    return cut(draft, draft.node('Add', [scaled, number(draft, decimal(node, 'beta', 0.5))]));
  }),
  HardSwish: ofInput(() => (draft, x) => {
    const share = draft.node('Div', [draft.node('Add', [x, number(draft, 3)]), number(draft, 6)]);
    return draft.node('Mul', [x, cut(draft, share)]);
  }),
  Softplus: ofInput(() => softplus),
  Softsign: ofInput(() => (draft, x) => draft.node('Div', [x, draft.node('Add', [draft.node('Abs', [x]), number(draft, 1)])])), // prettier-ignore
  Mish: ofInput(() => (draft, x) => draft.node('Mul', [x, draft.node('Tanh', [softplus(draft, x)])])),
  Mean: ({ node }, draft) => draft.node('Div', [draft.node('Sum', node.inputs), number(draft, node.inputs.length)]),
};
