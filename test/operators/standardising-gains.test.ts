import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Norm } from '../../core/bound.ts';
import { standardisingGains, type Standardising } from '../../core/operators/standardising-gains.ts';

const gainsOf = (question: Standardising): Record<Norm, { lower: number; upper: number }> => {
  const rule = standardisingGains(question);
  if (rule.kind !== 'gain') throw new Error(`It is ${rule.kind}.`);
  return rule.gains;
};

/** The Jacobian of a group by central differences of the definition. */
function jacobianAt({ weight, form, epsilon }: Standardising, x: Float64Array): Float64Array[] {
  const n = x.length;
  const f = (at: Float64Array): Float64Array => {
    const mean = form === 'plain' ? 0 : at.reduce((sum, value) => sum + value, 0) / n;
    const spread = at.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    return at.map((value, i) => (weight[i]! * (value - mean)) / Math.sqrt(spread + epsilon));
  };
  const step = 1e-5 * Math.sqrt(epsilon);
  const moved = (j: number, by: number): Float64Array => f(x.map((value, i) => (i === j ? value + by : value)));
  const columns = Array.from({ length: n }, (_, j) => {
    const [up, down] = [moved(j, step), moved(j, -step)];
    return up.map((value, i) => (value - down[i]!) / (2 * step));
  });
  return Array.from({ length: n }, (_, i) => Float64Array.from(columns, (column) => column[i]!));
}

function normsOf(rows: readonly Float64Array[]): Record<Norm, number> {
  const n = rows.length;
  const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, value) => total + Math.abs(value), 0);
  let v = Float64Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1));
  let l2 = 0;
  for (let step = 0; step < 200; step++) {
    const u = rows.map((row) => row.reduce((total, value, j) => total + value * v[j]!, 0));
    const w = Float64Array.from({ length: n }, (_, j) => rows.reduce((total, row, i) => total + row[j]! * u[i]!, 0));
    const length = Math.hypot(...w);
    l2 = Math.hypot(...u);
    if (length === 0) break;
    v = w.map((value) => value / length);
  }
  return {
    l2,
    linf: Math.max(...rows.map(sum)),
    l1: Math.max(...Array.from({ length: n }, (_, j) => sum(rows.map((row) => row[j]!)))),
  };
}

const cases = fc
  .record({
    weight: fc.array(fc.oneof(fc.constant(1), fc.double({ min: -3, max: 3, noNaN: true })), {
      minLength: 1,
      maxLength: 24,
    }),
    form: fc.constantFrom('centred' as const, 'plain' as const),
    epsilon: fc.constantFrom(1e-5, 1e-3, 1),
    spreadOfPoint: fc.double({ min: 0, max: 8, noNaN: true }),
    shape: fc.constantFrom('random', 'alternating', 'one against all', 'two against all'),
    seed: fc.nat(),
  })
  .map(({ weight, ...rest }) => ({ ...rest, weight: Float64Array.from(weight) }));

/** A point whose spread is of the order of epsilon, where t is neither 0 nor 1. */
function pointOf({
  weight,
  epsilon,
  spreadOfPoint,
  shape,
  seed,
}: typeof cases extends fc.Arbitrary<infer T> ? T : never): Float64Array {
  const scale = Math.sqrt(epsilon * spreadOfPoint);
  const n = weight.length;
  return Float64Array.from({ length: n }, (_, i) => {
    if (shape === 'random') return scale * Math.sin(12.9898 * (i + 1) + (seed % 1000));
    if (shape === 'alternating') return scale * (i % 2 === 0 ? 1 : -1) * (i === 0 ? Math.sqrt(n) : 1);
    const few = shape === 'one against all' ? 1 : 2;
    return i < few ? scale * Math.sqrt(n) : i % 2 === 0 ? scale : -scale;
  });
}

describe('What LayerNorm and RMSNorm do to distances', () => {
  it('is nowhere more than the closed forms say, in any norm, whatever the spread', () => {
    fc.assert(
      fc.property(cases, (sample) => {
        const x = pointOf(sample);
        const found = normsOf(jacobianAt(sample, x));
        const mean = sample.form === 'plain' ? 0 : x.reduce((sum, value) => sum + value, 0) / x.length;
        const spread = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
        for (const known of [undefined, 0.999 * spread, spread / 3]) {
          const gains = gainsOf({ ...sample, ...(known === undefined ? {} : { spread: known }) });
          for (const norm of ['l1', 'l2', 'linf'] as const)
            expect(found[norm]).toBeLessThanOrEqual(gains[norm].upper * (1 + 1e-6) + 1e-9);
        }
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it('is attained where the spread is 0: in l2 always, in l1 and linf by small groups', () => {
    fc.assert(
      fc.property(cases, (sample) => {
        const gains = gainsOf(sample);
        const found = normsOf(jacobianAt(sample, new Float64Array(sample.weight.length)));
        for (const norm of ['l1', 'l2', 'linf'] as const) {
          expect(gains[norm].lower).toBeLessThanOrEqual(found[norm] * (1 + 1e-5) + 1e-9);
          expect(gains[norm].lower).toBeGreaterThanOrEqual(found[norm] * (1 - 1e-5) - 1e-9);
        }
        expect(gains.l2.upper).toBeLessThanOrEqual(gains.l2.lower * (1 + 1e-9) + 1e-300);
        if (sample.form === 'centred' && sample.weight.length <= 7)
          expect(gains.linf.upper).toBeLessThanOrEqual(gains.linf.lower * (1 + 1e-9) + 1e-300);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it('comes within a tenth of a point in l∞ when the group is large', () => {
    const weight = new Float64Array(64).fill(1);
    // One entry far from the others, which lie to both sides of the mean: t near 2/3.
    let most = 0;
    for (let spreadOfPoint = 0.05; spreadOfPoint < 1; spreadOfPoint += 0.05)
      for (const far of [0.5, 0.6, 0.7, 0.8]) {
        const sample = { weight, form: 'centred' as const, epsilon: 1 };
        const u = Float64Array.from({ length: 64 }, (_, i) =>
          i === 0 ? far : (i % 2 === 0 ? 1 : -1) * Math.sqrt((1 - far ** 2) / 63),
        );
        const scale = Math.sqrt(64 * spreadOfPoint * 4);
        most = Math.max(
          most,
          normsOf(
            jacobianAt(
              sample,
              u.map((value) => scale * value),
            ),
          ).linf,
        );
      }
    const { upper } = gainsOf({ weight, form: 'centred', epsilon: 1 }).linf;
    expect(upper).toBeGreaterThanOrEqual(most);
    expect(upper).toBeLessThan(1.1 * most);
  });

  it('has no limit without an epsilon, unless the inputs are known to spread', () => {
    const weight = Float64Array.of(1, 2, 3);
    expect(standardisingGains({ weight, form: 'centred', epsilon: 0 }).kind).toBe('unbounded');
    expect(gainsOf({ weight, form: 'centred', epsilon: 0, spread: 4 }).l2.upper).toBeCloseTo(
      gainsOf({ weight, form: 'centred', epsilon: 4 }).l2.upper,
      9,
    );
  });
});
