import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rigor } from '../../core/bound.ts';
import type { Budget } from '../../core/budgets/budget.ts';
import { fails, judge, judgeSmoothing, worst, type Judgement } from '../../core/budgets/judge.ts';
import { answers, askedTogether, requestFor } from '../../core/budgets/questions.ts';
import { readBudgets } from '../../core/budgets/read-budgets.ts';
import type { Inspection, LayerEntry, LipschitzInterval } from '../../core/report/inspection.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { dense } from '../extension/layers.ts';
import { inspectionOf } from '../extension/inspections.ts';

const budgetOf = (entry: object): Budget => {
  const { file, problems } = readBudgets(JSON.stringify({ budgets: [{ model: 'net.onnx', ...entry }] }));
  expect(problems).toEqual([]);
  return file.budgets[0]!;
};

const network = (lower: number, upper: LipschitzInterval['upper'], rigor: Rigor = 'certified'): Inspection => ({
  ...inspectionOf([]),
  lipschitz: { l2: { lower: { value: lower, method: 'search', rigor }, upper } },
});
const certified = (value: number): LipschitzInterval['upper'] => ({ value, method: 'product', rigor: 'certified' });

const layer = (name: string, lower: number, upper: number | null, rigor: Rigor = 'certified'): LayerEntry => ({
  ...dense(2, 3, { stateName: name }),
  norms: { l2: { lower, upper, rigor, method: 'svd' } },
});

const one = (inspection: Inspection, entry: object): Judgement => {
  const [judgement, ...others] = judge(inspection, budgetOf(entry));
  expect(others).toEqual([]);
  return judgement!;
};

describe('a limit for a network', () => {
  test.each([
    ['is kept when the certified upper end is within it', network(0.9, certified(1.05)), 'kept'],
    ['is exceeded when the certified lower end is above it', network(1.06, certified(2)), 'exceeded'],
    ['is not proved when it lies between both ends', network(0.9, certified(1.06)), 'unproved'],
    [
      'is not proved by an upper end that is only an estimate',
      network(0.9, { value: 1, method: 'x', rigor: 'estimate' }),
      'unproved',
    ],
    [
      'is not proved to be exceeded by a lower end that is only numerical',
      network(3, certified(4), 'numerical'),
      'unproved',
    ],
    [
      'is not proved for a network without an upper end',
      network(0.9, { value: null, unbounded: { node: '/MatMul', op: 'MatMul', reason: 'it has none.', remedy: '' } }),
      'unproved',
    ],
    [
      'is exceeded by an unbounded network whose lower end is above it',
      network(2, { value: null, unsupported: { node: 'n', op: 'O', reason: 'r' } }),
      'exceeded',
    ],
  ])('%s', (_, inspection, verdict) => {
    expect(one(inspection, { max: 1.05 }).verdict).toBe(verdict);
  });

  test('is told with digits enough to see on which side it is, and never past the number', () => {
    expect(one(network(1.050123, certified(2)), { max: 1.05 }).sentence).toBe(
      'net.onnx: the l2 constant is 1.05 … 2.00 ●, certified to be at least 1.0501: above the limit of 1.05.',
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6 }), fc.double({ min: 1e-6, max: 1e6 }), (value, max) => {
        fc.pre(value > max * (1 + 1e-12));
        const { sentence } = one(network(value, certified(2 * value)), { max });
        const told = Number(/at least ([\d.e+-]+):/.exec(sentence)![1]);
        return told > max && told <= value;
      }),
    );
  });

  test('names the reason where there is no upper end', () => {
    const unbounded = { node: '/MatMul', op: 'MatMul', reason: 'both factors move.', remedy: '' };
    expect(one(network(0.5, { value: null, unbounded }), { max: 1 }).sentence).toContain('(both factors move)');
  });

  test('that may stay unproved fails a build only when it is exceeded', () => {
    const unproved = network(0.9, certified(2));
    expect(fails(one(unproved, { max: 1 }))).toBe(true);
    expect(fails(one(unproved, { max: 1, fails: 'when-exceeded' }))).toBe(false);
    expect(fails(one(network(1.5, certified(2)), { max: 1, fails: 'when-exceeded' }))).toBe(true);
    expect(fails(one(network(0.5, certified(0.6)), { max: 1 }))).toBe(false);
  });
});

/** Whatever the true constant in the interval is, a verdict must not be wrong about it. */
test('no verdict is wrong about any constant that the interval allows', () => {
  const size = fc.double({ min: 0, max: 10, noNaN: true });
  fc.assert(
    fc.property(size, size, size, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, max, t) => {
      const [lower, upper] = [Math.min(a, b), Math.max(a, b)];
      const truth = Math.min(upper, Math.max(lower, lower + t * (upper - lower)));
      const { verdict } = one(network(lower, certified(upper)), { max });
      return (verdict !== 'kept' || truth <= max) && (verdict !== 'exceeded' || truth > max);
    }),
  );
});

describe('a limit for layers', () => {
  const inspection = inspectionOf([layer('conv1', 1, 1.01), layer('conv2', 1.2, 1.3), layer('fc', 5, null)]);

  test('judges every layer whose name fits, and no other', () => {
    const judged = judge(inspection, budgetOf({ layers: 'conv*', max: 1.1 }));
    expect(judged.map(({ verdict }) => verdict)).toEqual(['kept', 'exceeded']);
    expect(judged[1]!.sentence).toContain('conv2 of net.onnx: its l2 norm is 1.20 … 1.30 ●');
  });

  test('for which no layer has a fitting name says that it judges nothing, which fails', () => {
    const [judgement] = judge(inspection, budgetOf({ layers: ['cnv*'], max: 1 }));
    expect(judgement).toMatchObject({ verdict: 'void' });
    expect(judgement!.sentence).toContain('"cnv*"');
    expect(fails(judgement!)).toBe(true);
  });

  test('in a norm that was not computed is not proved', () => {
    expect(judge(inspection, budgetOf({ layers: 'fc', norm: 'l1', max: 9 }))[0]!.verdict).toBe('unproved');
  });

  test('of several verdicts the worst stands for all', () => {
    expect(worst(['kept', 'unproved', 'kept'])).toBe('unproved');
    expect(worst(['unproved', 'exceeded'])).toBe('exceeded');
    expect(worst([])).toBeUndefined();
  });
});

describe('a limit for the smoothed network', () => {
  const report = (lipschitz: number | null, smoothness: number | null, found: number): SmoothingReport =>
    ({
      model: inspectionOf([]).model,
      output: { bound: 1, lipschitz, smoothness, deviation: 0.1, stepSize: null },
      checked: { samples: 1, ascentSteps: 1, maxDeviation: 0, smoothness: found, inSingle: [] },
      notSmooth: [],
    }) as Partial<SmoothingReport> as SmoothingReport;

  test('is kept by a proved upper end, and never called exceeded by what was only found', () => {
    const budget = budgetOf({ epsilon: 0.1, max: 2, maxSmoothness: 10 });
    const verdicts = (own: SmoothingReport): string[] => judgeSmoothing(own, budget).map(({ verdict }) => verdict);
    expect(verdicts(report(2, 9, 3))).toEqual(['kept', 'kept']);
    expect(verdicts(report(2.1, 30, 20))).toEqual(['unproved', 'unproved']);
    expect(verdicts(report(null, null, 1))).toEqual(['unproved', 'unproved']);
  });
});

describe('an inspection answers a budget', () => {
  const inspection: Inspection = {
    ...network(1, certified(2)),
    model: {
      ...inspectionOf([]).model,
      inputs: [
        { name: 'ids', type: 'int64', shape: [1] },
        { name: 'x', type: 'float32', shape: [1] },
      ],
      outputs: [
        { name: 'y', type: 'float32', shape: [1] },
        { name: 'z', type: 'float32', shape: [1] },
      ],
    },
  };
  const ask = (entry: object, own: Inspection = inspection): boolean => answers(own, budgetOf({ max: 1, ...entry }));

  test('only when it asked the same', () => {
    expect(ask({})).toBe(true);
    expect(ask({ norm: 'linf' })).toBe(false);
    expect(ask({ norm: 'linf', layers: '*' })).toBe(true);
    expect(ask({ region: 'box:-1,1' })).toBe(false);
    expect(ask({ output: 'z' })).toBe(false);
    expect(ask({ input: 'x', output: 'y' })).toBe(true);
    expect(ask({ dims: { n: 2 } })).toBe(false);
    expect(ask({}, { ...inspection, question: { set: {}, dims: {}, quantisation: 'left out' } })).toBe(false);
    expect(ask({ set: { m: 'a/m.npy' } }, { ...inspection, question: { set: { m: '/x/a/m.npy' }, dims: {} } })).toBe(
      true,
    );
  });

  test('whose region is named without its folder in reports', () => {
    expect(ask({ region: 'ball:l2:data/x.npy:1' }, { ...inspection, region: 'ball:l2:x.npy:1' })).toBe(true);
  });

  test('so that as few inspections as possible are made', () => {
    const budgets = [
      { layers: '*' },
      { norm: 'l1' },
      {},
      { layers: 'a', norm: 'linf' },
      { region: 'box:0,1' },
      { layers: 'b', region: 'box:0,1' },
    ];
    const groups = askedTogether(budgets.map((entry) => budgetOf({ max: 1, ...entry })));
    expect(groups.map(({ question: { norm, region }, budgets: own }) => [norm, region, own.length])).toEqual([
      ['l1', 'all', 3],
      ['l2', 'all', 1],
      ['l2', 'box:0,1', 2],
    ]);
  });

  test('with points from files beside the budgets', () => {
    const { question } = budgetOf({ max: 1, region: 'ball:linf:x.npy:0.03', set: { m: 'm.npy', k: '1,2' } });
    expect(requestFor(question, '/ws/net.onnx', '/ws', 5)).toMatchObject({
      region: 'ball:linf:/ws/x.npy:0.03',
      set: { m: '/ws/m.npy', k: '1,2' },
      budgetSeconds: 5,
    });
  });
});
