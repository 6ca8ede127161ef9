import { describe, expect, test } from 'vitest';
import { smoothingAnswer, widthsFor } from '../../../core/estimators/smoothing/answer.ts';
import type { SmoothingProblem } from '../../../core/estimators/smoothing/problem.ts';
import type { SmoothingRuleName } from '../../../core/estimators/smoothing/rules/rule.ts';
import { chainProblem } from './chain-problem.ts';
import { processorSeconds } from '../../processor-seconds.ts';

const accuracies = (problem: SmoothingProblem, epsilon: number, rule: SmoothingRuleName): number[] =>
  smoothingAnswer(problem, { epsilon, rule }).layers.map(({ mu }) => mu);

// An objective within 1 behind a logistic loss with the constant 2 leaves 1/2 to the network.
const half = 0.5;

describe('the published figures from the published norms (Roulet and Harchaoui, tables I and II)', () => {
  const mlp = chainProblem([36.84, 19.01, 36.76, 5.24], [10, 10, 10]);

  test('the halving rule of the slides gives the table of the MLP', () => {
    const [first, second, third] = accuracies(mlp, half, 'paper-halving');
    expect(first).toBeCloseTo(8.5e-6, 7);
    expect(second).toBeCloseTo(3.2e-4, 5);
    expect(third).toBeCloseTo(2.4e-2, 3);
  });

  test('with the maximum of the last norm the printed digits come out', () => {
    const [first, second, third] = accuracies(
      chainProblem([36.84, 19.01, 36.76, 8.2], [10, 10, 10]),
      half,
      'paper-halving',
    );
    expect([first, second, third].map((mu) => Number(mu!.toPrecision(1)))).toEqual([5e-6, 2e-4, 2e-2]);
  });

  test('Algorithm 2 gives other figures than the table', () => {
    const [first, second, third] = accuracies(mlp, half, 'paper-algorithm2');
    expect(first).toBeCloseTo(4.6e-5, 6);
    expect(second).toBeCloseTo(8.7e-4, 5);
    expect(third).toBeCloseTo(3.2e-2, 3);
  });

  test('the halving rule gives the table of the ConvNet, with the constant 9 that is printed for 3 x 3 convolutions', () => {
    const convnet = chainProblem([9 * 6, 9 * 5.75, 9 * 6.2, 6.26], [10, 10, 10]);
    expect(accuracies(convnet, half, 'paper-halving').map((mu) => Number(mu.toPrecision(1)))).toEqual([
      2e-6, 2e-4, 2e-2,
    ]);
  });
});

describe('the rules for fixed weights', () => {
  const norms = [3, 0.5, 7, 2];
  const units = [16, 64, 9];
  const problem = chainProblem(norms, units);
  const product = 3 * 0.5 * 7 * 2;

  test.each(['optimal', 'equal'] as const)('%s spends the accuracy and no more', (rule) => {
    const { output } = smoothingAnswer(problem, { epsilon: 0.1, rule });
    expect(output.deviation).toBeLessThanOrEqual(0.1);
    expect(output.deviation).toBeGreaterThan(0.1 * (1 - 1e-9));
  });

  test('optimal reaches P^2 (sum of d^(1/4))^2 / (2 epsilon), equal n P^2 (sum of sqrt(d)) / (2 epsilon)', () => {
    const at = (rule: SmoothingRuleName): number => smoothingAnswer(problem, { epsilon: 0.1, rule }).output.smoothness!;
    expect(at('optimal')).toBeCloseTo((product ** 2 * (2 + 64 ** 0.25 + 9 ** 0.25) ** 2) / 0.2, 4);
    expect(at('equal')).toBeCloseTo((3 * product ** 2 * (4 + 8 + 3)) / 0.2, 4);
  });

  test('a layer that bends nobody knows how fast leaves the network, and what follows, without a smoothness constant', () => {
    const unknown = { ...problem, weights: { ...problem.weights, fixed: [0, null, 0] } };
    const { layers, output } = smoothingAnswer(unknown, { epsilon: 0.1, rule: 'optimal' });
    expect(layers.map(({ smoothness }) => smoothness === null)).toEqual([false, true, true]);
    expect(output.smoothness).toBeNull();
    expect(output.deviation).toBeLessThanOrEqual(0.1);
  });

  test('a locked layer keeps its accuracy, and a heavier one gets more', () => {
    const question = { epsilon: 0.1, rule: 'equal' } as const;
    const choices = new Map([['relu1', { locked: 1e-4 }], ['relu2', { weight: 3 }]]); // prettier-ignore
    const { layers, output } = smoothingAnswer(problem, { ...question, choices });
    expect(layers[0]!.mu).toBeCloseTo(1e-4, 12);
    expect(layers[1]!.share / layers[2]!.share).toBeCloseTo(3, 6);
    expect(output.deviation).toBeLessThanOrEqual(0.1);
  });

  test('what a cap takes from one layer goes to the others', () => {
    const capped = {
      ...problem,
      layers: problem.layers.map((layer, t) => (t === 2 ? { ...layer, widest: 1e-6 } : layer)),
    };
    const { layers, output } = smoothingAnswer(capped, { epsilon: 0.1, rule: 'equal' });
    expect(layers[2]!.width).toBeLessThanOrEqual(1e-6);
    expect(layers[0]!.share).toBeGreaterThan(0.49);
    expect(output.deviation).toBeLessThanOrEqual(0.1);
  });

  test('widths are numbers of float32, never larger than what was asked', () => {
    const single = { ...problem, precision: 'float32' } as const;
    const exact = widthsFor(problem, { epsilon: 0.1, rule: 'optimal' });
    widthsFor(single, { epsilon: 0.1, rule: 'optimal' }).forEach((width, t) => {
      expect(Math.fround(width)).toBe(width);
      expect(width).toBeLessThanOrEqual(exact[t]!);
      expect(width).toBeGreaterThan(exact[t]! * (1 - 1e-6));
    });
  });

  test('a new accuracy for 50 layers takes less than 100 ms', () => {
    const deep = chainProblem(
      Array.from({ length: 51 }, (_, t) => 1 + (t % 3) / 10),
      Array.from({ length: 50 }, () => 100),
    );
    smoothingAnswer(deep, { epsilon: 0.3, rule: 'optimal' });
    const seconds = processorSeconds();
    for (let k = 1; k <= 10; k++) smoothingAnswer(deep, { epsilon: k / 10, rule: 'optimal' });

    expect(seconds() / 10).toBeLessThan(0.1);
  });
});
