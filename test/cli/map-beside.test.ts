import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commandLine, samples, type CommandLine } from './command-line.ts';

let cli: CommandLine;
/** Three programs in a row, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

const moons = (name: string): string => join(samples, 'two_moons', `${name}.onnx`);
const images = join(samples, 'digits', 'residual_cnn.onnx');

test('two maps stand beside each other on one scale, and each is the map that its model has alone', async () => {
  const asked = ['--range', '-2:3,-2:2', '--grid', '4x5', '--method', 'certified'];
  const both = join(cli.folder, 'both.svg');
  const { code, out } = await cli.run(
    'map',
    moons('spectral_norm_k1'),
    '--beside',
    moons('shallow'),
    ...asked,
    '--svg',
    both,
    '--json',
    '-',
  );
  expect(code).toBe(0);
  const [first, second] = JSON.parse(out) as { lower: number[][]; upper: number[][]; range: number[][] }[];
  const alone = JSON.parse((await cli.run('map', moons('shallow'), ...asked, '--json', '-')).out) as typeof first;
  expect(second!.upper).toEqual(alone!.upper);
  expect(second!.range).toEqual(first!.range);
  const svg = readFileSync(both, 'utf8');
  expect(svg).toContain('constant of spectral_norm_k1.onnx; ');
  expect(svg).toContain('constant of shallow.onnx');
});

test('the report of a map of images shows its plane as images', async () => {
  const html = join(cli.folder, 'digits.html');
  const { code } = await cli.run(
    'map',
    images,
    '--random',
    '--grid',
    '3x3',
    '--samples',
    '2',
    '--budget',
    '5',
    '--html',
    html,
  );
  expect(code).toBe(0);
  const text = readFileSync(html, 'utf8');
  expect(text).toContain('The plane as images: base point');
  expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
});

test.each([
  [['--png', 'x.png'], 2, 'Two maps beside each other are written by'],
  [['--beside', images], 2, 'The inputs of the two models differ: spectral_norm_k1.onnx takes 2 numbers'],
] as const)('map --beside with %j ends with %i and a sentence', async (more, code, words) => {
  const outcome = await cli.run(
    'map',
    moons('spectral_norm_k1'),
    '--beside',
    moons('shallow'),
    '--grid',
    '2x2',
    '--samples',
    '1',
    ...more,
  );
  expect(outcome.err).toContain(words);
  expect(outcome.code).toBe(code);
});
