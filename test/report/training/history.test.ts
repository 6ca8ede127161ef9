import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { historyFormats, renderHistory } from '../../../core/report/training/files.ts';
import {
  trainingHistory,
  type CheckpointFinding,
  type TrainingHistory,
} from '../../../core/report/training/history.ts';
import { historyRows, historySentences } from '../../../core/report/training/words.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { blank, certified, layer } from '../fixtures/inspection.ts';
import { hostile, unboundedTransformer } from '../fixtures/unusual.ts';

const at = (step: number, outcome: CheckpointFinding['outcome']): CheckpointFinding => ({
  name: { file: `step-${step}.onnx`, step, modified: '2026-11-26T10:00:00.000Z' },
  outcome,
});

/** Two layers with these norms, and a network whose constant lies within 10 % below their product. */
const network = (a: number, b: number): Inspection => ({
  ...blank,
  layers: [
    layer('fc1', certified(a, a, 'x')),
    layer('relu', certified(1, 1, 'slope'), { kind: 'activation', parameters: 0 }),
    layer('fc2', certified(b, b, 'x')),
  ],
  lipschitz: {
    l2: {
      lower: { value: 0.9 * a * b, method: 'ascent', rigor: 'certified', witness: { x: [0], y: [1] } },
      upper: { value: a * b, method: 'product', rigor: 'certified' },
    },
  },
});

const history = (...findings: readonly CheckpointFinding[]): TrainingHistory =>
  trainingHistory({ folder: 'run', norm: 'l2', region: 'all', order: 'step', notes: [], findings });

const grown = history(
  at(0, { kind: 'read', inspection: network(1, 2) }),
  at(100, { kind: 'failed', message: 'step-100.onnx is cut short.' }),
  at(200, { kind: 'read', inspection: network(3, 2) }),
  at(300, { kind: 'waiting' }),
);

test('every layer is a series in the order of the checkpoints, with a gap where a file could not be read', () => {
  const series = Object.fromEntries(grown.layers.map(({ name, constants }) => [name, constants.map((own) => own?.upper ?? null)])); // prettier-ignore
  expect(series).toEqual({ fc1: [1, null, 3, null], relu: [1, null, 1, null], fc2: [2, null, 2, null] });
});

test('what grew is said as far as it is proved', () => {
  const [found, whole, most] = historySentences(grown);
  expect(found).toBe('4 checkpoints, by steps, from the names of the files; 1 could not be read; 1 not read yet.');
  // 1.8 … 2 before, 5.4 … 6 after: between 5.4/2 and 6/1.8.
  expect(whole).toContain('rougher, proved in its l2 constant: × 2.69 … 3.34');
  expect(most).toContain('fc1');
  const still = history(at(0, { kind: 'read', inspection: network(1, 2) }), at(1, { kind: 'read', inspection: network(1, 2.1) })); // prettier-ignore
  expect(historySentences(still)[1]).toContain('is not decided, since the intervals meet');
});

test('the table has a row for each checkpoint and leaves activations out that never change', () => {
  const rows = historyRows(grown);
  expect(rows.length).toBe(4);
  expect(rows[0]!.map(([column]) => column)).toEqual(['step', 'file', 'network', 'fc1', 'fc2']);
  expect(rows[1]!.map(([, text]) => text)).toEqual(['100', 'step-100.onnx', 'step-100.onnx is cut short.', '', '']);
});

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/history.schema.json'), 'utf8')) as object,
);

describe.each([
  ['a training that got rougher', grown],
  ['a single checkpoint', history(at(7, { kind: 'read', inspection: network(1, 2) }))],
  ['nothing', history()],
  ['networks without an upper end', history(...[0, 1].map((step) => at(step, { kind: 'read', inspection: unboundedTransformer })))],
  ['hostile names', history(...[0, 1].map((step) => at(step, { kind: 'read', inspection: hostile })))],
])('the history of %s', (_, one) => {
  test('is written in every format, without markup of a file in it', () => {
    expect(validate(JSON.parse(renderHistory(one, 'json'))), JSON.stringify(validate.errors)).toBe(true);
    for (const format of historyFormats) {
      const text = renderHistory(one, format);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
      if (format === 'html' || format === 'svg') expect(text).not.toMatch(/<script|<img/i);
    }
  });
}); // prettier-ignore
