import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Comparison } from '../../core/report/comparison/comparison.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

let cli: CommandLine;
/** Several programs in a row, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

const moons = (name: string): string => join(samples, 'two_moons', `${name}.onnx`);

test('lipschitz compare proves that the gradient penalty made the network smoother', async () => {
  const { code, out } = await cli.run('compare', moons('mlp'), moons('mlp_gradient_penalty'), '--budget', '4', '--json', '-'); // prettier-ignore
  expect(code).toBe(0);
  const { network, layers } = JSON.parse(out) as Comparison;
  expect(network).toMatchObject({ change: 'smoother', rigor: 'certified' });
  // numpy.linalg.svd of the last weights of the two files: 1.264564 and 0.452147.
  const last = layers.at(-1)!;
  expect(last).toMatchObject({ in: 'both', weights: 'changed', constant: { change: 'smoother' } });
  const { ratio } = last.in === 'both' ? last.constant! : expect.fail('the layer is in both');
  expect(ratio.lower).toBeLessThanOrEqual(0.452147 / 1.264564 + 1e-6);
  expect(ratio.upper).toBeGreaterThanOrEqual(0.452147 / 1.264564 - 1e-6);
});

test('lipschitz compare takes inspections, gates a build, and writes what --out asks for', async () => {
  const json = join(cli.folder, 'shallow.json');
  await cli.run('inspect', moons('shallow'), '--budget', '2', '--json', json);
  const out = join(cli.folder, 'same.html');
  const same = await cli.run('compare', json, json, '--max', '1', '--out', out);
  expect(same.out).toContain('0 of 2 layers with weights that both have changed.');
  expect(readFileSync(out, 'utf8')).toContain('Both files hold the same bytes.');
  const rougher = await cli.run('compare', json, moons('mlp'), '--budget', '2', '--max', '1');
  expect(rougher.code).toBe(1);
  expect(rougher.out).toContain('mlp.onnx is rougher than shallow.onnx in l2, proved');
});

test('weights without a network are compared layer by layer', async () => {
  const weights = (name: string): string => join(import.meta.dirname, '../formats/torch/weights', name);
  const { code, out } = await cli.run('compare', weights('state-dict.pth'), weights('model.safetensors'), '--budget', '2', '--json', '-'); // prettier-ignore
  expect(code).toBe(0);
  const { network, layers } = JSON.parse(out) as Comparison;
  expect(network).toBeNull();
  expect(layers.length).toBeGreaterThan(0);
});

test.each([
  [[], 2, 'Name two models'],
  [['a.onnx', 'b.onnx', '--out', 'x.docx'], 2, 'ends in .html'],
  [['gone.onnx', 'gone.onnx'], 3, 'gone.onnx'],
] as const)('lipschitz compare %j ends with %i and a sentence', async (args, code, words) => {
  const outcome = await cli.run('compare', ...args);
  expect(outcome.code).toBe(code);
  expect(outcome.err).toContain(words);
});
