import { decimal, text, type Node } from '../network/network.ts';
import { above, below } from '../rounding.ts';
import {
  branchOn,
  erf,
  erfc,
  imageOf,
  leaky,
  piecewiseLinear,
  sigmoid,
  slopesOn,
  type ActivationFunction,
} from './activation-function.ts';
import { linesOn } from './activation-lines.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import * as curvatures from './curvature.ts';
import { enclosureOf } from './enclosure.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { isEverything } from './half-open.ts';
import { functionsOfSquare } from './of-square.ts';
import { jump } from './steps.ts';
import { power } from './power.ts';
import { thresholds } from './thresholds.ts';
import { trigonometric } from './trigonometric.ts';

/** One operator per function; the constants are those of ALGORITHMS B7, rounded outward, and checked by a test on a fine grid. */
const functions: Readonly<Record<string, (node: Node, facts: NodeFacts) => ActivationFunction | string>> = {
  ...trigonometric,
  ...thresholds,
  ...functionsOfSquare,
  Relu: () => piecewiseLinear((x) => Math.max(0, x), [0], [0, 1]),
  LeakyRelu: (node) => leaky(decimal(node, 'alpha', 0.01)),
  Abs: () => piecewiseLinear(Math.abs, [0], [-1, 1]),
  Clip: (_, facts) => clip(facts),
  HardSigmoid: (node) => hardSigmoid(decimal(node, 'alpha', 0.2), decimal(node, 'beta', 0.5)),
  HardSwish: () => ({
    // x + 3 does not cancel as x / 6 + 1/2 does.
    value: (x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
    derivative: (x, side) =>
      x < -3 || (x === -3 && side === 'left') ? 0 : x > 3 || (x === 3 && side === 'right') ? 1 : (2 * x + 3) / 6,
    turns: [-3, -1.5],
    bends: [-3, 3],
    slopes: [-0.5, 1.5],
  }),
  Sigmoid: () => ({
    value: sigmoid,
    derivative: (x) => sigmoid(x) * sigmoid(-x),
    turns: [],
    bends: [0],
    slopes: [0, 0.25],
    values: [0, 1],
    curvature: curvatures.sigmoid,
  }),
  Tanh: () => ({
    value: Math.tanh,
    // 1 - tanh^2 cancels for large x; 1 / cosh^2 does not.
    derivative: (x) => 1 / Math.cosh(x) ** 2,
    turns: [],
    bends: [0],
    slopes: [0, 1],
    values: [-1, 1],
    curvature: curvatures.tanh,
  }),
  Softplus: () => ({
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    derivative: sigmoid,
    turns: [],
    bends: [],
    slopes: [0, 1],
    values: [0, Number.POSITIVE_INFINITY],
    curvature: curvatures.softplus,
  }),
  // log(sigmoid(x)) = -softplus(-x); only in the network that is analysed.
  LogSigmoid: () => ({
    value: (x) => -softplus(-x),
    derivative: (x) => sigmoid(-x),
    turns: [],
    bends: [],
    slopes: [0, 1],
    values: [Number.NEGATIVE_INFINITY, 0],
    curvature: curvatures.softplus,
  }),
  Softsign: (node) => softsign(decimal(node, 'offset', 1)),
  Erf: () => ({
    value: erf,
    derivative: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
    turns: [],
    bends: [0],
    slopes: [0, above(2 / Math.sqrt(Math.PI))],
    values: [-1, 1],
    error: 1e-13,
    curvature: curvatures.erf,
  }),
  Elu: (node) => elu(decimal(node, 'alpha', 1), 1, 1),
  Celu: (node) => elu(decimal(node, 'alpha', 1), 1, decimal(node, 'alpha', 1)),
  Selu: (node) =>
    elu(decimal(node, 'alpha', 1.67326319217681884765625), decimal(node, 'gamma', 1.05070102214813232421875), 1),
  Gelu: (node) =>
    stretchedBy(
      decimal(node, 'stretch', 1),
      text(node, 'approximate', 'none') === 'tanh' ? geluTanh(decimal(node, 'deviation', 0)) : geluErf,
    ),
  Swish: (node) => {
    const alpha = decimal(node, 'alpha', 1);
    return alpha === 0 ? piecewiseLinear((x) => x / 2, [], [0.5]) : stretchedBy(alpha, silu);
  },
  Mish: () => ({
    value: (x) => x * Math.tanh(softplus(x)),
    derivative: (x) => Math.tanh(softplus(x)) + (x * sigmoid(x)) / Math.cosh(softplus(x)) ** 2,
    turns: [-1.1924312145154952],
    bends: [-2.256376396360793, 1.4905711794854284],
    slopes: [-0.11252612238946257, 1.0884981612517281],
    ...gated,
    error: 1e-12,
    cancellation: 1e-14,
  }),
  Reciprocal: () => power(-1),
  Exp: () => ({
    value: Math.exp,
    derivative: Math.exp,
    turns: [],
    bends: [],
    slopes: [0, Number.POSITIVE_INFINITY],
    values: [0, Number.POSITIVE_INFINITY],
  }),
  Log: () => ({
    value: Math.log,
    derivative: (x) => (x > 0 ? 1 / x : Number.POSITIVE_INFINITY),
    turns: [],
    bends: [],
    slopes: [0, Number.POSITIVE_INFINITY],
    domain: [0, Number.POSITIVE_INFINITY],
  }),
  Sqrt: () => ({
    value: (x) => Math.sqrt(Math.max(0, x)),
    derivative: (x) => (x > 0 ? 0.5 / Math.sqrt(x) : Number.POSITIVE_INFINITY),
    turns: [],
    bends: [],
    slopes: [0, Number.POSITIVE_INFINITY],
    domain: [0, Number.POSITIVE_INFINITY],
  }),
};

/** What is x times a share that goes from 0 to 1 vanishes on the left and grows on the right. */
const gated: Pick<ActivationFunction, 'limits' | 'slopeLimits'> = {
  limits: [0, Number.POSITIVE_INFINITY],
  slopeLimits: [0, 1],
};

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
const normalDistribution = (x: number): number => 0.5 * erfc(-x / Math.SQRT2);

/**
 * f(s x) / s, which has the slopes of f. A GELU written out with a float32 constant in place of sqrt(2) is one, with s close to 1
 * ("stretch" is set where the network was recognised, no file has it).
 */
function stretchedBy(s: number, f: ActivationFunction): ActivationFunction {
  if (s === 1) return f;
  const [left, right] = f.limits ?? [Number.NaN, Number.NaN];
  const [leftSlope, rightSlope] = f.slopeLimits ?? [Number.NaN, Number.NaN];
  return {
    ...f,
    limits: s > 0 ? [left / s, right / s] : [right / s, left / s],
    slopeLimits: s > 0 ? [leftSlope, rightSlope] : [rightSlope, leftSlope],
    value: (x) => f.value(s * x) / s,
    derivative: (x, side) => f.derivative(s * x, side),
    turns: f.turns.map((turn) => turn / s),
    bends: f.bends.map((bend) => bend / s),
    ...(f.curvature === undefined ? {} : { curvature: curvatures.stretched(s, f.curvature) }),
    cancellation: (f.cancellation ?? 0) / Math.min(1, Math.abs(s)),
  };
}

/** x / (c + |x|). */
const softsign = (c: number): ActivationFunction => ({
  value: (x) => x / (c + Math.abs(x)),
  derivative: (x) => c / (c + Math.abs(x)) ** 2,
  turns: [],
  bends: [0],
  slopes: [0, c === 1 ? 1 : above(1 / c)],
  values: [-1, 1],
  limits: [-1, 1],
});

/** x Phi(x): slopes are extreme at +-sqrt(2). */
const geluErf: ActivationFunction = {
  value: (x) => x * normalDistribution(x),
  derivative: (x) => normalDistribution(x) + x * normalDensity(x),
  turns: [-0.7517915246935645],
  bends: [-Math.SQRT2, Math.SQRT2],
  slopes: [-0.1289041451851548, 1.1289041451851549],
  ...gated,
  curvature: curvatures.gelu,
  error: 1e-11,
  cancellation: 1e-13,
};

/**
 * x (1 + tanh c(x)) / 2 with c(x) = sqrt(2/pi) (x + 0.044715 (1 + deviation) x^3). Written out in float32 the cubic coefficient is a little
 * off, by less than 1e-6; the slopes move by less than twice the deviation, the turns so little that it shows in the twelfth digit.
 */
function geluTanh(deviation: number): ActivationFunction {
  const third = 0.044715 * (1 + deviation);
  const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + third * x ** 3);
  return {
    // (1 + tanh c) / 2 is sigmoid(2 c), which does not cancel.
    value: (x) => x * sigmoid(2 * inner(x)),
    derivative: (x) =>
      sigmoid(2 * inner(x)) + (0.5 * x * Math.sqrt(2 / Math.PI) * (1 + 3 * third * x * x)) / Math.cosh(inner(x)) ** 2,
    turns: [-0.7524614220710162],
    bends: [-1.4185040087908284, 1.4185040087908284],
    slopes: [-0.1289930686587718 - 2 * Math.abs(deviation), 1.1289930686587718 + 2 * Math.abs(deviation)],
    ...gated,
    // Of the exact form: a deviation of 1e-6 moves the turns so little that it does not show in what is 0 there.
    curvature: curvatures.geluTanh(third, deviation),
    error: 1e-11,
    cancellation: 1e-13,
  };
}

const silu: ActivationFunction = {
  value: (x) => x * sigmoid(x),
  derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
  turns: [-1.278464542761074],
  bends: [-2.39935728052, 2.39935728052],
  slopes: [-0.09983932012886693, 1.0998393201288671],
  ...gated,
  curvature: curvatures.silu,
  error: 1e-12,
  cancellation: 1e-14,
};

function elu(alpha: number, scale: number, width: number): ActivationFunction | string {
  if (scale <= 0 || width <= 0) return 'its parameters are not positive';
  const slopeAtZero = (scale * alpha) / width;
  return {
    value: (x) => (x > 0 ? scale * x : scale * alpha * Math.expm1(x / width)),
    derivative: (x, side) => (x > 0 || (x === 0 && side === 'right') ? scale : slopeAtZero * Math.exp(x / width)),
    turns: alpha < 0 ? [0] : [],
    bends: [0],
    slopes: [slopeAtZero < 0 ? below(slopeAtZero) : 0, slopeAtZero > scale ? above(slopeAtZero) : scale],
    // exp(x / width) loses as many units as x / width is large.
    error: 1e-13,
  };
}

function hardSigmoid(alpha: number, beta: number): ActivationFunction | string {
  if (alpha <= 0) return 'its alpha is not positive';
  const kinks = [-beta / alpha, (1 - beta) / alpha];
  const line = piecewiseLinear((x) => Math.max(0, Math.min(1, alpha * x + beta)), kinks, [0, alpha, 0]);
  // The kinks are rounded, so no slope near them is trusted; alpha x + beta cancels there.
  return {
    ...line,
    bends: [...kinks.map(below), ...kinks, ...kinks.map(above)],
    cancellation: (Math.abs(beta) + 2) * 2 ** -51,
  };
}

function clip(facts: NodeFacts): ActivationFunction | string {
  const least =
    facts.input(1) === undefined
      ? decimal(facts.node, 'min', Number.NEGATIVE_INFINITY)
      : constantNumbers(facts, 1)?.[0];
  const most =
    facts.input(2) === undefined
      ? decimal(facts.node, 'max', Number.POSITIVE_INFINITY)
      : constantNumbers(facts, 2)?.[0];
  if (least === undefined || most === undefined) return 'its limits depend on the input';
  const value = (x: number): number => Math.min(most, Math.max(least, x));
  return least >= most ? piecewiseLinear(() => most, [], [0]) : piecewiseLinear(value, [least, most], [0, 1, 0]);
}

function definitionOf(
  op: string,
  functionOf: (node: Node, facts: NodeFacts) => ActivationFunction | string,
): OperatorDefinition {
  return {
    ops: [op],
    kind: () => 'activation',
    infer: (facts) => [required(facts, 0)],
    rule(facts, ranges) {
      const f = functionOf(facts.node, facts);
      if (typeof f === 'string') return { kind: 'unsupported', reason: f };
      if (f.jumps === true) return jump;
      const box = ranges?.[0];
      if (box !== undefined && !isEverything(box)) {
        const { shape } = requiredOutput(facts);
        const slopes = enclosureOf(shape, (i) => {
          const branch = branchOn(f, box.lower[i]!, box.upper[i]!);
          return branch === undefined ? f.slopes : slopesOn(branch, [box.lower[i]!, box.upper[i]!]);
        });
        if (slopes.upper.every(Number.isFinite) && slopes.lower.every(Number.isFinite))
          return {
            kind: 'elementwise',
            input: 0,
            slopes: { kind: 'each', lower: slopes.lower, upper: slopes.upper },
            lines: () => linesOn(() => f, box),
          };
      }
      if (f.slopes.every(Number.isFinite))
        return { kind: 'elementwise', input: 0, slopes: { kind: 'same', lower: f.slopes[0], upper: f.slopes[1] } };
      return {
        kind: 'unbounded',
        reason: `the slope of ${op} grows without limit`,
        remedy: 'Ask for a bounded region on which its input stays inside a safe range.',
      };
    },
    enclose(facts, [box]) {
      const f = functionOf(facts.node, facts);
      const { shape } = requiredOutput(facts);
      if (typeof f === 'string') return [enclosureOf(shape, () => everything)];
      return [
        enclosureOf(shape, (i) => {
          const branch = branchOn(f, box!.lower[i]!, box!.upper[i]!);
          return branch === undefined ? (f.values ?? everything) : imageOf(branch, [box!.lower[i]!, box!.upper[i]!]);
        }),
      ];
    },
  };
}

const everything = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** The function of a node that applies one to every element; undefined where it has none that is known. */
export function functionOf(facts: NodeFacts): ActivationFunction | undefined {
  const found = functions[facts.node.op]?.(facts.node, facts);
  return found === undefined || typeof found === 'string' || found.jumps === true ? undefined : found;
}

export const activations: readonly OperatorDefinition[] = Object.entries(functions).map(([op, functionOf]) =>
  definitionOf(op, functionOf),
);
