import { integer } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above, below } from '../rounding.ts';
import type { Gain, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { positiveAxis, required } from './facts.ts';

const gain = (lower: number, upper: number): Gain => ({ lower, upper, method: 'closed form' });

/** Softmax: its Jacobian diag(p) - p p' has norm at most 1/2 in l1, l2 and linf, attained at two equal entries. */
export const softmax: OperatorDefinition = {
  ops: ['Softmax'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const size = groupOf(facts).size;
    const half = size < 2 ? gain(0, 0) : gain(0.5, 0.5);
    return { kind: 'gain', input: 0, gains: { l1: half, l2: half, linf: half } };
  },
  enclose: (facts, [box]) => [encloseGroups(facts, box!, (low, others) => low / (low + others))],
};

/** LogSoftmax: I - 1 p' has norm at most sqrt(n), n - 1 (1 at n = 2) and 2 in l2, l1 and linf. */
export const logSoftmax: OperatorDefinition = {
  ops: ['LogSoftmax'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const size = groupOf(facts).size;
    if (size < 2) return { kind: 'gain', input: 0, gains: { l1: gain(0, 0), l2: gain(0, 0), linf: gain(0, 0) } };
    return {
      kind: 'gain',
      input: 0,
      gains: { l1: gain(0, Math.max(1, size - 1)), l2: gain(0, above(Math.sqrt(size))), linf: gain(0, 2) },
    };
  },
  enclose: (facts, [box]) => [encloseGroups(facts, box!, (low, others) => Math.log(low) - Math.log(low + others))],
};

interface Group {
  readonly size: number;
  readonly inner: number;
}

/** Before opset 13 all axes from `axis` on form one group; since then only `axis` itself. */
function groupOf(facts: NodeFacts): Group {
  const shape: Shape = required(facts, 0).shape;
  const axis = positiveAxis(integer(facts.node, 'axis', facts.opset < 13 ? 1 : -1), shape.length);
  if (facts.opset < 13) return { size: elementCount(shape.slice(axis)), inner: 1 };
  return { size: shape[axis] ?? 1, inner: elementCount(shape.slice(axis + 1)) };
}

/** Each output grows with its own entry and falls with every other one, so the extremes lie at corners of the box. */
function encloseGroups(facts: NodeFacts, box: Enclosure, output: (own: number, others: number) => number): Enclosure {
  const { size, inner } = groupOf(facts);
  const groupStart = (i: number): number => Math.floor(i / (size * inner)) * size * inner + (i % inner);
  return enclosureOf(box.shape, (i) => {
    const start = groupStart(i);
    const end = (own: Float64Array, other: Float64Array): number => {
      const others: number[] = [];
      for (let k = 0, at = start; k < size; k++, at += inner) if (at !== i) others.push(other[at]!);
      const most = Math.max(own[i]!, ...others);
      const sum = others.reduce((total, value) => total + Math.exp(value - most), 0);
      return output(Math.exp(own[i]! - most), sum);
    };
    const low = end(box.lower, box.upper);
    const high = end(box.upper, box.lower);
    // Exponents and logarithms err by a few units relative to their arguments.
    const slack = (size + 16) * 2 ** -50 * (1 + Math.abs(low) + Math.abs(high));
    return [
      Number.isNaN(low) ? Number.NEGATIVE_INFINITY : below(low - slack),
      Number.isNaN(high) ? Number.POSITIVE_INFINITY : above(high + slack),
    ];
  });
}
