import { decimal, type Node } from '../network/network.ts';
import { above, below } from '../rounding.ts';
import type { ActivationFunction } from './activation-function.ts';
import type { Interval } from './interval.ts';

/** What is known of a x^2 + c, and of the number that is divided by it: only in the network that is analysed (`core/passes/recognise-of-square.ts`). */
export const ofSquare = (node: Node): { a: number; c: number; over: number } => ({
  a: decimal(node, 'a', 1),
  c: decimal(node, 'c', 0),
  over: decimal(node, 'over', 1),
});

/** Outward by much more than the few roundings of a closed form. */
const around = (size: number): Interval => [below(-size * (1 + 1e-13)), above(size * (1 + 1e-13))];

const infinity = Number.POSITIVE_INFINITY;

/** Even functions of one number that are made of its square: alone, the square has no constant. */
export const functionsOfSquare: Readonly<Record<string, (node: Node) => ActivationFunction>> = {
  /** e^(a x^2 + c) with a < 0: steepest at 1 / sqrt(-2 a). */
  Gaussian(node) {
    const { a, c } = ofSquare(node);
    const [root, peak] = [Math.sqrt(-a), Math.exp(c)];
    return {
      value: (x) => Math.exp(a * x * x + c),
      derivative: (x) => 2 * a * x * Math.exp(a * x * x + c),
      turns: [0],
      bends: [-Math.SQRT1_2 / root, Math.SQRT1_2 / root],
      slopes: around(root * Math.sqrt(2 / Math.E) * peak),
      values: [0, around(peak)[1]],
      limits: [0, 0],
      slopeLimits: [0, 0],
      // The exponential loses as many units as its argument is large, and is 0 from 745 on.
      error: 1e-12 * (1 + Math.abs(c)),
    };
  },
  /** sqrt(a x^2 + c), a smooth |x|. */
  RootOfSquare(node) {
    const { a, c } = ofSquare(node);
    const [root, least] = [Math.sqrt(a), Math.sqrt(c)];
    return {
      value: (x) => Math.hypot(root * x, least),
      derivative: (x) => root * ((root * x) / Math.hypot(root * x, least)),
      turns: [0],
      bends: [],
      slopes: around(root),
      values: [below(least * (1 - 1e-13)), infinity],
      limits: [infinity, infinity],
      slopeLimits: [-root, root],
    };
  },
  /** over / (a x^2 + c): steepest at sqrt(c / 3 a). */
  InverseOfSquare(node) {
    const { a, c, over } = ofSquare(node);
    const steepest = Math.sqrt(c / (3 * a));
    const [, most] = around(Math.abs(over) / c);
    return {
      value: (x) => over / (a * x * x + c),
      derivative: (x) => ((-2 * a * x) / (a * x * x + c)) * (over / (a * x * x + c)),
      turns: [0],
      bends: [-steepest, steepest],
      slopes: around(((Math.abs(over) * 3 * Math.sqrt(3)) / 8) * (Math.sqrt(a / c) / c)),
      values: over < 0 ? [-most, 0] : [0, most],
      limits: [0, 0],
      slopeLimits: [0, 0],
    };
  },
  /** log(a x^2 + c): steepest at sqrt(c / a). */
  LogOfSquare(node) {
    const { a, c } = ofSquare(node);
    const steepest = Math.sqrt(c / a);
    return {
      value: (x) => Math.log(c) + Math.log1p((a * x * x) / c),
      // So written, nothing overflows.
      derivative: (x) => (2 * a) / (a * x + c / x),
      turns: [0],
      bends: [-steepest, steepest],
      slopes: around(Math.sqrt(a / c)),
      limits: [infinity, infinity],
      slopeLimits: [0, 0],
      error: 1e-13,
      cancellation: 1e-14 * (1 + Math.abs(Math.log(c))),
    };
  },
};
