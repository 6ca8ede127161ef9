import { describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import { Cancelled } from '../../../core/compute/work.ts';
import { exactConstant, type ExactInterval } from '../../../core/estimators/exact/branch-and-bound.ts';
import { frameOf } from '../../../core/estimators/exact/frame.ts';
import { planePartition } from '../../../core/estimators/exact/plane-partition.ts';
import type { PiecewiseLinearProgram } from '../../../core/estimators/exact/program.ts';
import { lengthOf, type Region } from '../../../core/region.ts';
import { singularValues, workOf } from '../norms/small-maps.ts';
import { absolute, evaluate, hardTanh, jacobianOf, leaky, randomNumbers, randomProgram, relu, slopePatterns } from './random-programs.ts'; // prettier-ignore

const everywhere: Region = { kind: 'all' };
const box = (inputs: number, center: number, radius: number): Region => ({
  kind: 'box',
  lower: new Float64Array(inputs).fill(center - radius),
  upper: new Float64Array(inputs).fill(center + radius),
});

async function exact(program: PiecewiseLinearProgram, norm: Norm, region: Region): Promise<ExactInterval> {
  let last: ExactInterval | undefined;
  for await (const interval of exactConstant(program, norm, region, workOf(20))) last = interval;
  return last!;
}

function normOf(norm: Norm, jacobian: number[][]): number {
  const sums = (rows: number[][]): number =>
    Math.max(...rows.map((row) => row.reduce((sum, x) => sum + Math.abs(x), 0)));
  if (norm === 'linf') return sums(jacobian);
  if (norm === 'l1') return sums(jacobian[0]!.map((_, j) => jacobian.map((row) => row[j]!)));
  return singularValues(jacobian)[0]!;
}

/** The largest Jacobian at random points near and far: never above the constant, often equal to it. */
function sampled(program: PiecewiseLinearProgram, norm: Norm, region: Region, count: number, seed: number): number {
  const uniform = randomNumbers(seed);
  const seen = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const scale = 10 ** (4 * uniform() - 2);
    const x = Array.from({ length: program.inputs }, (_, j) =>
      region.kind === 'box'
        ? region.lower[j]! + uniform() * (region.upper[j]! - region.lower[j]!)
        : scale * (2 * uniform() - 1),
    );
    const { slopes } = evaluate(program, x);
    const key = slopes.join();
    if (!seen.has(key)) seen.set(key, normOf(norm, jacobianOf(program, slopes)));
  }
  return Math.max(...seen.values());
}

function quotient(program: PiecewiseLinearProgram, norm: Norm, x: Float64Array, y: Float64Array): number {
  const [a, b] = [evaluate(program, [...x]).y, evaluate(program, [...y]).y];
  const change = Float64Array.from(a, (value, i) => value - b[i]!);
  return lengthOf(change, norm) / lengthOf(x.map((value, j) => value - y[j]!), norm); // prettier-ignore
}

const kinds = [relu, leaky, absolute, hardTanh];
const shapes = [[1, 4, 1], [1, 3, 3, 2], [2, 5, 1], [2, 3, 3, 2], [3, 4, 2], [3, 3, 3, 1], [4, 5, 3], [2, 2, 2, 2, 1]]; // prettier-ignore

describe('the exact constant', () => {
  it('lies between dense sampling and the enumeration of all slopes on 320 random networks', async () => {
    let attained = 0;
    for (let seed = 1; seed <= 320; seed++) {
      const pieces = kinds[seed % kinds.length]!;
      const sizes = shapes[Math.floor(seed / kinds.length) % shapes.length]!;
      const program = randomProgram({ sizes, seed, pieces, shortcuts: seed % 3 === 0, bias: seed % 5 === 0 ? 0 : 0.5 });
      const norm = norms[seed % 3]!;
      const region = seed % 2 === 0 ? everywhere : box(sizes[0]!, (seed % 7) / 7, 1);
      const { lower, upper, finished } = await exact(program, norm, region);
      const context = `seed ${seed}, ${sizes.join('-')}, ${norm}, ${region.kind}`;
      expect(finished, context).toBe(true);
      expect(upper.value / lower.value, context).toBeLessThan(1 + 1e-8);
      const below = sampled(program, norm, region, 2000, seed);
      expect(upper.value, context).toBeGreaterThanOrEqual(below * (1 - 1e-12));
      if (below > lower.value * (1 - 1e-9)) attained++;
      const above = Math.max(...[...slopePatterns(program)].map((slopes) => normOf(norm, jacobianOf(program, slopes))));
      expect(lower.value, context).toBeLessThanOrEqual(above * (1 + 1e-12));
      const { x, y } = lower.pair!;
      expect(quotient(program, norm, x, y), context).toBeGreaterThan(lower.value * (1 - 1e-6));
      if (region.kind === 'box')
        for (const point of [x, y])
          point.forEach((value, j) => {
            expect(value >= region.lower[j]! && value <= region.upper[j]!, context).toBe(true);
          });
    }
    // Sampling misses small regions, but not that often: an interval far from the truth would show.
    expect(attained).toBeGreaterThan(250);
  }, 240_000);

  it('agrees with the partition of the plane on 60 networks of two inputs', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const sizes = [[2, 8, 8, 2], [2, 12, 1], [2, 5, 5, 5, 2]][seed % 3]!; // prettier-ignore
      const program = randomProgram({ sizes, seed, pieces: kinds[seed % 4]!, shortcuts: seed % 2 === 0 });
      const norm = norms[seed % 3]!;
      const region = seed % 4 < 2 ? everywhere : box(2, 0.3, 0.8);
      const { lower, upper } = await exact(program, norm, region);
      const partition = planePartition(frameOf(program, region), norm)!;
      const context = `seed ${seed}, ${sizes.join('-')}, ${norm}, ${region.kind}`;
      expect(lower.value / partition.value, context).toBeCloseTo(1, 8);
      expect(upper.value / partition.value, context).toBeCloseTo(1, 8);
    }
  });

  it('only gets better while it runs, and holds when it is stopped early', async () => {
    const program = randomProgram({ sizes: [3, 12, 12, 2], seed: 5, pieces: relu });
    const truth = await exact(program, 'l2', everywhere);
    expect(truth.finished).toBe(true);
    for (const cells of [1, 10, 50, 200]) {
      let before: ExactInterval | undefined;
      for await (const interval of exactConstant(program, 'l2', everywhere, workOf(20), { cells })) {
        expect(interval.lower.value).toBeGreaterThanOrEqual(before?.lower.value ?? 0);
        expect(interval.upper.value).toBeLessThanOrEqual(before?.upper.value ?? Number.POSITIVE_INFINITY);
        before = interval;
      }
      expect(before!.lower.value).toBeLessThanOrEqual(truth.upper.value);
      expect(before!.upper.value).toBeGreaterThanOrEqual(truth.lower.value);
    }
  });

  it('stops at a cancel', async () => {
    const program = randomProgram({ sizes: [8, 30, 30, 2], seed: 5, pieces: relu });
    let breaths = 0;
    const work = {
      ...workOf(20),
      breathe: () => (++breaths > 5 ? Promise.reject(new Cancelled()) : Promise.resolve()),
    };
    const run = async (): Promise<void> => {
      for await (const interval of exactConstant(program, 'l2', everywhere, work))
        expect(interval.upper.value).toBeGreaterThan(0);
    };
    await expect(run()).rejects.toThrow(Cancelled);
  });

  it('keeps its lower end inside a ball, and its upper end above the constant of the ball', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const program = randomProgram({ sizes: [2, 8, 2], seed, pieces: relu });
      const center = Float64Array.of(0.2, -0.1);
      const ball: Region = { kind: 'ball', norm: 'l2', center, radius: 0.5 };
      const { lower, upper } = await exact(program, 'l2', ball);
      for (const point of [lower.pair!.x, lower.pair!.y])
        expect(lengthOf(point.map((value, j) => value - center[j]!), 'l2')).toBeLessThan(0.5); // prettier-ignore
      const around = await exact(program, 'l2', box(2, 0, 1));
      expect(lower.value).toBeLessThanOrEqual(around.upper.value);
      const uniform = randomNumbers(seed);
      for (let i = 0; i < 200; i++) {
        const angle = 2 * Math.PI * uniform();
        const reach = 0.5 * Math.sqrt(uniform());
        const { slopes } = evaluate(program, [0.2 + reach * Math.cos(angle), -0.1 + reach * Math.sin(angle)]);
        expect(upper.value).toBeGreaterThanOrEqual(normOf('l2', jacobianOf(program, slopes)) * (1 - 1e-12));
      }
    }
  });

  it('is 0 where nothing depends on the input', async () => {
    const constant = { value: 3, error: 0 };
    const program = { inputs: 2, units: [], outputs: [{ constant, inputs: [], units: [] }] };
    const { lower, upper, finished } = await exact(program, 'l2', everywhere);
    expect([lower.value, upper.value, finished]).toEqual([0, 0, true]);
  });

  it('is exactly 0 where all units are dead', async () => {
    const term = (value: number) => ({ index: 0, value, error: 0 });
    const none = { value: 0, error: 0 };
    const rising = { argument: { constant: none, inputs: [term(1)], units: [] }, pieces: relu };
    const dead = { argument: { constant: none, inputs: [], units: [term(-1)] }, pieces: relu };
    const outputs = [{ constant: none, inputs: [], units: [{ ...term(1), index: 1 }] }];
    for (const norm of norms) {
      const { lower, upper, finished } = await exact({ inputs: 1, units: [rising, dead], outputs }, norm, everywhere);
      expect([lower.value, upper.value, finished]).toEqual([0, 0, true]);
    }
  });

  it('counts regions so thin that nobody can tell whether they are there, from the first report on', async () => {
    // 1000 relu(x - 1) on [-1, 1 + thickness].
    const none = { value: 0, error: 0 };
    const argument = { constant: { value: -1, error: 0 }, inputs: [{ index: 0, value: 1, error: 0 }], units: [] };
    const outputs = [{ constant: none, inputs: [], units: [{ index: 0, value: 1000, error: 0 }] }];
    const program = { inputs: 1, units: [{ argument, pieces: relu }], outputs };
    for (const thickness of [1e-8, 1e-10, 1e-12, 1e-14]) {
      const region: Region = { kind: 'box', lower: Float64Array.of(-1), upper: Float64Array.of(1 + thickness) };
      for await (const { upper } of exactConstant(program, 'l2', region, workOf(20)))
        expect(upper.value, `${thickness} thick`).toBeGreaterThanOrEqual(1000);
    }
  });

  it('holds on boxes as large as the doubles', async () => {
    for (const [low, high] of [
      [-1e308, 1e308],
      [-1e307, 1e308],
      [-1.7e308, 1.7e308],
    ] as const)
      // prettier-ignore
      for (let seed = 1; seed <= 5; seed++) {
        const program = randomProgram({ sizes: [2, 4, 2], seed, pieces: relu });
        const region: Region = {
          kind: 'box',
          lower: Float64Array.of(low, low),
          upper: Float64Array.of(high, high),
        };
        const { upper } = await exact(program, 'l2', region);
        const below = sampled(program, 'l2', box(2, 0, 1), 500, seed);
        expect(upper.value, `seed ${seed}, ${low} to ${high}`).toBeGreaterThanOrEqual(below * (1 - 1e-12));
      }
  });

  it('counts an error of the numbers into the upper end', async () => {
    const program = randomProgram({ sizes: [2, 4, 1], seed: 3, pieces: relu });
    const vague = {
      ...program,
      outputs: program.outputs.map((output) => ({
        ...output,
        units: output.units.map((term) => ({ ...term, error: 1e-3 })),
      })),
    };
    const [sharp, wide] = [await exact(program, 'linf', everywhere), await exact(vague, 'linf', everywhere)];
    expect(wide.upper.value).toBeGreaterThan(sharp.upper.value + 1e-4);
  });
});
