import { integer, integers } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { Gain, LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { positiveAxis, required, requiredNumbers, requiredOutput } from './facts.ts';
import { indicesByStep } from './broadcast.ts';
import type { LinearMap } from './linear-map.ts';
import { averagesAlong, sumsAlong } from './pooling.ts';

export function reducedAxes(facts: NodeFacts): readonly number[] {
  const axes = required(facts, 0).shape.length;
  const given =
    integers(facts.node, 'axes') ?? (facts.input(1) === undefined ? [] : requiredNumbers(facts, 1, 'The axes'));
  if (given.length === 0)
    return integer(facts.node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: axes }, (_, axis) => axis);
  return given.map((axis) => positiveAxis(axis, axes)).sort((a, b) => a - b);
}

export const inferReduction: OperatorDefinition['infer'] = (facts) => {
  const { type, shape } = required(facts, 0);
  const axes = reducedAxes(facts);
  const keep = integer(facts.node, 'keepdims', 1) === 1;
  return [{ type, shape: shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keep ? [1] : [])) }];
};

const linear = (ops: string, mapOf: (shape: Shape, axes: readonly number[]) => LinearMap): OperatorDefinition => ({
  ops: [ops],
  kind: () => 'pooling',
  infer: inferReduction,
  rule: (facts) => ({ kind: 'affine', input: 0, map: mapOf(required(facts, 0).shape, reducedAxes(facts)) }),
});

export const reduceMean = linear('ReduceMean', averagesAlong);
export const reduceSum = linear('ReduceSum', sumsAlong);

const one: Gain = { lower: 1, upper: 1, method: 'closed form' };
const lipschitzOne: LipschitzRule = { kind: 'gain', input: 0, gains: { l1: one, l2: one, linf: one } };

export function encloseReduction(
  facts: NodeFacts,
  box: Enclosure,
  combine: (numbers: readonly number[], side: 'lower' | 'upper') => number,
): Enclosure {
  return encloseGroups(facts, box, (lower, upper) => [combine(lower, 'lower'), combine(upper, 'upper')]);
}

/** The entries that are reduced to one, as intervals. */
export function encloseGroups(
  facts: NodeFacts,
  box: Enclosure,
  combine: (lower: readonly number[], upper: readonly number[]) => readonly [number, number],
): Enclosure {
  const { bases, offsets } = reduction(facts);
  const pick = (numbers: Float64Array, base: number): number[] =>
    Array.from(offsets, (offset) => numbers[base + offset]!);
  return enclosureOf(requiredOutput(facts).shape, (i) =>
    combine(pick(box.lower, bases[i]!), pick(box.upper, bases[i]!)),
  );
}

/** For every element of the output: the elements of the input that are reduced to it. */
export function reducedGroups(facts: NodeFacts): readonly (readonly number[])[] {
  const { bases, offsets } = reduction(facts);
  return Array.from(bases, (base) => Array.from(offsets, (offset) => base + offset));
}

/** Element i of the output is made of elements bases[i] + offsets[k] of the input. */
function reduction(facts: NodeFacts): { readonly bases: Int32Array; readonly offsets: Int32Array } {
  const shape = required(facts, 0).shape;
  const axes = reducedAxes(facts);
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return {
    bases: indicesByStep(kept, steps, 0),
    offsets: indicesByStep(
      axes.map((axis) => shape[axis]!),
      axes.map((axis) => steps[axis]!),
      0,
    ),
  };
}

/** The largest or smallest entry of each group is 1-Lipschitz in every norm, attained. */
const extreme = (op: string, pick: (a: number, b: number) => number): OperatorDefinition => ({
  ops: [op],
  kind: () => 'pooling',
  infer: inferReduction,
  rule: () => lipschitzOne,
  enclose: (facts, [box]) => [encloseReduction(facts, box!, (numbers) => numbers.reduce((a, b) => pick(a, b)))],
});

export const reduceMax = extreme('ReduceMax', Math.max);
export const reduceMin = extreme('ReduceMin', Math.min);

/** log sum exp: its gradient is a softmax, of norm at most 1 in l1 to l1, l2 and linf. */
export const reduceLogSumExp: OperatorDefinition = {
  ops: ['ReduceLogSumExp'],
  kind: () => 'pooling',
  infer: inferReduction,
  rule: () => lipschitzOne,
  enclose: (facts, [box]) => [
    encloseReduction(facts, box!, (numbers, side) => {
      const most = numbers.reduce((a, b) => Math.max(a, b));
      const value = most + Math.log(numbers.reduce((sum, x) => sum + Math.exp(x - most), 0));
      const slack = (numbers.length + 16) * 2 ** -50 * (1 + Math.abs(value));
      return side === 'lower' ? value - slack : above(value + slack);
    }),
  ],
};
