import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectionJson } from '../../core/report/json.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { residualCnn } from './fixtures/residual-cnn.ts';
import { unchained } from './fixtures/weights.ts';
import { failedModel, hostile, noLayers, unboundedTransformer, unsupportedDetector } from './fixtures/unusual.ts';

const file = join(import.meta.dirname, '../../docs/inspection.schema.json');
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(file, 'utf8')) as object,
);
const complaints = (value: unknown): unknown => (validate(value) ? [] : validate.errors);
const parsed = (inspection: Inspection): Record<string, unknown> =>
  JSON.parse(inspectionJson(inspection)) as Record<string, unknown>;

describe('the JSON Schema', () => {
  test.each([
    ['an ordinary network', residualCnn],
    ['an unbounded one', unboundedTransformer],
    ['one with an unknown operator', unsupportedDetector],
    ['one without layers', noLayers],
    ['one with hostile names', hostile],
    ['weights without a graph', unchained],
  ])('accepts the inspection of %s', (_, inspection) => {
    expect(complaints(parsed(inspection))).toEqual([]);
  });

  test('accepts several models, one of which could not be read', () => {
    expect(complaints(JSON.parse(inspectionJson([residualCnn, failedModel, unboundedTransformer])))).toEqual([]);
  });

  test('accepts fields that a later version adds', () => {
    expect(complaints({ ...parsed(residualCnn), later: { anything: 1 } })).toEqual([]);
  });

  test.each([
    ['another format', { format: 'something-else' }],
    ['another version', { version: 2 }],
    ['no bounds', { bounds: undefined }],
    [
      'an infinite upper end without a reason',
      { lipschitz: { l2: { lower: residualCnn.lipschitz.l2?.lower, upper: { value: null } } } },
    ],
    ['a rigor that does not exist', { bounds: [{ ...residualCnn.bounds[0], rigor: 'likely' }] }],
    [
      'a negative norm',
      {
        layers: [{ ...residualCnn.layers[0], norms: { l2: { lower: -1, upper: 1, rigor: 'certified', method: 'x' } } }],
      },
    ],
  ])('refuses %s', (_, change) => {
    expect(validate(JSON.parse(JSON.stringify({ ...residualCnn, ...change })))).toBe(false);
  });
});
