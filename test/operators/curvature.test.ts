import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secondAt, thirdOn } from '../../core/operators/activation-function.ts';
import { functionOf } from '../../core/operators/activations.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { networkOf, type AttributeValue } from './small-networks.ts';

function functionFor(op: string, attributes: Record<string, AttributeValue> = {}) {
  const network = networkOf({ input: [1], nodes: [{ op, inputs: ['x'], outputs: ['y'], attributes }] });
  return functionOf(factsOf(network, network.nodes[0]!))!;
}

const smooth = [
  ['Sigmoid', {}],
  ['Tanh', {}],
  ['Softplus', {}],
  ['Erf', {}],
  ['Gelu', {}],
  ['Gelu', { approximate: 'tanh' }],
  ['Swish', {}],
  ['Swish', { alpha: -1.5 }],
] as const;

describe.each(smooth)('%s %o', (op, attributes) => {
  const f = functionFor(op, attributes);

  test('the second derivative is that of the slopes, the third that of the second', () => {
    for (let x = -6; x <= 6; x += 0.0137) {
      const h = 1e-5;
      const second = (f.derivative(x + h, 'left') - f.derivative(x - h, 'left')) / (2 * h);
      const own = secondAt(f.curvature!, x);
      expect(own.value).toBeCloseTo(second, 6);
      const third = (f.curvature!.second(x + h) - f.curvature!.second(x - h)) / (2 * h);
      expect(f.curvature!.third(x)).toBeCloseTo(third, 6);
    }
  });

  test('no third derivative on an interval is above its bound, which is not far from the largest', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (low, width) => {
          const bound = thirdOn(f.curvature!, [low, low + width]);
          let most = 0;
          for (let i = 0; i <= 400; i++) most = Math.max(most, Math.abs(f.curvature!.third(low + (i / 400) * width)));
          expect(most).toBeLessThanOrEqual(bound);
          expect(bound).toBeLessThanOrEqual(1.01 * most + 0.01);
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });
});

test('what has kinks has no curvature', () => {
  for (const op of ['Relu', 'Elu', 'HardSwish', 'Softsign']) expect(functionFor(op).curvature).toBeUndefined();
});
