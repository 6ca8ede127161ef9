import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { judge } from '../../core/budgets/judge.ts';
import { readBudgets } from '../../core/budgets/read-budgets.ts';
import { sarif, type Finding } from '../../core/budgets/sarif.ts';
import { inspectionOf } from '../extension/inspections.ts';
import { layer } from '../extension/layers.ts';

/** The schema that OASIS publishes, as Microsoft's SARIF packages carry it; its draft 4 means the same to this validator but for names. */
const published = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const { $schema, id, ...schema } = JSON.parse(readFileSync(published, 'utf8')) as Record<string, unknown>;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

const inspection = inspectionOf(
  ['a', 'b', 'c'].map((name) => layer({ op: 'Gemm', in: [1, 2], out: [1, 2], hints: { stateName: name } })),
);

function findings(entry: object, more: Partial<Finding> = {}): readonly Finding[] {
  const { file } = readBudgets(JSON.stringify({ budgets: [{ model: 'net.onnx', ...entry }] }));
  return judge(inspection, file.budgets[0]!).map((judgement) => ({ judgement, model: 'models/my net.onnx', ...more }));
}

interface Log {
  readonly runs: readonly [
    {
      readonly results: readonly {
        readonly ruleId: string;
        readonly level: string;
        readonly locations: readonly [
          {
            readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: object };
          },
        ];
        readonly partialFingerprints: Readonly<Record<string, string>>;
      }[];
    },
  ];
}

test('SARIF follows the published schema, with and without breaches', () => {
  expect(typeof $schema === 'string' && typeof id === 'string').toBe(true);
  const all = [
    ...findings(
      { layers: '*', max: 1 },
      { source: { file: 'src/net.py', line: 7 }, limitAt: { file: 'lipschitz.json', line: 3 } },
    ),
    ...findings({ max: 1, why: 'The loss needs it.' }),
    ...findings({ layers: 'x', max: 1 }),
    ...findings({ layers: 'a', max: 2, fails: 'when-exceeded' }),
  ];
  for (const log of [sarif(all, [{ model: 'gone.onnx', message: 'gone.onnx is not there.' }]), sarif([], [])])
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...sarif(all, []), version: '2.0.0' })).toBe(false);
});

test('a breach stands on the line that makes the layer, else on the model; what is kept is no result', () => {
  const linked = findings({ layers: 'a', max: 1 }, { source: { file: 'src/net.py', line: 7 } });
  const unlinked = findings({ layers: 'b', max: 1 });
  const kept = findings({ layers: 'c', max: 3 });
  const { results } = (sarif([...linked, ...unlinked, ...kept], []) as Log).runs[0];
  expect(results.map(({ locations: [{ physicalLocation }] }) => physicalLocation)).toEqual([
    { artifactLocation: { uri: 'src/net.py', uriBaseId: 'SRCROOT' }, region: { startLine: 7 } },
    { artifactLocation: { uri: 'models/my%20net.onnx', uriBaseId: 'SRCROOT' }, region: { startLine: 1 } },
  ]);
});

test('levels: proved is an error, for want of a proof a warning, allowed to be unproved a note', () => {
  // The layers' norm is between 1.99 and 2.01.
  const levels = [
    findings({ layers: 'a', max: 1 }),
    findings({ layers: 'a', max: 2 }),
    findings({ layers: 'a', max: 2, fails: 'when-exceeded' }),
    findings({ layers: 'x', max: 2 }),
  ].map((own) => (sarif(own, []) as Log).runs[0].results[0]!);
  expect(levels.map(({ level, ruleId }) => [ruleId, level])).toEqual([
    ['layer-norm', 'error'],
    ['layer-norm', 'warning'],
    ['layer-norm', 'note'],
    ['void-limit', 'error'],
  ]);
});

test('a finding keeps its fingerprint when only the numbers change, and differs from layer to layer', () => {
  const prints = (sarif(findings({ layers: '*', max: 1 }), []) as Log).runs[0].results.map(
    ({ partialFingerprints }) => Object.values(partialFingerprints)[0],
  );
  expect(new Set(prints).size).toBe(3);
  const wider = findings({ layers: '*', max: 1 }).map(({ judgement, ...rest }) => ({
    ...rest,
    judgement: { ...judgement, sentence: 'other numbers' },
  }));
  const later = (sarif(wider, []) as Log).runs[0].results.map(
    ({ partialFingerprints }) => Object.values(partialFingerprints)[0],
  );
  expect(later).toEqual(prints);
});
