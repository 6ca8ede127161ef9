import { describe, expect, it } from 'vitest';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { exactly, type Enclosure } from '../../core/operators/enclosure.ts';
import type { Slopes } from '../../core/operators/definition.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { networkOf, type AttributeValue } from './small-networks.ts';

/** Written again from the definitions in the ONNX specification, so that a wrong formula in the product is not compared with itself. */
const erfSeries = (x: number): number => {
  // Abramowitz and Stegun 7.1.5, good to 1e-13 for |x| < 4.
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

interface Case {
  readonly op: string;
  readonly attributes?: Record<string, number>;
  readonly text?: Record<string, string>;
  readonly f: (x: number) => number;
  readonly from: number;
  readonly to: number;
}

const cases: readonly Case[] = [
  { op: 'Relu', f: (x) => Math.max(0, x), from: -2, to: 2 },
  { op: 'LeakyRelu', attributes: { alpha: 0.3 }, f: (x) => (x < 0 ? Math.fround(0.3) * x : x), from: -2, to: 2 },
  { op: 'LeakyRelu', attributes: { alpha: -3 }, f: (x) => (x < 0 ? -3 * x : x), from: -2, to: 2 },
  { op: 'HardSigmoid', f: (x) => Math.max(0, Math.min(1, Math.fround(0.2) * x + 0.5)), from: -4, to: 4 },
  { op: 'HardSwish', f: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)), from: -5, to: 5 },
  { op: 'Sigmoid', f: (x) => 1 / (1 + Math.exp(-x)), from: -8, to: 8 },
  { op: 'Tanh', f: Math.tanh, from: -5, to: 5 },
  { op: 'Softplus', f: (x) => Math.log1p(Math.exp(x)), from: -15, to: 15 },
  { op: 'Softsign', f: (x) => x / (1 + Math.abs(x)), from: -3, to: 3 },
  { op: 'Erf', f: erfSeries, from: -2, to: 2 },
  { op: 'Elu', attributes: { alpha: 2.5 }, f: (x) => (x > 0 ? x : 2.5 * (Math.exp(x) - 1)), from: -8, to: 3 },
  { op: 'Elu', attributes: { alpha: -0.5 }, f: (x) => (x > 0 ? x : -0.5 * (Math.exp(x) - 1)), from: -8, to: 3 },
  {
    op: 'Celu',
    attributes: { alpha: 0.5 },
    f: (x) => Math.max(0, x) + Math.min(0, 0.5 * (Math.exp(x / 0.5) - 1)),
    from: -8,
    to: 3,
  },
  {
    op: 'Selu',
    f: (x) => 1.0507010221481323 * (x > 0 ? x : 1.6732631921768188 * Math.expm1(x)),
    from: -8,
    to: 3,
  },
  { op: 'Gelu', f: (x) => 0.5 * x * (1 + erfSeries(x / Math.SQRT2)), from: -2.9, to: 2.9 },
  {
    op: 'Gelu',
    text: { approximate: 'tanh' },
    attributes: { deviation: 3e-7 },
    f: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * (1 + Math.fround(3e-7)) * x ** 3))),
    from: -4,
    to: 4,
  },
  { op: 'Softsign', attributes: { offset: 0.5 }, f: (x) => x / (Math.fround(0.5) + Math.abs(x)), from: -3, to: 3 },
  {
    op: 'Gelu',
    text: { approximate: 'tanh' },
    f: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    from: -5,
    to: 5,
  },
  { op: 'Swish', f: (x) => x / (1 + Math.exp(-x)), from: -12, to: 12 },
  { op: 'Mish', f: (x) => x * Math.tanh(Math.log1p(Math.exp(x))), from: -12, to: 12 },
  { op: 'Sin', f: Math.sin, from: -4, to: 4 },
  { op: 'Cos', f: Math.cos, from: -4, to: 4 },
];

const networkFor = ({ op, attributes, text }: Case) => {
  const floats = Object.entries(attributes ?? {}).map(([name, value]): [string, AttributeValue] => [
    name,
    { float: value },
  ]);
  return inferTypes(
    networkOf({
      opset: 22,
      input: [1],
      nodes: [{ op, inputs: ['x'], attributes: { ...Object.fromEntries(floats), ...text } }],
    }),
  );
};

function slopesOf(one: Case, box?: readonly [number, number]): readonly [number, number] {
  const network = networkFor(one);
  const range: Enclosure | undefined = box && {
    shape: [1],
    lower: Float64Array.of(box[0]),
    upper: Float64Array.of(box[1]),
  };
  const rule = ruleOf(network, network.nodes[0]!, range && [range]);
  if (rule.kind !== 'elementwise') return expect.fail(`${one.op} has a rule of kind ${rule.kind}.`);
  const slopes: Slopes = rule.slopes;
  return slopes.kind === 'same' ? [slopes.lower, slopes.upper] : [slopes.lower[0]!, slopes.upper[0]!];
}

/** Central differences on a fine grid: by the mean value theorem each is a slope that the function has. */
function slopesOnGrid({ f }: Case, from: number, to: number, steps = 40_000): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const h = (to - from) / steps;
  for (let k = 0; k < steps; k++) {
    const slope = (f(from + (k + 1) * h) - f(from + k * h)) / h;
    least = Math.min(least, slope);
    most = Math.max(most, slope);
  }
  // Where slopes jump or have a corner the grid is too coarse.
  for (const [x, step] of [0, -3, 3].flatMap(
    (x) =>
      [
        [x, 1e-7],
        [x, -1e-7],
      ] as const,
  )) {
    if (Math.min(x, x + step) < from || Math.max(x, x + step) > to) continue;
    const slope = (f(x + step) - f(x)) / step;
    least = Math.min(least, slope);
    most = Math.max(most, slope);
  }
  return [least, most];
}

describe('Slopes of activations', () => {
  it.each(cases)(
    '$op $attributes $text: within a millionth of the steepest difference on a fine grid, and never below',
    (one) => {
      const [least, most] = slopesOnGrid(one, one.from, one.to);
      const [lower, upper] = slopesOf(one);
      expect(upper).toBeGreaterThanOrEqual(most - 2e-8);
      expect(lower).toBeLessThanOrEqual(least + 2e-8);
      const reach = Math.max(Math.abs(lower), Math.abs(upper));
      expect(reach - Math.max(Math.abs(least), Math.abs(most))).toBeLessThanOrEqual(1e-6);
    },
  );

  it.each(cases)('$op $attributes $text: on intervals, wide and narrow', (one) => {
    const width = one.to - one.from;
    for (let k = 0; k < 60; k++) {
      const from = one.from + width * ((k * 0.618034) % 1);
      const to = Math.min(one.to, from + width * [0.5, 0.05, 0.004, 0.0005][k % 4]!);
      if (to - from < 1e-6) continue;
      const [least, most] = slopesOnGrid(one, from, to, 400);
      const [lower, upper] = slopesOf(one, [from, to]);
      const noise = 2e-8 + (1e-13 * 400) / (to - from);
      expect(upper, `above on [${from}, ${to}]`).toBeGreaterThanOrEqual(most - noise);
      expect(lower, `below on [${from}, ${to}]`).toBeLessThanOrEqual(least + noise);
    }
  });

  it.each([
    ['Gelu', { approximate: 'tanh' }, 1.4185040087908284, 1.1289930686587718],
    ['Mish', {}, 1.4905711794854284, 1.088498161251728],
  ])('%s %j: an interval that ends just behind the steepest point still knows it', (op, text, at, slope) => {
    // A bend that is off in the fourth digit would lie outside of this interval and be missed.
    const one: Case = { op, text, f: Math.abs, from: 0, to: 1 };
    expect(slopesOf(one, [at - 0.05, at + 1e-7])[1]).toBeGreaterThanOrEqual(slope * (1 - 1e-15));
  });

  it('Celu with a negative alpha grows without limit, so no slope is claimed for it', () => {
    const network = networkFor({ op: 'Celu', attributes: { alpha: -1 }, f: Math.abs, from: 0, to: 1 });
    expect(ruleOf(network, network.nodes[0]!).kind).toBe('unsupported');
  });

  it('towards an end of the line slopes are those that follow, and of gates in the end 0 or 1', () => {
    for (const one of cases) {
      const middle = (one.from + one.to) / 2 + 0.3;
      for (const [box, from, to] of [
        [[middle, Number.POSITIVE_INFINITY], middle, one.to],
        [[Number.NEGATIVE_INFINITY, middle], one.from, middle],
      ] as const) {
        const [lower, upper] = slopesOf(one, box);
        const [least, most] = slopesOnGrid(one, from, to, 4000);
        expect(lower, one.op).toBeLessThanOrEqual(least + 2e-8);
        expect(upper, one.op).toBeGreaterThanOrEqual(most - 2e-8);
      }
    }
    const gates = cases.filter(({ op }) => op === 'Gelu' || op === 'Swish' || op === 'Mish');
    for (const one of gates)
      for (const [box, slope] of [
        [[30, Number.POSITIVE_INFINITY], 1],
        [[Number.NEGATIVE_INFINITY, -40], 0],
      ] as const)
        for (const end of slopesOf(one, box)) expect(end).toBeCloseTo(slope, 9);
    const turned: Case = { op: 'Swish', attributes: { alpha: -1 }, f: (x) => x / (1 + Math.exp(x)), from: 0, to: 1 };
    for (const end of slopesOf(turned, [40, Number.POSITIVE_INFINITY])) expect(end).toBeCloseTo(0, 9);
  });

  it('on a box without an end the slopes of the whole line hold', () => {
    for (const one of cases) {
      const [lower, upper] = slopesOf(one);
      const [low, high] = slopesOf(one, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      expect(low).toBeLessThanOrEqual(lower + 1e-12);
      expect(high).toBeGreaterThanOrEqual(upper - 1e-12);
    }
  });
});

/** Doubles of whole fractions, exactly: p / q as a comparison of integers. */
const isBelow = (double: number, over: bigint, under: bigint): boolean => {
  return exactOf(double) * under <= over * 2n ** 1074n;
};
/** A double times 2^1074, which is whole. */
function exactOf(double: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(double));
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n;
  const fraction = bits & (2n ** 52n - 1n);
  const whole = exponent === 0n ? fraction : (fraction + 2n ** 52n) << (exponent - 1n);
  return double < 0 ? -whole : whole;
}

async function imageOf(
  op: string,
  x: number,
  attributes: Record<string, AttributeValue> = {},
): Promise<[number, number]> {
  const network = inferTypes(
    networkOf({ opset: 22, input: [1], type: 'float64', nodes: [{ op, inputs: ['x'], attributes }] }),
  );
  const image = (await encloseNetwork(network, exactly([1], Float64Array.of(x)), workOf(), 'all')).get('y0')!;
  return [image.lower[0]!, image.upper[0]!];
}

describe('Images of points where formulas cancel', () => {
  it('HardSigmoid close to its left kink, against whole-number arithmetic', async () => {
    for (const x of [-2.4999999999, -2.49999999999999, -2.4999, 1.1, -0.3]) {
      // 0.2 is the float32 next to it: 13421773 / 2^26.
      const [over, under] = [13421773n * exactOf(x) + 2n ** 25n * 2n ** 1074n, 2n ** 26n * 2n ** 1074n];
      const [low, high] = await imageOf('HardSigmoid', x);
      const truth = over < 0n ? 0n : over;
      expect(isBelow(low, truth, under)).toBe(true);
      expect(isBelow(-high, -truth, under)).toBe(true);
    }
  });

  it('HardSwish close to its left kink, against whole-number arithmetic', async () => {
    for (const x of [-2.9999999999, -2.99999999999999, -2.99, 0.1, 2.7]) {
      const scaled = exactOf(x);
      const one = 2n ** 1074n;
      const [over, under] = [scaled * (scaled + 3n * one), 6n * one * one];
      const [low, high] = await imageOf('HardSwish', x);
      expect(isBelow(low, over, under)).toBe(true);
      expect(isBelow(-high, -over, under)).toBe(true);
    }
  });

  // x Phi(x) from tables of the normal distribution computed to 40 digits.
  it.each([
    [-6, -5.91952587022618884e-9],
    [-4, -1.26684967332479685e-4],
    [-8.5, -8.0576045988728206e-17],
    [-20, -5.50724823721246739e-88],
    [-3, -4.04969409489028358e-3],
  ])('Gelu(%d) in its left tail', async (x, value) => {
    const [low, high] = await imageOf('Gelu', x);
    expect(low).toBeLessThanOrEqual(value * (1 - 1e-15));
    expect(high).toBeGreaterThanOrEqual(value * (1 + 1e-15));
    expect(high - low).toBeLessThanOrEqual(Math.abs(value) * 1e-9 + 1e-12);
  });
});
