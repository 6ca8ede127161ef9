import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

const formats = resolve(import.meta.dirname, '../formats');

test.each([
  'torch/exports/gru-stacked-both-ways.pt2',
  'torch/exports/transformer-layer.pt2',
  // It compares numbers with themselves, which intervals do not decide.
  'torch/exports/logic.pt2',
  'keras/models/net-mobile.keras',
  'tfjs/graphs/mobile/model.json',
])('%s is written as ONNX, and what runs is what was read', async (model) => {
  const to = join(cli.folder, `${model.replaceAll(/\W/gu, '-')}.onnx`);
  const { code, out, err } = await cli.run('convert', join(formats, model), to);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(existsSync(to)).toBe(true);
  const [, difference] = /run at 3 points .* in doubles is (\S+)\.$/u.exec(out.trim())!;
  expect(Number(difference)).toBeLessThan(1e-5);
});

test('weights without a graph are not written as an empty network', async () => {
  const to = join(cli.folder, 'weights.onnx');
  const { code, err } = await cli.run('convert', join(formats, 'same/models/net.pth'), to);
  expect(err).toContain('net.pth holds weights and no graph');
  expect(code).toBe(3);
  expect(existsSync(to)).toBe(false);
});

test('weights without a graph follow one another as the code calls them, where a source file is named', async () => {
  const weights = join(formats, 'same/models/net.pth');
  const source = join(formats, 'same/make-models.py');
  const { code, out, err } = await cli.run('chain', weights, '--source', source);
  expect(code).toBe(0);
  expect(err).toContain('a guess from make-models.py, in the order in which Net calls its layers');
  expect(JSON.parse(out)).toMatchObject({
    input: [1, null, null],
    steps: [
      { layer: 'conv.weight', stride: 2 },
      { function: 'Relu' },
      { flatten: true },
      { layer: 'hidden.weight' },
      { function: 'Relu' },
      { layer: 'out.weight' },
    ],
  });
  const other = await cli.run('chain', weights, '--source', join(formats, 'torch/make-weights.py'));
  expect(other).toMatchObject({ code: 3, out: '' });
  expect(other.err).toContain('make-weights.py puts no two layers of net.pth into an order');
  expect((await cli.run('chain', weights, '--source', weights)).err).toContain('net.pth is no source file');
});
