import { expect, test } from 'vitest';
import { rowOf, type RowWords } from '../../../extension/models/model-row.ts';
import { inspectionOf } from '../inspections.ts';

const words: RowWords = {
  state: {
    'not-inspected': 'not inspected',
    running: 'running',
    done: 'inspected',
    stale: 'file changed since',
    failed: 'failed',
    stopped: 'stopped',
  },
  percent: (percent) => `${percent} %`,
};

const inspection = {
  ...inspectionOf([]),
  lipschitz: {
    l2: {
      lower: { value: 0.75, method: 'search', rigor: 'certified' as const },
      upper: { value: 1.5, method: 'product', rigor: 'certified' as const },
    },
  },
};
const file = 'net.onnx';

test('a row says how far its model is, with the interval as soon as there is one', () => {
  const rows = [
    rowOf(undefined, words),
    rowOf({ kind: 'loading', file, activity: 'Opening' }, words),
    rowOf({ kind: 'finished', file, inspection }, words),
    rowOf({ kind: 'stale', file, inspection }, words),
    rowOf({ kind: 'stopped', file, inspection: undefined }, words),
  ];
  expect(rows.map(({ state, description }) => [state, description])).toEqual([
    ['not-inspected', ''],
    ['running', '0 %'],
    ['done', '0.750 … 1.50 ● l2'],
    ['stale', '0.750 … 1.50 ● l2 · file changed since'],
    ['stopped', 'stopped'],
  ]);
  expect(rows[2]!.words).toMatch(/between|at least|at most/);
});

test('a failure keeps its sentence for the tooltip', () => {
  const row = rowOf(
    { kind: 'failed', file, message: 'net.onnx is cut off.', action: 'retry', inspection: undefined },
    words,
  );
  expect(row).toMatchObject({ state: 'failed', description: 'failed', problem: 'net.onnx is cut off.' });
});
