import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attribute } from '../../core/network/network.ts';
import { stepsAttribute } from '../../core/operators/attention-scores.ts';
import { attentionCurvatures } from '../../core/operators/curvatures/attention.ts';
import type { Enclosure } from '../../core/operators/enclosure.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { tensorOfNumbers, type Shape, type Tensor } from '../../core/network/tensor.ts';
import { nodeOf } from '../../core/network/new-node.ts';
import { numbers } from './small-networks.ts';

/** One direction of a box: its centre and the half width of every entry. */
interface Part {
  readonly shape: Shape;
  readonly spread: number;
}

const boxOf = ({ shape, spread }: Part, seed: number): Enclosure => {
  const count = shape.reduce((a, b) => a * b, 1);
  const centre = numbers(count, seed);
  return {
    shape,
    lower: Float64Array.from(centre, (value) => 1.5 * value - spread),
    upper: Float64Array.from(centre, (value) => 1.5 * value + spread),
  };
};

/** Shares of every key, then their mixtures, as a textbook writes them, for every head. */
function attention(
  heads: number,
  rows: number,
  columns: number,
  width: number,
  score: (h: number, i: number, j: number) => number,
  value: (h: number, j: number, c: number) => number,
): number[] {
  const mixed: number[] = [];
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < rows; i++) {
      const weights = Array.from({ length: columns }, (_, j) => Math.exp(score(h, i, j)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let c = 0; c < width; c++)
        mixed.push(weights.reduce((sum, weight, j) => sum + (weight / total) * value(h, j, c), 0));
    }
  return mixed;
}

const sizes = fc.record({
  heads: fc.integer({ min: 1, max: 2 }),
  rows: fc.integer({ min: 1, max: 3 }),
  columns: fc.integer({ min: 1, max: 4 }),
  depth: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 3 }),
  spread: fc.constantFrom(0.05, 0.5, 2),
  scale: fc.constantFrom(0.5, 1, 2),
  kept: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  seed: fc.integer({ min: 1, max: 1e6 }),
});
type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

interface Specimen {
  readonly op: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Behind the parts. */
  readonly constants?: readonly Tensor[];
  readonly parts: readonly Part[];
  readonly f: (inputs: readonly Float64Array[]) => number[];
}

const byProducts = ({ heads, rows, columns, depth, width, spread, scale }: Sizes): Specimen => ({
  op: 'DotProductAttention',
  attributes: Object.fromEntries([stepsAttribute(['times'])]),
  constants: [tensorOfNumbers('scale', [], Float64Array.of(scale), 'float64')],
  parts: [
    { shape: [heads, rows, depth], spread },
    { shape: [heads, depth, columns], spread },
    { shape: [heads, columns, width], spread },
  ],
  f: ([q, k, v]) =>
    attention(
      heads,
      rows,
      columns,
      width,
      (h, i, j) =>
        scale *
        Array.from(
          { length: depth },
          (_, a) => q![(h * rows + i) * depth + a]! * k![(h * depth + a) * columns + j]!,
        ).reduce((a, b) => a + b, 0),
      (h, j, c) => v![(h * columns + j) * width + c]!,
    ),
});

const byDistances = ({ heads, rows, depth, width, spread, scale }: Sizes): Specimen => ({
  op: 'DistanceAttention',
  attributes: { scale: { kind: 'float', value: scale } },
  parts: [
    { shape: [heads, rows, width], spread },
    { shape: [heads, rows, depth], spread },
  ],
  f: ([v, q]) =>
    attention(
      heads,
      rows,
      rows,
      width,
      (h, i, j) =>
        -scale *
        Array.from(
          { length: depth },
          (_, a) => (q![(h * rows + i) * depth + a]! - q![(h * rows + j) * depth + a]!) ** 2,
        ).reduce((a, b) => a + b, 0),
      (h, j, c) => v![(h * rows + j) * width + c]!,
    ),
});

test.each([['products', byProducts] as const, ['distances', byDistances] as const])(
  'attention by %s bends no faster than its bound on a box, along any direction and with any input held',
  (_, specimenOf) => {
    let closest = Number.POSITIVE_INFINITY;
    fc.assert(
      fc.property(sizes, (drawn) => {
        const { op, attributes, constants: more = [], parts, f } = specimenOf(drawn);
        const boxes = parts.map((part, k) => boxOf(part, drawn.seed + k));
        const names = parts.map((_, k) => `x${k}`);
        const node = nodeOf(op, 'attention', [...names, ...more.map(({ name }) => name)], ['y'], attributes);
        const types = new Map(names.map((name, k) => [name, { type: 'float64', shape: parts[k]!.shape } as const]));
        const shape = op === 'DotProductAttention' ? [...parts[0]!.shape.slice(0, 2), drawn.width] : parts[0]!.shape;
        const network = { nodes: [node], inputs: [], outputs: [], constants: new Map(more.map((tensor) => [tensor.name, tensor])), types: new Map([...types, ['y', { type: 'float64', shape } as const]]), opset: 21 }; // prettier-ignore
        const rule = attentionCurvatures[op]!(factsOf(network as never, node), boxes);
        if (typeof rule === 'string') throw new Error(rule);
        const step = 1e-4;
        for (let k = 0; k < 12; k++) {
          // At the corners of the box, where everything is largest, and inside.
          const x = boxes.map(({ lower, upper }, p) => {
            const draw = numbers(lower.length, drawn.seed + 31 * k + 7 * p);
            return lower.map((low, i) => {
              const share = k % 2 === 0 ? Math.sign(draw[i]!) : draw[i]!;
              return low + ((share + 1) / 2) * (upper[i]! - low);
            });
          });
          const move = boxes.map(
            ({ lower }, p) =>
            Float64Array.from(numbers(lower.length, drawn.seed + 17 * k + 3 * p + 1), (value) => (drawn.kept[p]! ? 0 : value * [1, 0.2, 3][(k + p) % 3]!)), // prettier-ignore
          );
          const constants = move.map((own) => Math.hypot(...own));
          const at = (t: number): number[] => f(x.map((own, p) => own.map((value, i) => value + t * move[p]![i]!)));
          const [ahead, here, behind] = [at(step), at(0), at(-step)];
          const bent = Math.hypot(...here.map((value, i) => (ahead[i]! - 2 * value + behind[i]!) / step ** 2));
          const bound = rule(constants);
          // Of the quotients: cancellation, and what lies just outside of the box.
          expect(bent).toBeLessThanOrEqual(bound * (1 + 1e-2) + 1e-6);
          if (bent > 1e-3) closest = Math.min(closest, bound / bent);
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 120), seed: 8 },
    );
    // Not for want of looking.
    expect(closest).toBeLessThan(40);
  },
);

test('on the whole space attention has no such bound', () => {
  const { op, parts } = byProducts({ heads: 1, rows: 1, columns: 1, depth: 1, width: 1, spread: 0.5, scale: 1, kept: [false, false, false], seed: 1 }); // prettier-ignore
  const node = nodeOf(op, 'attention', ['x0', 'x1', 'x2'], ['y']);
  const network = { nodes: [node], inputs: [], outputs: [], constants: new Map(), types: new Map(parts.map(({ shape }, k) => [`x${k}`, { type: 'float64', shape } as const])), opset: 21 }; // prettier-ignore
  expect(attentionCurvatures[op]!(factsOf(network as never, node), undefined)).toContain('grows');
});
