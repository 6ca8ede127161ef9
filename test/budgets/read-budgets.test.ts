import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import schema from '../../docs/lipschitz.schema.json' with { type: 'json' };
import { readBudgets } from '../../core/budgets/read-budgets.ts';

const validate = new Ajv({ strict: false }).compile(schema);

/** The sentences about a list with this one entry. */
const complaints = (entry: unknown): readonly string[] =>
  readBudgets(JSON.stringify({ budgets: [entry] })).problems.map(({ message }) => message);

describe('a lipschitz.json', () => {
  test('is read with comments, trailing commas and a byte order mark', () => {
    const { file, problems } = readBudgets(
      '\uFEFF{ // why\n "seconds": 3, /* each */ "budgets": [{ "model": "./a.onnx", "max": 1.05, },], }',
    );
    expect(problems).toEqual([]);
    expect(file.seconds).toBe(3);
    expect(file.budgets).toMatchObject([
      {
        models: ['a.onnx'],
        limit: { kind: 'network', max: 1.05 },
        question: { norm: 'l2', region: 'all', set: {}, dims: {} },
        fails: 'unless-proved',
      },
    ]);
  });

  test('says where a mistake stands', () => {
    const text = '{"budgets": [{"model": "a.onnx", "mx": 1}]}';
    const [unknown, missing] = readBudgets(text).problems;
    expect(text.slice(unknown!.place.offset, unknown!.place.offset + unknown!.place.length)).toBe('"mx"');
    expect(unknown!.message).toContain('Budget 1 has "mx", which means nothing here');
    expect(missing!.message).toBe('Budget 1 needs "max": the limit.');
  });

  test.each([
    ['{"budgets": [', 'the file ends too early'],
    ['{"budgets": [] "x": 1}', 'a comma or } is expected here'],
    ['{budgets: []}', 'a name in double quotes'],
    ['{"budgets" []}', 'a colon is expected after "budgets"'],
    ['{"budgets": []} x', 'nothing may follow'],
    ['{"budgets": tru}', '"tru" is no JSON value'],
    [`{"budgets": ${'['.repeat(5000)}`, 'nested too deep'],
    ['', 'the file ends too early'],
  ])('that is not JSON, %s, costs one sentence', (text, sentence) => {
    const { problems, file } = readBudgets(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.message).toContain(sentence);
    expect(file.budgets).toEqual([]);
  });

  test('keeps the budgets that are right beside one that is not', () => {
    const { file, problems } = readBudgets(
      '{"budgets": [{"model": "a.onnx", "max": -1}, {"model": ["b.onnx", "c/*.onnx"], "layers": "conv*", "norm": "linf", "max": 2}]}',
    );
    expect(problems.map(({ message }) => message)).toEqual([
      'Budget 1 has "max", which has to be a number at least 0.',
    ]);
    expect(file.budgets).toMatchObject([
      { models: ['b.onnx', 'c/*.onnx'], limit: { kind: 'layers', names: ['conv*'] } },
    ]);
  });

  test('never throws, whatever is typed', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '"budgets"',
      '"model"',
      'max',
      '1',
      '\\',
      '//',
      '/*',
      '\n',
      '\0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
          fc.json(),
        ),
        (text) => {
          const { problems } = readBudgets(text);
          return problems.every(({ place, message }) => place.offset >= 0 && message.endsWith('.'));
        },
      ),
    );
  });
});

const right: readonly unknown[] = [
  { model: 'a.onnx', max: 0 },
  { model: ['a.onnx', 'b/**/*.onnx'], max: 1, norm: 'l1', region: 'box:-1,1', input: 'x', output: 'y[0]-[1]' },
  { model: 'a.onnx', layers: ['conv*', 'fc'], max: 1, why: 'because', fails: 'when-exceeded' },
  { model: 'a.onnx', epsilon: 0.1, max: 1 },
  { model: 'a.onnx', epsilon: 0.1, maxSmoothness: 5, norm: 'l2', set: { mask: 'zeros' }, dims: { n: 3 } },
  { model: 'a.onnx', max: 1, region: 'ball:linf:x.npy:0.03' },
];

const wrong: readonly (readonly [unknown, string])[] = [
  [{ max: 1 }, 'needs "model"'],
  [{ model: 'a.onnx' }, 'needs "max"'],
  [{ model: [], max: 1 }, '"model"'],
  [{ model: '', max: 1 }, '"model"'],
  [{ model: 'a.onnx', max: '1' }, '"max", which has to be a number'],
  [{ model: 'a.onnx', max: null }, '"max", which has to be a number'],
  [{ model: 'a.onnx', max: 1, norm: 'l3' }, 'one of l1, l2, linf'],
  [{ model: 'a.onnx', max: 1, region: 'sphere:1' }, 'has the region "sphere:1"'],
  [{ model: 'a.onnx', maxSmoothness: 1 }, 'needs "epsilon"'],
  [{ model: 'a.onnx', max: 1, maxSmoothness: 1 }, 'needs "epsilon"'],
  [{ model: 'a.onnx', epsilon: 0.1 }, 'needs "max" or "maxSmoothness"'],
  [{ model: 'a.onnx', epsilon: 0, max: 1 }, '"epsilon", which has to be a number above 0'],
  [{ model: 'a.onnx', epsilon: 1, layers: '*', max: 1 }, 'write two budgets'],
  [{ model: 'a.onnx', epsilon: 1, max: 1, norm: 'linf' }, 'bounded in l2 only'],
  [{ model: 'a.onnx', max: 1, dims: { n: 0 } }, '"dims"'],
  [{ model: 'a.onnx', max: 1, set: { x: 1 } }, '"set"'],
  [{ model: 'a.onnx', max: 1, fails: 'never' }, 'one of unless-proved, when-exceeded'],
  ['a.onnx', 'has to be an object'],
];

describe('reader and schema agree', () => {
  test.each(right.map((entry) => [entry]))('that %j is right', (entry) => {
    expect(complaints(entry)).toEqual([]);
    expect(validate({ budgets: [entry] }), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each(wrong)('that %j is wrong', (entry, sentence) => {
    expect(complaints(entry).join(' ')).toContain(sentence);
    expect(validate({ budgets: [entry] })).toBe(false);
  });
});
