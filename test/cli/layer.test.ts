import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import schema from '../../docs/layer.schema.json' with { type: 'json' };
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { LayerSpectrum } from '../../core/report/layer-spectrum.ts';
import { networkOf } from '../operators/small-networks.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const model = join(samples, 'digits', 'residual_cnn.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

test('writes the spectrum of a layer as JSON that follows the published schema', async () => {
  const { code, out } = await cli.run('layer', model, 'stem.0', '--json', '-');
  expect(code).toBe(0);
  const spectrum = JSON.parse(out) as LayerSpectrum;
  const validate = new Ajv2020({ strict: false }).compile(schema);
  expect(validate(spectrum), JSON.stringify(validate.errors)).toBe(true);
  expect(spectrum.layer).toMatchObject({ name: 'stem.0', inputShape: [1, 1, 8, 8], outputShape: [1, 16, 8, 8] });
  expect(spectrum.count).toBe(64);
  expect(spectrum.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(64);
  // What large images approach, the small one never exceeds.
  expect(spectrum.everySize!.upper).toBeGreaterThanOrEqual(spectrum.leading[0]!);
});

test('draws histogram and patterns, in colours that every program knows', async () => {
  const { out } = await cli.run('layer', model, 'classifier', '--svg', '-');
  expect(out).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(out).toContain('10 singular values');
  expect(out).not.toContain('var(');
});

test('says which layers there are when it does not know one, and that an activation has no singular values', async () => {
  const unknown = await cli.run('layer', model, 'nope');
  expect(unknown).toMatchObject({ code: 2, out: '' });
  expect(unknown.err).toContain('There is no layer "nope". Layers with weights: stem.0, ');
  const bent = await cli.run('layer', model, 'stem.2');
  expect(bent.code).toBe(2);
  expect(bent.err).toContain('is not linear, so it has no singular values');
});

test('says of a layer whose weights are broken what is wrong with them', async () => {
  const file = join(cli.folder, 'broken.onnx');
  const weights = { shape: [3, 2], values: [1, 2, Number.NaN, 4, 5, 6] };
  const nodes = [{ op: 'Gemm', id: 'dense', inputs: ['x', 'w'], attributes: { transB: 1 } }];
  await writeFile(file, writeOnnx(networkOf({ input: [1, 2], nodes, constants: { w: weights } })));
  const { code, err } = await cli.run('layer', file, 'dense');
  expect(code).toBe(2);
  expect(err).toContain('"dense" (Gemm) has no singular values: its weights hold 1 value that is NaN or infinite.');
});
