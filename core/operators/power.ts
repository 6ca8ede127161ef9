import { elementCount } from '../network/tensor.ts';
import { branchOn, imageOf, piecewiseLinear, slopesOn, type ActivationFunction } from './activation-function.ts';
import { broadcastShape, broadcastSource } from './broadcast.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf } from './enclosure.ts';
import { constantNumbers, onlyVariable, required, requiredOutput } from './facts.ts';

/** x to a constant power: even and odd whole powers everywhere, all others right of zero. */
export function power(exponent: number): ActivationFunction {
  if (exponent === 1) return piecewiseLinear((x) => x, [], [1]);
  if (exponent === 0) return piecewiseLinear(() => 1, [], [0]);
  const whole = Number.isInteger(exponent) && exponent > 0;
  const even = exponent % 2 === 0;
  return {
    value: (x) => (whole ? x : Math.max(0, x)) ** exponent,
    derivative: (x) => (whole || x > 0 || exponent > 1 ? exponent * x ** (exponent - 1) : Number.POSITIVE_INFINITY),
    turns: even ? [0] : [],
    bends: exponent > 1 && exponent < 2 ? [] : [0],
    slopes: [
      exponent < 0 || (whole && even) ? Number.NEGATIVE_INFINITY : 0,
      exponent < 0 ? 0 : Number.POSITIVE_INFINITY,
    ],
    ...(whole && even ? { values: [0, Number.POSITIVE_INFINITY] as const } : {}),
    ...(whole ? {} : { domain: [exponent < 0 ? Number.MIN_VALUE : 0, Number.POSITIVE_INFINITY] as const }),
    ...(exponent < 0 && Number.isInteger(exponent) ? { left: leftOfPole(exponent) } : {}),
    error: 1e-13,
  };
}

/** 1 / x and its powers, left of zero. */
const leftOfPole = (exponent: number): ActivationFunction => ({
  value: (x) => x ** exponent,
  derivative: (x) => exponent * x ** (exponent - 1),
  turns: [],
  bends: [],
  slopes: exponent % 2 === 0 ? [0, Number.POSITIVE_INFINITY] : [Number.NEGATIVE_INFINITY, 0],
  domain: [Number.NEGATIVE_INFINITY, -Number.MIN_VALUE],
  error: 1e-13,
});

/** A constant to the power of x. */
function exponential(base: number): ActivationFunction | undefined {
  if (!(base > 0)) return undefined;
  const rate = Math.log(base);
  return {
    value: (x) => base ** x,
    derivative: (x) => rate * base ** x,
    turns: [],
    bends: [],
    slopes: rate < 0 ? [Number.NEGATIVE_INFINITY, 0] : [0, rate === 0 ? 0 : Number.POSITIVE_INFINITY],
    error: 1e-12,
  };
}

/** Which input varies, and the function of it that makes every element. */
function elementsOf(
  facts: NodeFacts,
): { readonly input: 0 | 1; readonly at: (index: number) => ActivationFunction } | string {
  const input = onlyVariable(facts) === 1 ? 1 : 0;
  const numbers = constantNumbers(facts, 1 - input);
  if (numbers === undefined) return 'its base and its exponent both depend on the input';
  const make = input === 0 ? power : exponential;
  const made = new Map([...new Set(numbers)].map((number) => [number, make(number)] as const));
  if ([...made.values()].includes(undefined)) return 'its base is not positive';
  const source = broadcastSource(required(facts, 1 - input).shape, requiredOutput(facts).shape);
  return { input, at: (index) => made.get(numbers[source[index]!]!)! };
}

const everything = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

export const pow: OperatorDefinition = {
  ops: ['Pow'],
  kind: () => 'activation',
  infer: (facts) => [
    { type: required(facts, 0).type, shape: broadcastShape([required(facts, 0).shape, required(facts, 1).shape]) },
  ],
  rule(facts, ranges) {
    const elements = elementsOf(facts);
    if (typeof elements === 'string') return { kind: 'unsupported', reason: elements };
    const { input, at } = elements;
    const { shape } = requiredOutput(facts);
    if (elementCount(shape) !== elementCount(required(facts, input).shape))
      return { kind: 'unsupported', reason: 'it makes copies of its input' };
    const box = ranges?.[input];
    const slopes = enclosureOf(shape, (i) => {
      const f = at(i);
      const [low, high] = [box?.lower[i], box?.upper[i]];
      const branch = low === undefined || high === undefined ? undefined : branchOn(f, low, high);
      return branch === undefined ? f.slopes : slopesOn(branch, [low!, high!]);
    });
    if (slopes.lower.every(Number.isFinite) && slopes.upper.every(Number.isFinite))
      return { kind: 'elementwise', input, slopes: { kind: 'each', lower: slopes.lower, upper: slopes.upper } };
    return {
      kind: 'unbounded',
      reason: 'the slope of Pow grows without limit',
      remedy: 'Ask for a bounded region on which its input stays inside a safe range.',
    };
  },
  enclose(facts, ranges) {
    const elements = elementsOf(facts);
    const { shape } = requiredOutput(facts);
    if (typeof elements === 'string') return [enclosureOf(shape, () => everything)];
    const box = ranges[elements.input]!;
    const source = broadcastSource(box.shape, shape);
    return [
      enclosureOf(shape, (i) => {
        const f = elements.at(i);
        const [low, high] = [box.lower[source[i]!]!, box.upper[source[i]!]!];
        const branch = branchOn(f, low, high);
        return branch === undefined ? everything : imageOf(branch, [low, high]);
      }),
    ];
  },
};
