import { expect, test } from 'vitest';
import { whatIfText, withKnown } from '../../core/report/what-if.ts';
import { blank } from './fixtures/inspection.ts';
import { someWhatIf } from './fixtures/what-if.ts';

test('a change of weights in words: what it is, where, and both intervals with their evidence', () => {
  expect(whatIfText({ ...someWhatIf, region: 'box:0,1' })).toBe(
    [
      'x.onnx, l2, for every input between 0 and 1',
      '  first: first.weight times 0.25, its l2 norm from 4 to 1',
      '  third: third.weight times 0.125, its l2 norm from 8 to 1',
      '  before: 3.00 … 16.0 ●',
      '  after:  0.100 … 0.500 ●',
      '  outputs at 256 points move by 2.5 on average and 6 at most; they are 3 long on average; the largest output is another one at 40 of them',
    ].join('\n'),
  );
});

test('the model as it is keeps what an inspection has said of it, where that was asked the same', () => {
  const upper = { value: 12, method: 'seqlip', rigor: 'certified' } as const;
  const lower = { value: 2, method: 'ascent', rigor: 'certified' } as const;
  const known = { ...blank, model: { ...blank.model, file: 'x.onnx' }, lipschitz: { l2: { lower, upper } } };
  expect(withKnown(someWhatIf, known).before).toEqual({ lower: someWhatIf.before.lower, upper });
  expect(withKnown(someWhatIf, known).after).toBe(someWhatIf.after);
  expect(whatIfText(withKnown(someWhatIf, known))).toContain('which had more time than the one of the changed model');
  const nothingNew = { ...known, lipschitz: { l2: someWhatIf.before } };
  expect(withKnown(someWhatIf, nothingNew)).toBe(someWhatIf);
  const unquantised = { ...known, question: { set: {}, dims: {}, quantisation: 'left out' as const } };
  const others = [
    { ...known, region: 'box:0,1' },
    { ...known, model: blank.model },
    { ...known, lipschitz: { linf: { lower, upper } } },
    unquantised,
  ];
  for (const other of [...others, undefined]) expect(withKnown(someWhatIf, other)).toBe(someWhatIf);
});
