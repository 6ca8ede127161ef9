import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareInspections } from '../../../core/report/comparison/compare.ts';
import { comparisonFormats, renderComparison } from '../../../core/report/comparison/files.ts';
import { matchLayers } from '../../../core/report/comparison/match-layers.ts';
import { comparedPair } from '../../../core/report/comparison/ratio.ts';
import { changeWord, comparisonSentences, ratioText } from '../../../core/report/comparison/words.ts';
import type { ComparedInterval } from '../../../core/report/comparison/comparison.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { blank, certified, layer } from '../fixtures/inspection.ts';
import { residualCnn } from '../fixtures/residual-cnn.ts';
import { hostile, noLayers, unboundedTransformer } from '../fixtures/unusual.ts';

const interval = (lower: number, upper: number | null): ComparedInterval => ({
  lower,
  lowerRigor: 'certified',
  upper,
  ...(upper === null ? { reason: 'unbounded' } : { upperRigor: 'certified' }),
});

describe('rougher and smoother', () => {
  const ends = fc
    .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  test('are never said of two constants that lie the other way round, and the ratio holds theirs', () => {
    fc.assert(
      fc.property(ends, ends, share, share, ([a, b], [c, d], s, t) => {
        // Any pair of true constants that the two intervals allow.
        const [before, after] = [Math.min(b, a + s * (b - a)), Math.min(d, c + t * (d - c))];
        const { change, ratio } = comparedPair(interval(a, b), interval(c, d));
        if (change === 'rougher') expect(after).toBeGreaterThan(before);
        if (change === 'smoother') expect(after).toBeLessThan(before);
        if (change === 'same') expect(after).toBe(before);
        if (before === 0) return;
        // The quotient of doubles is itself rounded, by at most half a unit in the last place.
        const quotient = after / before;
        expect(quotient).toBeGreaterThanOrEqual(ratio.lower * (1 - 2 ** -52));
        if (ratio.upper !== null) expect(quotient * (1 - 2 ** -52)).toBeLessThanOrEqual(ratio.upper);
      }),
      { numRuns: 500 },
    );
  });

  test('are proved only where both ends that they rest on are certified', () => {
    expect(changeWord(comparedPair(interval(1, 2), interval(3, 4)))).toBe('rougher, proved');
    expect(changeWord(comparedPair(interval(3, 4), interval(1, 2)))).toBe('smoother, proved');
    const guess = { ...interval(3, 4), lowerRigor: 'estimate', upperRigor: 'estimate' } as const;
    expect(changeWord(comparedPair(interval(1, 2), guess))).toBe('rougher, estimate');
    // Its upper end is a guess, but that it is rougher rests on its lower one.
    expect(changeWord(comparedPair(interval(1, 2), { ...guess, lowerRigor: 'certified' }))).toBe('rougher, proved');
  });

  test('are not said where the intervals meet, nor of bounds that only got looser', () => {
    expect(changeWord(comparedPair(interval(1, 3), interval(2, 400)))).toBe('not decided');
    expect(changeWord(comparedPair(interval(1, null), interval(1000, null)))).toBe('not decided');
    expect(changeWord(comparedPair(interval(1, 3), interval(4, null)))).toBe('rougher, proved');
    expect(ratioText(comparedPair(interval(1, 3), interval(4, null)).ratio)).toBe('× ≥ 1.33');
  });
});

describe('layers are the same one', () => {
  const dense = (name: string, outputs: number): ReturnType<typeof layer> =>
    layer(name, certified(1, 1, 'x'), { outputShape: [1, outputs] });
  const pairs = (before: readonly ReturnType<typeof layer>[], after: readonly ReturnType<typeof layer>[]): string[] =>
    matchLayers(before, after).map((pair) => `${pair.before.name}=${pair.after.name} by ${pair.match}`);

  test('by name, whatever their order', () => {
    expect(pairs([dense('a', 3), dense('b', 3)], [dense('b', 3), dense('a', 3)])).toEqual([
      'b=b by name',
      'a=a by name',
    ]);
  });

  test('by the end of the name, where a wrapper put a prefix before all of them', () => {
    const plain = ['fc1', 'fc2', 'head.out'].map((name) => dense(name, 3));
    const wrapped = plain.map(({ name }) => dense(`module.${name}`, 3));
    expect(pairs(wrapped, plain)).toEqual([
      'module.fc1=fc1 by end of the name',
      'module.fc2=fc2 by end of the name',
      'module.head.out=head.out by end of the name',
    ]);
    expect(pairs(plain, wrapped).length).toBe(3);
  });

  test('by kind and shape in the order of the network, leaving out what was put between', () => {
    const before = [dense('x1', 8), dense('x2', 16), dense('x3', 4)];
    const after = [dense('y1', 8), dense('new', 5), dense('y2', 16), dense('y3', 4)];
    expect(pairs(before, after)).toEqual(['x1=y1', 'x2=y2', 'x3=y3'].map((pair) => `${pair} by order and shape`));
  });

  test('never where the kinds differ', () => {
    expect(pairs([dense('a', 3)], [{ ...dense('a', 3), kind: 'conv' }])).toEqual([]);
  });
});

test('a layer with the same weights is proved the same, though its norm is only known as an interval', () => {
  const weights = 'a'.repeat(64);
  const one = { ...blank, layers: [layer('fc', certified(1, 2, 'x'), { weights })] };
  const other = { ...blank, layers: [layer('fc', certified(1.5, 2, 'x'), { weights })] };
  const [row] = compareInspections(one, other).layers;
  expect(row).toMatchObject({
    in: 'both',
    weights: 'same',
    constant: { change: 'same', ratio: { lower: 1, upper: 1 } },
  });
  const changed = { ...blank, layers: [layer('fc', certified(1.5, 2, 'x'), { weights: 'b'.repeat(64) })] };
  expect(compareInspections(one, changed).layers[0]).toMatchObject({
    weights: 'changed',
    constant: { change: 'undecided' },
  });
});

test('other questions are refused in a sentence', () => {
  expect(() => compareInspections(blank, { ...blank, norm: 'l1' })).toThrow(/in l2 on all, .* in l1 on all/);
});

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/comparison.schema.json'), 'utf8')) as object,
);

describe.each([
  ['an ordinary network and itself', residualCnn, residualCnn],
  ['networks with other layers', residualCnn, unboundedTransformer],
  ['hostile names', hostile, residualCnn],
  ['a network without layers', noLayers, hostile],
] as const)('the comparison of %s', (_, before: Inspection, after: Inspection) => {
  const comparison = compareInspections(before, after);

  test('has every layer of both exactly once', () => {
    const names = (side: 'before' | 'after'): string[] =>
      comparison.layers.flatMap((row) => (row.in === 'both' ? [row[side].id] : row.in === side ? [row.layer.id] : []));
    expect(names('before').toSorted()).toEqual(before.layers.map(({ id }) => id).toSorted());
    expect(names('after')).toEqual(after.layers.map(({ id }) => id));
  });

  test('is written in every format, without markup of the file in it', () => {
    expect(validate(JSON.parse(renderComparison(comparison, 'json'))), JSON.stringify(validate.errors)).toBe(true);
    for (const format of comparisonFormats) {
      const text = renderComparison(comparison, format);
      if (format === 'html' || format === 'svg') expect(text).not.toMatch(/<script|<img/i);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(comparisonSentences(comparison).every((sentence) => sentence.endsWith('.'))).toBe(true);
  });
});
