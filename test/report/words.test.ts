import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agree, count, digits, duration, percent, shapeText } from '../../core/report/digits.ts';
import { heaviestLayer, layerSentence, misleadingKernelNorm, summarySentence } from '../../core/report/sentences.ts';
import { intervalNumbers, intervalText, intervalWords, ofLayer, ofNetwork } from '../../core/report/words.ts';
import type { ShownInterval } from '../../core/report/words.ts';
import { certified, layer } from './fixtures/inspection.ts';
import { residualCnn, residualCnnRunning } from './fixtures/residual-cnn.ts';
import { unboundedTransformer, unsupportedDetector } from './fixtures/unusual.ts';

const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
const closed = (lower: number, upper: number): ShownInterval => ofLayer(certified(lower, upper, 'x'));

describe('three digits', () => {
  test('never say more than is known: a lower end is not rounded up nor an upper end down', () => {
    fc.assert(
      fc.property(positive, (value) => {
        expect(Number(digits(value, 'down'))).toBeLessThanOrEqual(value);
        expect(Number(digits(value, 'up'))).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  test('are within one unit of the third digit', () => {
    fc.assert(
      fc.property(positive, fc.constantFrom('down', 'up', 'nearest'), (value, towards) => {
        expect(Math.abs(Number(digits(value, towards)) / value - 1)).toBeLessThanOrEqual(0.0100001);
      }),
    );
  });

  test.each([
    [2.3151, 'up', '2.32'],
    [2.3151, 'down', '2.31'],
    [0.9991, 'up', '1.00'],
    [1.0001, 'down', '1.00'],
    [1, 'up', '1'],
    [5.7, 'down', '5.7'],
    [99_999, 'up', '1.00e5'],
    [99_999, 'down', '99900'],
    [12_345, 'up', '12400'],
    [0.001, 'nearest', '0.001'],
    [0.00099, 'nearest', '9.9e-4'],
    [1e-300, 'up', '1e-300'],
    [1e300, 'down', '1e300'],
    [1.797e308, 'up', '1.80e308'],
    [5e-324, 'up', '4.94e-324'],
    [0, 'up', '0'],
    [-2.318, 'up', '−2.31'],
  ] as const)('%d towards %s reads %s', (value, towards, text) => {
    expect(digits(value, towards)).toBe(text);
  });

  test('are refused for what is not a number', () => {
    expect(() => digits(Number.NaN, 'up')).toThrow('NaN cannot be shown');
  });

  test('agree when they print alike, or straddle the place where rounding flips', () => {
    expect(agree(2.3201, 2.3205)).toBe(true);
    expect(agree(2.3249999999, 2.3250000001)).toBe(true);
    expect(agree(2.31, 2.32)).toBe(false);
  });
});

describe('an interval in text', () => {
  test('is one number when both ends agree', () => expect(intervalText(closed(2.3201, 2.3205))).toBe('= 2.32 ●'));
  test('is two outward numbers when they do not', () =>
    expect(intervalText(closed(2.327, 2.721))).toBe('2.32 … 2.73 ●'));
  test('says so when nothing is known from below', () => expect(intervalText(closed(0, 316.2))).toBe('≤ 317 ●'));

  test('marks each end when the evidence differs', () => {
    const mixed: ShownInterval = {
      lower: 1,
      lowerRigor: 'certified',
      upper: { kind: 'value', value: 2, rigor: 'estimate' },
    };
    expect(intervalText(mixed)).toBe('1.00 ● … 2.00 ○');
    expect(intervalWords(mixed)).toContain('lower end certified, upper end estimate: no guarantee');
  });

  test('names the node that is unbounded', () => {
    const interval = unboundedTransformer.lipschitz.l2;
    expect(interval && intervalText(ofNetwork(interval))).toBe('≥ 5.7, unbounded at /blocks.0/attn/MatMul_1');
  });

  test('names the operator that is not understood', () => {
    const interval = unsupportedDetector.lipschitz.l2;
    expect(interval && intervalText(ofNetwork(interval))).toBe(
      '≥ 0.75, no upper end: NonMaxSuppression at /nms/NonMaxSuppression is not understood',
    );
  });

  test('says that an end is pending, and shows an ellipsis for numbers when nothing is known', () => {
    const pending: ShownInterval = { lower: 0, lowerRigor: 'certified', upper: { kind: 'pending' } };
    expect(intervalText(pending)).toBe('upper end pending');
    expect(intervalNumbers(pending)).toBe('…');
  });
});

describe('the summary', () => {
  test('says in one sentence how far the output moves and which layer is to blame', () => {
    expect(summarySentence(residualCnn)).toMatch(
      /^A change of size 1 in the input moves the output by at most 12\.1 and, at the witness shown, by 7\.48; in the product of the layers' norms stem weighs most \(23 %, in logarithms\)\.$/,
    );
  });

  test('leaves the blame out while shares are not known', () => {
    expect(summarySentence(residualCnnRunning)).not.toContain('weighs most');
  });

  test('names the region when it is not everything', () => {
    expect(summarySentence({ ...residualCnn, region: 'box:0,1' })).toMatch(
      /^For every input between 0 and 1: a change of size 1/,
    );
  });

  test('gives the reason when there is no bound', () => {
    expect(summarySentence(unboundedTransformer)).toContain(
      'No finite bound is known for how far the output moves: the attention',
    );
  });

  test('blames nobody when every layer shrinks', () => {
    expect(heaviestLayer([layer('a', certified(0.5, 0.5, 'x'), { share: -1 })])).toBeUndefined();
  });
});

describe('a layer in words', () => {
  test('warns of the reshaped kernel only where it is more than 1 % off', () => {
    const [stem, , , , block1conv2] = residualCnn.layers;
    expect(stem && misleadingKernelNorm(stem)).toBe(2.871);
    expect(stem && layerSentence(stem, 'l2')).toContain('which is not the norm of the convolution');
    expect(block1conv2 && misleadingKernelNorm(block1conv2)).toBeUndefined();
  });

  test('tells what is folded in, and that a shrinking layer takes back', () => {
    const [stem] = residualCnn.layers;
    const pool = residualCnn.layers.find(({ name }) => name === 'pool');
    expect(stem && layerSentence(stem, 'l2')).toContain('stem_bn is folded into it.');
    expect(pool && layerSentence(pool, 'l2')).toContain('It takes back');
  });

  test('does not pretend to know a norm that was not computed', () => {
    expect(layerSentence(layer('fc', undefined), 'linf')).toBe('fc: its l∞ constant is not known yet.');
  });
});

test('small things read as people write them', () => {
  expect([percent(0.6149), percent(-0.0312), percent(0.0004), percent(0)]).toEqual(['61 %', '−3.1 %', '<0.1 %', '0 %']);
  expect([duration(0.0004), duration(0.62), duration(4.27), duration(125)]).toEqual([
    '<1 ms',
    '620 ms',
    '4.3 s',
    '2 min 5 s',
  ]);
  expect([count(13_310), count(999)]).toEqual(['13,310', '999']);
  expect([shapeText([1, 'batch', null]), shapeText([])]).toEqual(['1×batch×?', 'scalar']);
});
