import type { Norm } from '../bound.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import { broadcastShape, broadcastSource, copiesOf, copyGain } from './broadcast.ts';
import type { LipschitzRule, NodeFacts, Offset, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { constantNumbers, onlyVariable, required, requiredOutput, variables } from './facts.ts';
import { minus, over, plus, type Interval } from './interval.ts';
import { diagonalMap } from './maps/diagonal-map.ts';
import { identityMap, selectionMap } from './maps/selection-map.ts';

const infer: OperatorDefinition['infer'] = (facts) => [
  {
    type: required(facts, 0).type,
    shape: broadcastShape(facts.node.inputs.map((_, index) => required(facts, index).shape)),
  },
];

/** The constants of the summands add up (triangle inequality); a summand that is broadcast counts with all its copies. */
const sumRule = (facts: NodeFacts, weight: number, signs: readonly number[] = []): LipschitzRule => {
  const inputs = variables(facts);
  const output = requiredOutput(facts).shape;
  return {
    kind: 'join',
    inputs,
    combine: (norm: Norm, constants) =>
      constants.reduce((sum, constant, k) => {
        const copies = copyGain(norm, copiesOf(required(facts, inputs[k]!).shape, output));
        return above(sum + above(above(weight * copies) * constant));
      }, 0),
    // A factor such as 1/3 is not exact.
    ...(Number.isInteger(Math.log2(weight))
      ? {
          exactly: () => ({
            kind: 'sum',
            images: inputs.map((index) => ({
              factor: weight * (signs[index] ?? 1),
              map: stretch(required(facts, index).shape, output),
            })),
          }),
        }
      : {}),
  };
};

/** x + c: a bias, which leaves distances alone. */
function biasRule(facts: NodeFacts, variable: number, sign: 1 | -1, constantSign: 1 | -1): LipschitzRule {
  const input = required(facts, variable).shape;
  const output = requiredOutput(facts).shape;
  const map =
    sign === -1 && elementCount(input) === elementCount(output)
      ? diagonalMap(new Float64Array(elementCount(output)).fill(-1))
      : stretch(input, output);
  return { kind: 'affine', input: variable, map, offset: () => sumOfConstants(facts, variable, constantSign) };
}

function sumOfConstants(facts: NodeFacts, variable: number, sign: 1 | -1): Offset {
  const output = requiredOutput(facts).shape;
  const values = new Float64Array(elementCount(output));
  let size = 0;
  for (const index of facts.node.inputs.keys()) {
    if (index === variable) continue;
    const numbers = constantNumbers(facts, index)!;
    broadcastSource(required(facts, index).shape, output).forEach((from, i) => {
      values[i]! += sign * numbers[from]!;
      size = Math.max(size, Math.abs(values[i]!));
    });
  }
  const summands = facts.node.inputs.length - 1;
  return { values, error: summands > 1 ? summands * size * 2 ** -52 : 0 };
}

/** Every element, copied to the places that it is broadcast to. */
export const stretch = (from: Shape, to: Shape): ReturnType<typeof identityMap> =>
  elementCount(from) === elementCount(to)
    ? identityMap(elementCount(from))
    : selectionMap(broadcastSource(from, to), elementCount(from));

/** Element by element over broadcast boxes. */
export function encloseBroadcast(
  facts: NodeFacts,
  ranges: readonly (Enclosure | undefined)[],
  combine: (a: Interval, b: Interval) => Interval,
): Enclosure {
  const shape = requiredOutput(facts).shape;
  const sources = ranges.map((box) => broadcastSource(box!.shape, shape));
  return enclosureOf(shape, (i) =>
    ranges
      .map((box, k): Interval => [box!.lower[sources[k]![i]!]!, box!.upper[sources[k]![i]!]!])
      .reduce((sum, interval) => combine(sum, interval)),
  );
}

export const add: OperatorDefinition = {
  ops: ['Add', 'Sum'],
  kind: (facts) => (variables(facts).length > 1 ? 'join' : null),
  infer,
  rule(facts) {
    const variable = onlyVariable(facts);
    return variable === undefined ? sumRule(facts, 1) : biasRule(facts, variable, 1, 1);
  },
  enclose: (facts, ranges) => [encloseBroadcast(facts, ranges, plus)],
};

export const subtract: OperatorDefinition = {
  ops: ['Sub'],
  kind: (facts) => (variables(facts).length > 1 ? 'join' : null),
  infer,
  rule(facts) {
    const variable = onlyVariable(facts);
    if (variable === undefined) return sumRule(facts, 1, [1, -1]);
    if (variable === 0) return biasRule(facts, 0, 1, -1);
    const sameSize = elementCount(required(facts, 1).shape) === elementCount(requiredOutput(facts).shape);
    return sameSize ? biasRule(facts, 1, -1, 1) : sumRule(facts, 1, [1, -1]);
  },
  enclose: (facts, ranges) => [encloseBroadcast(facts, ranges, minus)],
};

/** 1/n, rounded upward where it has to be rounded. */
const meanWeight = (n: number): number => (Number.isInteger(Math.log2(n)) ? 1 / n : above(1 / n));

export const mean: OperatorDefinition = {
  ops: ['Mean'],
  kind: () => 'join',
  infer,
  rule: (facts) => sumRule(facts, meanWeight(facts.node.inputs.length)),
  enclose(facts, ranges) {
    const sum = encloseBroadcast(facts, ranges, plus);
    const count = ranges.length;
    return [enclosureOf(sum.shape, (i) => over([sum.lower[i]!, sum.upper[i]!], [count, count])!)];
  },
};
