import { askForRegion } from './ask-for-region.ts';
import type { Norm } from '../bound.ts';
import { elementCount } from '../network/tensor.ts';
import { above, gamma } from '../rounding.ts';
import { encloseBroadcast } from './addition.ts';
import { broadcastShape, broadcastSource, copiesOf, copyGain } from './broadcast.ts';
import { elementwisePart } from './centred/products.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition, Ranges } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { constantNumbers, onlyVariable, required, requiredOutput } from './facts.ts';
import { magnitude, over, square, times, type Interval } from './interval.ts';
import { diagonalMap } from './maps/diagonal-map.ts';
import { weightedSelectionMap } from './maps/weighted-selection-map.ts';

const infer: OperatorDefinition['infer'] = (facts) => [
  { type: required(facts, 0).type, shape: broadcastShape([required(facts, 0).shape, required(facts, 1).shape]) },
];

/** x times a constant: every element has its own factor. A broadcast x is copied as well: its columns are orthogonal, and the longest of them is the norm. */
function scaledRule(facts: NodeFacts, variable: number, factors: Float64Array, error: number): LipschitzRule {
  const input = required(facts, variable).shape;
  const output = requiredOutput(facts).shape;
  const each = Float64Array.from(
    broadcastSource(required(facts, 1 - variable).shape, output),
    (from) => factors[from]!,
  );
  if (elementCount(input) === elementCount(output))
    return { kind: 'affine', input: variable, map: diagonalMap(each, error) };
  const source = broadcastSource(input, output);
  const columns = elementCount(input);
  return {
    kind: 'join',
    inputs: [variable],
    combine: (norm, [constant]) => above(above(longestColumn(each, source, columns, norm) * (1 + 2 * error)) * constant!), // prettier-ignore
    exactly: () => ({
      kind: 'sum',
      images: [{ factor: 1, map: { ...weightedSelectionMap(source, each, columns), entryError: error } }],
    }),
  };
}

/** In linf a row counts, which has one entry. */
function longestColumn(entries: Float64Array, source: Int32Array, columns: number, norm: Norm): number {
  if (norm === 'linf') return entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  const sums = new Float64Array(columns);
  for (const [i, entry] of entries.entries()) sums[source[i]!]! += norm === 'l1' ? Math.abs(entry) : entry * entry;
  const most = sums.reduce((so, sum) => Math.max(so, sum), 0) * (1 + gamma(entries.length / Math.max(1, columns) + 4));
  return above(norm === 'l1' ? most : Math.sqrt(most));
}

const largestMagnitude = (box: Enclosure): number =>
  box.lower.reduce((most, low, i) => Math.max(most, magnitude([low, box.upper[i]!])), 0);

/** f g: |f g - f' g'| <= |g| |f - f'| + |f'| |g - g'|, so it needs a region on which both are bounded. */
export const multiply: OperatorDefinition = {
  ops: ['Mul'],
  kind: () => 'scaling',
  infer,
  rule(facts, ranges) {
    const variable = onlyVariable(facts);
    if (variable !== undefined) return scaledRule(facts, variable, constantNumbers(facts, 1 - variable)!, 0);
    return productRule(facts, ranges);
  },
  enclose(facts, ranges) {
    const [left, right] = facts.node.inputs;
    const box = ranges[0]!;
    // The two factors of x x go together.
    if (left === right) return [enclosureOf(box.shape, (i) => square([box.lower[i]!, box.upper[i]!]))];
    return [encloseBroadcast(facts, ranges, times)];
  },
};

function productRule(facts: NodeFacts, ranges: Ranges | undefined): LipschitzRule {
  const sizes = ranges?.map((box) => (box === undefined ? Number.POSITIVE_INFINITY : largestMagnitude(box)));
  if (sizes === undefined || !sizes.every(Number.isFinite))
    return {
      kind: 'unbounded',
      reason: 'it multiplies two tensors that both depend on the input, so its slope grows with them',
      remedy: askForRegion,
    };
  const output = requiredOutput(facts).shape;
  return {
    kind: 'join',
    inputs: [0, 1],
    combine: (norm, constants) =>
      constants.reduce((sum, constant, k) => {
        const copies = copyGain(norm, copiesOf(required(facts, k).shape, output));
        return above(sum + above(above(sizes[1 - k]! * copies) * constant));
      }, 0),
    centred: () => {
      const boxes = [ranges![0]!, ranges![1]!];
      const parts = boxes.map((box, k) => {
        const source = broadcastSource(boxes[1 - k]!.shape, output);
        return elementwisePart(k, box.shape, output, (place) => boundsAt(boxes[1 - k]!, source[place]!));
      });
      return [{ size: elementCount(output), parts }];
    },
  };
}

/** f / c scales; c / f and f / g are bounded only where the divisor stays away from zero. */
export const divide: OperatorDefinition = {
  ops: ['Div'],
  kind: () => 'scaling',
  infer,
  rule(facts, ranges) {
    if (onlyVariable(facts) === 0)
      return scaledRule(
        facts,
        0,
        constantNumbers(facts, 1)!.map((divisor) => 1 / divisor),
        2 ** -52,
      );
    const divisor = ranges?.[1];
    const least = divisor === undefined ? 0 : leastMagnitude(divisor);
    const dividend = ranges?.[0] === undefined ? Number.POSITIVE_INFINITY : largestMagnitude(ranges[0]);
    if (!(least > 0) || !Number.isFinite(dividend))
      return { kind: 'unbounded', reason: 'it divides by a tensor that can come close to zero', remedy: askForRegion };
    const output = requiredOutput(facts).shape;
    const inputs = [0, 1].filter((index) => facts.constant(index) === undefined);
    const slopes = [above(1 / least), above(above(dividend / least) / least)];
    return {
      kind: 'join',
      inputs,
      combine: (norm, constants) =>
        constants.reduce((sum, constant, k) => {
          const index = inputs[k]!;
          const copies = copyGain(norm, copiesOf(required(facts, index).shape, output));
          return above(sum + above(above(slopes[index]! * copies) * constant));
        }, 0),
      centred: () => {
        const [top, bottom] = [ranges![0]!, ranges![1]!];
        const [ofTop, ofBottom] = [broadcastSource(top.shape, output), broadcastSource(bottom.shape, output)];
        // f / g - f' / g' = (f - f') / g - f' (g - g') / (g g'), and the other way round: the mean of both.
        const inverse = (place: number): Interval => over([1, 1], boundsAt(bottom, ofBottom[place]!))!;
        const parts = [
          elementwisePart(0, top.shape, output, inverse),
          elementwisePart(1, bottom.shape, output, (place) => {
            const [low, high] = times(boundsAt(top, ofTop[place]!), times(inverse(place), inverse(place)));
            return [-high, -low];
          }),
        ];
        return [{ size: elementCount(output), parts: inputs.map((index) => parts[index]!) }];
      },
    };
  },
  enclose: (facts, ranges) => [
    encloseBroadcast(facts, ranges, (a, b) => over(a, b) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]),
  ],
};

const boundsAt = (box: Enclosure, at: number): Interval => [box.lower[at]!, box.upper[at]!];

const leastMagnitude = (box: Enclosure): number =>
  box.lower.reduce((least, low, i) => {
    const interval: Interval = [low, box.upper[i]!];
    return Math.min(
      least,
      interval[0] <= 0 && interval[1] >= 0 ? 0 : Math.min(Math.abs(interval[0]), Math.abs(interval[1])),
    );
  }, Number.POSITIVE_INFINITY);

export const negate: OperatorDefinition = {
  ops: ['Neg'],
  kind: () => null,
  infer: (facts) => [required(facts, 0)],
  rule: (facts) => ({
    kind: 'affine',
    input: 0,
    map: diagonalMap(new Float64Array(elementCount(required(facts, 0).shape)).fill(-1)),
  }),
};
