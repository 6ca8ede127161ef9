import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import schema from '../../docs/smoothing.schema.json' with { type: 'json' };
import { commandLine, samples, type CommandLine } from './command-line.ts';

const model = join(samples, 'two_moons', 'shallow.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

test('writes JSON that follows the published schema, and a model that ONNX Runtime opens', async () => {
  const target = join(cli.folder, 'smooth.onnx');
  const page = join(cli.folder, 'smooth.html');
  const { code, out } = await cli.run(
    'smooth',
    model,
    '--epsilon',
    '0.5',
    '--budget',
    '2',
    '--out',
    target,
    '--report',
    page,
    '--json',
    '-',
  );
  expect(code).toBe(0);
  const report = JSON.parse(out) as Record<string, unknown> & {
    layers: readonly { id: string; mu: number }[];
    checked: { samples: number; maxDeviation: number };
  };
  const validate = new Ajv2020({ strict: false }).compile(schema);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  expect(report).toMatchObject({ format: 'lipschitz-smoothing', version: 1, epsilon: 0.5, rule: 'optimal' });
  expect(report.layers.some(({ mu }) => mu > 0)).toBe(true);
  expect(report.checked.samples).toBeGreaterThan(0);
  expect(report.checked.maxDeviation).toBeLessThanOrEqual(0.5);
  expect(await readFile(page, 'utf8')).toContain('shallow.onnx, smoothed');
  const session = await InferenceSession.create(await readFile(target));
  expect(session.inputNames).toHaveLength(1);
  await session.release();
});

test('one layer is locked and another one weighs more, by name; a name that there is not is said', async () => {
  const deep = join(samples, 'two_moons', 'mlp.onnx');
  const asked = ['--lock', 'layers.1=1e-5', '--weight', 'layers.3=3', '--weight', 'nowhere=2', '--rule', 'equal'];
  const { out } = await cli.run('smooth', deep, '--epsilon', '0.1', '--budget', '1', ...asked, '--json', '-');
  const { layers, notes } = JSON.parse(out) as {
    layers: readonly { name: string; mu: number; share: number }[];
    notes: readonly string[];
  };
  const [first, second, third] = layers;
  expect(first!.mu).toBeLessThanOrEqual(1e-5);
  expect(first!.mu).toBeGreaterThan(0.999e-5);
  expect(second!.share / third!.share).toBeCloseTo(3, 3);
  expect(notes).toContain('No layer that is smoothed here is called "nowhere": what was asked of it is left out.');
  const wrong = await cli.run('smooth', deep, '--epsilon', '0.1', '--lock', 'layers.1=0');
  expect(wrong).toMatchObject({ code: 2, out: '' });
});

test('refuses a rule that there is not, and an epsilon that allows nothing', async () => {
  expect(await cli.run('smooth', model, '--epsilon', '0.1', '--rule', 'best')).toMatchObject({ code: 2, out: '' });
  expect(await cli.run('smooth', model, '--epsilon', '0')).toMatchObject({ code: 2, out: '' });
  expect(await cli.run('smooth', model, '--epsilon', '0.1', '--report', 'x.pdf')).toMatchObject({ code: 2, out: '' });
  expect(await cli.run('smooth', model)).toMatchObject({ code: 2, out: '' });
});
