import { decimal } from '../../network/network.ts';
import { functionOf } from '../activations.ts';
import type { NodeFacts } from '../definition.ts';
import { isEverything } from '../half-open.ts';
import { ofSquare } from '../of-square.ts';
import { above } from '../../rounding.ts';
import { constantNumbers, onlyVariable } from '../facts.ts';
import { ofOne, type CurvatureRule } from './curvature.ts';

/** The second derivative of a function of one number, as far as a bound needs it; of functions that are smooth everywhere their own `Curvature` says it. */
interface Bent {
  /** The largest size anywhere; Infinity where there is none. */
  readonly everywhere: number;
  /** Where the second derivative is known: between two neighbouring `turns` it is monotone. */
  readonly second?: (x: number) => number;
  readonly turns?: readonly number[];
  /** Beyond it there is no second derivative to speak of. */
  readonly domain?: readonly [number, number];
}

const exponentialLinear = (alpha: number, scale: number, width: number): Bent => ({
  everywhere: Math.abs((scale * alpha) / (width * width)),
});

/** Between -1 and 1 only, monotone there. */
const inUnit = (second: (x: number) => number): Bent => ({
  everywhere: Number.POSITIVE_INFINITY,
  second,
  turns: [],
  domain: [-1, 1],
});

/** Functions that do not have further derivatives everywhere; a test compares their largest sizes with a fine grid of difference quotients. */
const known: Readonly<Record<string, (facts: NodeFacts) => Bent>> = {
  Softsign: ({ node }) => ({ everywhere: 2 / decimal(node, 'offset', 1) ** 2 }),
  Mish: () => ({ everywhere: 0.6443 }),
  Elu: ({ node }) => exponentialLinear(decimal(node, 'alpha', 1), 1, 1),
  Celu: ({ node }) => exponentialLinear(decimal(node, 'alpha', 1), 1, decimal(node, 'alpha', 1)),
  Selu: ({ node }) =>
    exponentialLinear(
      decimal(node, 'alpha', 1.67326319217681884765625),
      decimal(node, 'gamma', 1.05070102214813232421875),
      1,
    ),
  /** x (x + 3) / 6 between its kinks. */
  HardSwish: () => ({ everywhere: above(1 / 3) }),
  Gaussian: ({ node }) => ({ everywhere: above(-2 * ofSquare(node).a * Math.exp(ofSquare(node).c) * (1 + 1e-13)) }),
  RootOfSquare: ({ node }) => ({ everywhere: above((ofSquare(node).a / Math.sqrt(ofSquare(node).c)) * (1 + 1e-13)) }),
  InverseOfSquare({ node }) {
    const { a, c, over } = ofSquare(node);
    return { everywhere: above(((2 * a * Math.abs(over)) / (c * c)) * (1 + 1e-13)) };
  },
  LogOfSquare: ({ node }) => ({ everywhere: above(((2 * ofSquare(node).a) / ofSquare(node).c) * (1 + 1e-13)) }),
  Sin: () => ({ everywhere: 1 }),
  Cos: () => ({ everywhere: 1 }),
  Asinh: () => ({ everywhere: above(2 / (3 * Math.sqrt(3))) }),
  Sinh: () => ({ everywhere: Number.POSITIVE_INFINITY, second: Math.sinh, turns: [] }),
  Cosh: () => ({ everywhere: Number.POSITIVE_INFINITY, second: Math.cosh, turns: [0] }),
  Tan: () => ({
    everywhere: Number.POSITIVE_INFINITY,
    second: (x) => (2 * Math.tan(x)) / Math.cos(x) ** 2,
    turns: [],
    domain: [-Math.PI / 2, Math.PI / 2],
  }),
  Asin: () => inUnit((x) => x / (1 - x * x) ** 1.5),
  Acos: () => inUnit((x) => x / (1 - x * x) ** 1.5),
  Atanh: () => inUnit((x) => (2 * x) / (1 - x * x) ** 2),
  Acosh: () => ({
    everywhere: Number.POSITIVE_INFINITY,
    second: (x) => x / (x * x - 1) ** 1.5,
    turns: [],
    domain: [1, Infinity],
  }),
  Atan: () => ({ everywhere: (3 * Math.sqrt(3)) / 8 }),
  Exp: () => ({ everywhere: Number.POSITIVE_INFINITY, second: Math.exp, turns: [] }),
  Log: () => ({ everywhere: Number.POSITIVE_INFINITY, second: (x) => -1 / (x * x), turns: [], domain: [0, Infinity] }),
  Sqrt: () => ({
    everywhere: Number.POSITIVE_INFINITY,
    second: (x) => -0.25 * x ** -1.5,
    turns: [],
    domain: [0, Infinity],
  }),
  Reciprocal: () => ({
    everywhere: Number.POSITIVE_INFINITY,
    second: (x) => 2 / x ** 3,
    turns: [],
    domain: [0, Infinity],
  }),
  Pow(facts) {
    const exponents = onlyVariable(facts) === 0 ? constantNumbers(facts, 1) : undefined;
    const exponent = exponents?.length === 1 ? exponents[0]! : Number.NaN;
    if (!Number.isInteger(exponent) || exponent < 0) return { everywhere: Number.POSITIVE_INFINITY };
    const factor = exponent * (exponent - 1);
    return {
      everywhere: exponent < 3 ? factor : Number.POSITIVE_INFINITY,
      second: (x) => factor * x ** Math.max(0, exponent - 2),
      turns: [0],
    };
  },
};

/** Of the computed second derivative, relative; the turns are rounded, which shows in the square of the last digits. */
const slack = 1 + 1e-9;

function largestOn({ everywhere, second, turns = [], domain }: Bent, low: number, high: number): number {
  if (second === undefined || (domain !== undefined && !(low > domain[0] && high < domain[1]))) return everywhere;
  const ends = [low, high].filter(Number.isFinite);
  // A function that is bounded everywhere falls to nothing far out, where its turns still count.
  if (ends.length < 2 && !Number.isFinite(everywhere)) return everywhere;
  const inside = turns.filter((turn) => turn >= low - 1e-9 && turn <= high + 1e-9);
  const most = [...ends, ...inside].reduce((largest, x) => Math.max(largest, Math.abs(second(x))), 0);
  return Number.isNaN(most) ? everywhere : Math.min(everywhere, most * slack + 1e-300);
}

const ruleOf =
  (bentOf: (facts: NodeFacts) => Bent): CurvatureRule =>
  (facts, ranges) => {
    const bent = bentOf(facts);
    const input = onlyVariable(facts) ?? 0;
    const box = ranges?.[input];
    let largest = bent.everywhere;
    if (box !== undefined && !isEverything(box)) {
      largest = 0;
      for (let i = 0; i < box.lower.length; i++)
        largest = Math.max(largest, largestOn(bent, box.lower[i]!, box.upper[i]!));
    }
    return Number.isFinite(largest)
      ? ofOne(above(largest * (1 + 1e-12)), input)
      : `the second derivative of ${facts.node.op} grows without limit`;
  };

/** The operator's own function says it. */
const smoothEverywhere = ['Sigmoid', 'Tanh', 'Softplus', 'LogSigmoid', 'Erf', 'Gelu', 'Swish'] as const;

function ofFunction(facts: NodeFacts): Bent {
  const curvature = functionOf(facts)?.curvature;
  // x / 2 is all that is left of a Swish with alpha 0.
  if (curvature === undefined) return { everywhere: 0 };
  const { largest, second, bends } = curvature;
  return { everywhere: largest, second, turns: bends };
}

export const activationCurvatures: Readonly<Record<string, CurvatureRule>> = {
  ...Object.fromEntries(smoothEverywhere.map((op) => [op, ruleOf(ofFunction)])),
  ...Object.fromEntries(Object.entries(known).map(([op, bentOf]) => [op, ruleOf(bentOf)])),
};
