import { decimal, integer, type Node } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import { broadcastShape, broadcastSource, copiesOf, copyGain } from './broadcast.ts';
import type { Gain, LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { constantNumbers, positiveAxis, required, requiredNumbers, requiredOutput, variables } from './facts.ts';

/** Where with a condition that is constant, or decided by the ranges, takes every entry from one of two tensors. Any other may jump. */
export const where: OperatorDefinition = {
  ops: ['Where'],
  kind: (facts) => (variables(facts).length > 1 ? 'join' : null),
  infer: (facts) => [
    {
      type: required(facts, 1).type,
      shape: broadcastShape([0, 1, 2].map((index) => required(facts, index).shape)),
    },
  ],
  rule(facts, ranges) {
    const condition = constantNumbers(facts, 0) ?? decided(ranges?.[0]);
    if (condition === undefined && facts.node.attributes.has('jump')) return softplusJump(facts.node);
    if (condition === undefined)
      return {
        kind: 'unbounded',
        reason:
          'it chooses by a condition that depends on the input: where the two sides differ it jumps, and nothing says that they do not',
        remedy: 'Ask for a region on which the condition does not change, or export the layer as the operator it is.',
      };
    const { shape } = requiredOutput(facts);
    const inputs = variables(facts).filter((index) => index !== 0);
    const source = broadcastSource(required(facts, 0).shape, shape);
    const chosen = source.reduce((count, from) => count + (condition[from] !== 0 ? 1 : 0), 0);
    // An entry that is copied is taken at most as often as there are copies of it.
    const gain = (norm: 'l1' | 'l2' | 'linf', index: number): number => {
      const taken = index === 1 ? chosen : source.length - chosen;
      return taken === 0 ? 0 : copyGain(norm, Math.min(taken, copiesOf(required(facts, index).shape, shape)));
    };
    return {
      kind: 'join',
      inputs,
      combine(norm, constants) {
        const each = constants.map((constant, k) => {
          const factor = gain(norm, inputs[k]!);
          return factor === 1 ? constant : above(factor * constant);
        });
        if (each.length === 1) return each[0]!;
        if (norm === 'linf') return Math.max(...each);
        if (norm === 'l1') return each.reduce((sum, value) => above(sum + value), 0);
        return above(Math.sqrt(each.reduce((sum, value) => above(sum + above(value * value)), 0)));
      },
    };
  },
  enclose(facts, ranges) {
    const { shape } = requiredOutput(facts);
    const condition = constantNumbers(facts, 0);
    const sources = [0, 1, 2].map((index) => broadcastSource(required(facts, index).shape, shape));
    const at = (index: 1 | 2, i: number): readonly [number, number] => {
      const from = sources[index]![i]!;
      return [ranges[index]!.lower[from]!, ranges[index]!.upper[from]!];
    };
    return [
      enclosureOf(shape, (i) => {
        const from = sources[0]![i]!;
        if (condition !== undefined) return at(condition[from] !== 0 ? 1 : 2, i);
        if (ranges[0]!.lower[from]! > 0) return at(1, i);
        if (ranges[0]!.upper[from]! < 1) return at(2, i);
        const [a, b] = [at(1, i), at(2, i)];
        return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
      }),
    ];
  },
};

/** What `core/passes/name-softplus-jump.ts` found. */
function softplusJump(node: Node): LipschitzRule {
  const [threshold, jump] = [decimal(node, 'threshold', 0), decimal(node, 'jump', 0)];
  return {
    kind: 'unbounded',
    reason: `it is x beyond a threshold and Softplus up to it, as the exporter of PyTorch writes nn.Softplus out: the output jumps by ${jump.toExponential(1)} where the input passes ${threshold}, so that no constant holds across`,
    remedy:
      'Export with dynamo=False, which writes Softplus as the operator it is, or ask for a region that stays on one side of the threshold.',
  };
}

/** The condition, where all of it is the same in the whole box. */
const decided = (box: Enclosure | undefined): Float64Array | undefined =>
  box?.lower.every((low, i) => low > 0 || box.upper[i]! < 1) === true ? box.lower : undefined;

const one: Gain = { lower: 1, upper: 1, method: 'closed form' };

/** What TopK sorts. */
export interface SortedLines {
  /** The elements of each line of the input along the axis. */
  readonly lines: readonly (readonly number[])[];
  /** How many of each are kept, and whether they are the largest, the largest first. */
  readonly kept: number;
  readonly falling: boolean;
  /** Where element k of what is kept of a line stands in the output. */
  readonly placeOf: (line: number, k: number) => number;
}

export function sortedLines(facts: NodeFacts): SortedLines {
  const { shape } = required(facts, 0);
  const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
  const [size, inner] = [shape[axis]!, elementCount(shape.slice(axis + 1))];
  const kept = requiredOutput(facts).shape[axis]!;
  const at = (line: number, k: number, length: number): number =>
    (Math.floor(line / inner) * length + k) * inner + (line % inner);
  return {
    lines: Array.from({ length: elementCount(shape) / Math.max(1, size) }, (_, line) =>
      Array.from({ length: size }, (_value, k) => at(line, k, size)),
    ),
    kept,
    falling: integer(facts.node, 'largest', 1) === 1,
    placeOf: (line, k) => at(line, k, kept),
  };
}

/** The largest (or smallest) k entries along an axis, in order: sorting two vectors brings them no further apart, in any norm. */
export const topK: OperatorDefinition = {
  ops: ['TopK'],
  kind: () => 'pooling',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
    const count =
      facts.input(1) === undefined
        ? integer(facts.node, 'k', 1)
        : requiredNumbers(facts, 1, 'The number of entries')[0]!;
    const taken = shape.map((size, a) => (a === axis ? count : size));
    return [
      { type, shape: taken },
      { type: 'int64', shape: taken },
    ];
  },
  rule: (facts) =>
    integer(facts.node, 'sorted', 1) === 1
      ? { kind: 'gain', input: 0, gains: { l1: one, l2: one, linf: one } }
      : { kind: 'unsupported', reason: 'the order of its entries is not fixed' },
  enclose(facts, [box]) {
    const input = required(facts, 0).shape;
    const { shape } = requiredOutput(facts);
    const axis = positiveAxis(integer(facts.node, 'axis', -1), input.length);
    const falling = integer(facts.node, 'largest', 1) === 1;
    const [size, count, inner] = [input[axis]!, shape[axis]!, elementCount(input.slice(axis + 1))];
    // The k-th largest entry is monotone in every entry, so both ends are sorted on their own.
    const sorted = (numbers: Float64Array): Float64Array => {
      const result = new Float64Array(elementCount(shape));
      for (let outer = 0; outer < numbers.length / (size * inner); outer++)
        for (let k = 0; k < inner; k++) {
          const line = Float64Array.from({ length: size }, (_, i) => numbers[(outer * size + i) * inner + k]!).sort();
          for (let i = 0; i < count; i++) result[(outer * count + i) * inner + k] = line[falling ? size - 1 - i : i]!;
        }
      return result;
    };
    return [{ shape, lower: sorted(box!.lower), upper: sorted(box!.upper) }, enclosureOf(shape, () => [0, size - 1])];
  },
};
