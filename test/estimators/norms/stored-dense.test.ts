import { expect, test } from 'vitest';
import { norms, type Norm, type NormInterval } from '../../../core/bound.ts';
import { layerDetails } from '../../../core/estimators/norms/layer-details.ts';
import { firstNorms, operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { storedDenseMap } from '../../../core/operators/maps/stored-dense-map.ts';
import { storedWeights } from '../../operators/stored-weights.ts';
import { workOf } from './small-maps.ts';

async function best(map: LinearMap, norm: Norm = 'l2'): Promise<NormInterval> {
  let last: NormInterval | undefined;
  for await (const interval of operatorNorm(map, norm, workOf())) last = interval;
  return last!;
}

const waves = (count: number, scale: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => scale * Math.sin(1 + i * i));

test.each([
  ['wide, its rows the outputs', [30, 50], 'outputs', 1],
  ['wide, its rows the inputs', [30, 50], 'inputs', 1],
  ['tall, its rows the outputs', [50, 30], 'outputs', 1],
  ['tall, its rows the inputs', [50, 30], 'inputs', 1],
  ['large enough for blocks', [300, 310], 'inputs', 1],
  ['tall and large enough for blocks', [310, 300], 'outputs', 1],
  ['tiny', [30, 50], 'outputs', 1e-160],
  ['huge', [30, 50], 'inputs', 1e160],
  ['zero', [30, 50], 'inputs', 0],
] as const)('norms of a matrix that is read row after row, %s', async (_, shape, rowsAre, scale) => {
  const [rows, columns] = shape;
  const numbers = waves(rows * columns, scale);
  const stored = storedDenseMap(storedWeights(numbers, shape, rowsAre), 2);
  // The transpose has the same l2 norm, and l1 and linf change places.
  const plain = denseMap(numbers, rows, columns, 2);
  const known = { l1: rowsAre === 'outputs' ? 'l1' : 'linf', l2: 'l2', linf: rowsAre === 'outputs' ? 'linf' : 'l1' } as const; // prettier-ignore
  const first = await firstNorms(stored, workOf());
  for (const norm of norms) {
    const [found, truth] = [await best(stored, norm), await best(plain, known[norm])];
    expect(found.upper).toBeGreaterThanOrEqual(truth.lower);
    expect(found.lower).toBeLessThanOrEqual(truth.upper);
    expect(found.upper - found.lower).toBeLessThanOrEqual(1e-6 * truth.upper);
    expect(first[norm].upper).toBeGreaterThanOrEqual(truth.lower);
    expect(first[norm].lower).toBeLessThanOrEqual(truth.upper);
  }
  const l2 = await best(stored);
  const { frobenius, smallest } = await layerDetails(stored, l2, workOf());
  const expected = await layerDetails(plain, l2, workOf());
  expect(Math.abs(frobenius! - expected.frobenius!)).toBeLessThanOrEqual(1e-12 * expected.frobenius!);
  expect(Math.abs(smallest!.value - expected.smallest!.value)).toBeLessThanOrEqual(1e-9 * l2.upper);
});

test('where the time is not enough for the Gram matrix there is a lower end from a few steps', async () => {
  const shape = [300, 310] as const;
  const stored = storedDenseMap(storedWeights(waves(300 * 310, 1), shape, 'outputs'));
  // Enough for a step, and too little for the products of the Gram matrix at any speed.
  const hurried = { ...workOf(), breathe: () => Promise.resolve(), remainingSeconds: () => 1e-4 };
  let last: NormInterval | undefined;
  for await (const interval of operatorNorm(stored, 'l2', hurried)) last = interval;
  const truth = await best(stored);
  expect(last!.lower).toBeGreaterThan(0.5 * truth.upper);
  expect(last!.lower).toBeLessThanOrEqual(truth.upper);
  expect(last!.upper).toBeGreaterThan(1.5 * truth.upper);
});
