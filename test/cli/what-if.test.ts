import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { numbersOf } from '../../core/network/tensor.ts';
import type { WhatIfReport } from '../../core/report/what-if.ts';
import { singularValues } from '../estimators/norms/small-maps.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const shallow = join(samples, 'two_moons', 'shallow.onnx');
const convolutions = join(samples, 'digits', 'residual_cnn_dynamo.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/what-if.schema.json'), 'utf8')) as object,
);

/** All constants of a file as numbers, by name. */
function weightsOf(path: string): Map<string, { shape: readonly number[]; numbers: number[] }> {
  using file = openModelFile(path);
  const { constants } = readModel(file);
  return new Map(
    [...constants].map(([name, tensor]) => [name, { shape: tensor.shape, numbers: [...numbersOf(tensor)] }]),
  );
}

async function whatIf(model: string, ...options: string[]): Promise<{ report: WhatIfReport; changed: string }> {
  const changed = join(cli.folder, 'changed.onnx');
  const { code, out, err } = await cli.run('what-if', model, ...options, '--budget', '2', '--out', changed, '--json', '-'); // prettier-ignore
  expect(err.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
  expect(code).toBe(0);
  const report = JSON.parse(out) as WhatIfReport;
  expect(validate(report) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...report, before: undefined })).toBe(false);
  return { report, changed };
}

describe('lipschitz what-if', () => {
  test('brings every layer down to a norm, and nothing else of the file changes', async () => {
    const { report, changed } = await whatIf(shallow, '--spectral', '1');
    expect(report.layers).toHaveLength(2);
    const [old, fresh] = [weightsOf(shallow), weightsOf(changed)];
    expect([...fresh.keys()]).toEqual([...old.keys()]);
    for (const [name, { shape, numbers }] of old) {
      const layer = report.layers.find(({ weights }) => weights === name);
      const now = fresh.get(name)!.numbers;
      if (layer === undefined) {
        expect(now).toEqual(numbers);
        continue;
      }
      expect(now).toEqual(numbers.map((value) => Math.fround(layer.factor * value)));
      const rows = Array.from({ length: shape[0]! }, (_, i) => now.slice(i * shape[1]!, (i + 1) * shape[1]!));
      expect(singularValues(rows)[0]).toBeLessThanOrEqual(1);
      expect(singularValues(rows)[0]).toBeGreaterThan(1 - 1e-5);
      expect(layer.l2.after).toBeLessThanOrEqual(1);
    }
    const [before, after] = [readFileSync(shallow), readFileSync(changed)];
    expect(after).toHaveLength(before.length);
    const parameters = report.layers.reduce((sum, { weights }) => sum + 4 * old.get(weights)!.numbers.length, 0);
    expect(before.filter((byte, at) => byte !== after[at]).length).toBeLessThanOrEqual(parameters);
    // The norms were 7.0164 and 4.7774; both intervals may be wide after so short a time.
    expect(report.after.upper.value).toBeLessThan(report.before.upper.value! / 4);
    expect(report.outputs!.mean).toBeGreaterThan(0);
  });

  test('rescales one layer, of a network with convolutions as well', async () => {
    const all = await whatIf(convolutions, '--spectral', '1e-6');
    const { name, weights } = all.report.layers[0]!;
    const { report, changed } = await whatIf(convolutions, '--rescale', `${name}=0.5`);
    expect(report.layers.map((layer) => layer.weights)).toEqual([weights]);
    const [old, fresh] = [weightsOf(convolutions), weightsOf(changed)];
    expect(fresh.get(weights)!.numbers).toEqual(old.get(weights)!.numbers.map((value) => value / 2));
    const { before, after } = report.layers[0]!.l2;
    expect(after! / before).toBeCloseTo(0.5, 2);
  });

  test('says what it cannot do', async () => {
    const fault = async (...options: string[]): Promise<string> => {
      const { code, err } = await cli.run('what-if', shallow, '--budget', '0.5', ...options);
      expect(code).toBe(2);
      return err;
    };
    expect(await fault()).toContain('Say what to change');
    expect(await fault('--rescale', 'no.such=2')).toContain('no layer "no.such"');
    expect(await fault('--rescale', '2')).toContain('LAYER=FACTOR');
    expect(await fault('--spectral', '1', '--layers', 'conv*')).toContain('No layer with weights');
    expect(await fault('--layers', '*')).toContain('--spectral');
  });
});
