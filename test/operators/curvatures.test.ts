import { describe, expect, it } from 'vitest';
import { activationCurvatures } from '../../core/operators/curvatures/activations.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { networkOf, type NodeSketch } from './small-networks.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (alpha: number) => (x: number) => (x < 0 ? alpha * Math.expm1(x) : x);

/** Each operator as a textbook writes it, where it has no kinks, and a box in which it is asked as well. */
const functions: Readonly<
  Record<string, { f: (x: number) => number; from: number; attributes?: NodeSketch['attributes'] }>
> = {
  Sigmoid: { f: logistic, from: -12 },
  Tanh: { f: Math.tanh, from: -8 },
  Softplus: { f: softplus, from: -12 },
  Softsign: { f: (x) => x / (1 + Math.abs(x)), from: -8 },
  Mish: { f: (x) => x * Math.tanh(softplus(x)), from: -12 },
  Elu: { f: elu(0.7), from: -8, attributes: { alpha: { float: 0.7 } } },
  Sin: { f: Math.sin, from: -8 },
  Cos: { f: Math.cos, from: -8 },
  Atan: { f: Math.atan, from: -8 },
  Exp: { f: Math.exp, from: -3 },
};
const kinks: Readonly<Record<string, readonly number[]>> = { Softsign: [0], Elu: [0] };

const boundOf = (
  op: string,
  attributes: NodeSketch['attributes'],
  box?: readonly [number, number],
): number | string => {
  const network = inferTypes(
    networkOf({ input: [1, 1], nodes: [{ op, inputs: ['x'], ...(attributes && { attributes }) }] }),
  );
  const ranges = box && [{ shape: [1, 1], lower: Float64Array.of(box[0]), upper: Float64Array.of(box[1]) }];
  const rule = activationCurvatures[op]!(factsOf(network, network.nodes[0]!), ranges);
  return typeof rule === 'string' ? rule : rule([1]);
};

/** The largest second difference quotient on a fine grid, which no bound of the second derivative may lie below. */
function seen(f: (x: number) => number, from: number, to: number, avoid: readonly number[]): number {
  const step = 1e-3;
  let most = 0;
  for (let x = from + step; x < to - step; x += 1e-3) {
    if (avoid.some((kink) => Math.abs(x - kink) <= 1.5 * step)) continue;
    most = Math.max(most, Math.abs(f(x + step) - 2 * f(x) + f(x - step)) / step ** 2);
  }
  return most;
}
/** Of the quotients: cancellation leaves some 1e-16 / step^2. */
const noise = 1e-8;

describe('bounds of second derivatives against a fine grid of difference quotients', () => {
  for (const [op, { f, from, attributes }] of Object.entries(functions)) {
    const avoid = kinks[op] ?? [];
    it(`${op}: never below, and close everywhere`, () => {
      const everywhere = boundOf(op, attributes);
      if (op === 'Exp') {
        expect(everywhere).toContain('grows without limit');
        return;
      }
      const grid = seen(f, from, 8, avoid);
      expect(everywhere).toBeGreaterThanOrEqual(grid - noise);
      expect(everywhere).toBeLessThan(1.01 * grid + noise);
    });
    it(`${op}: never below on boxes`, () => {
      for (const box of [
        [-2.5, -0.4],
        [-0.3, 0.2],
        [0.1, 1.7],
        [-1, 3],
      ] as const) {
        // prettier-ignore
        const bound = boundOf(op, attributes, box);
        expect(bound, `${op} on ${box.join()}`).toBeGreaterThanOrEqual(seen(f, box[0], box[1], avoid) - noise);
      }
    });
  }
});
