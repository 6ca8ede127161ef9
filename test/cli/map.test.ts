import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapCommand } from '../../core/cli/commands/map.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { UsageError } from '../../core/cli/usage.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const shallow = join(samples, 'two_moons', 'shallow.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

test('writes the contract of REPORT-FORMAT.md, and nothing else on standard output', async () => {
  const { code, out } = await cli.run(
    ...['map', shallow, '--axes', '1,0', '--range', '-1:2,-3:3', '--grid', '4x6', '--method', 'pairs'],
    ...['--pairs', '50', '--seed', '7', '--norm', 'linf', '--json', '-'],
  );
  expect(code).toBe(0);
  const map = JSON.parse(out) as Record<string, unknown> & { lower: number[][] };
  expect(map).toMatchObject({
    ...{ format: 'lipschitz-map', version: 1, axes: [1, 0], grid: [4, 6], method: 'pairs', norm: 'linf' },
    ...{ range: [[-1, 2], [-3, 3]], upper: null, pairsPerCell: 50, seed: 7 }, // prettier-ignore
  });
  expect(map.lower).toHaveLength(4);
  for (const row of map.lower) {
    expect(row).toHaveLength(6);
    for (const value of row) expect(value).toBeGreaterThan(0);
  }
});

test('no cell is steeper than the whole network, and the same seed gives the same map', async () => {
  const ask = ['map', shallow, '--grid', '5x5', '--samples', '10', '--json', '-'] as const;
  const [first, second, inspection] = await Promise.all([
    cli.run(...ask),
    cli.run(...ask),
    cli.run('inspect', shallow, '--budget', '2', '--json', '-'),
  ]);
  const cells = (text: string): number[] => (JSON.parse(text) as { lower: number[][] }).lower.flat();
  expect(cells(first.out)).toEqual(cells(second.out));
  const { lipschitz } = JSON.parse(inspection.out) as { lipschitz: { l2: { upper: { value: number } } } };
  expect(Math.max(...cells(first.out))).toBeLessThanOrEqual(lipschitz.l2.upper.value);
});

test('up to the first layer, which is affine, every cell is the norm of that layer, and the map says how far it goes', async () => {
  const inspection = await cli.run('inspect', shallow, '--budget', '2', '--json', '-');
  const { layers } = JSON.parse(inspection.out) as Pick<Inspection, 'layers'>;
  const { tensor, norms } = layers[0]!;
  const ask = ['map', shallow, '--output', tensor!, '--method', 'certified', '--grid', '3x3'] as const;
  const map = JSON.parse((await cli.run(...ask, '--json', '-')).out) as Record<'lower' | 'upper', number[][]>;
  expect(map).toMatchObject({ model: { output: tensor } });
  for (const value of map.upper.flat()) expect(value).toBeGreaterThanOrEqual(norms.l2!.lower);
  for (const value of map.lower.flat()) {
    expect(value).toBeLessThanOrEqual(norms.l2!.upper!);
    expect(value).toBeCloseTo(norms.l2!.lower, 4);
  }
  expect((await cli.run(...ask)).out).toContain(`shallow.onnx up to ${tensor!}  local l2 constants`);
});

test('writes pictures and a line for every cell, and prints where it is roughest', async () => {
  const files = ['svg', 'png', 'csv'].map((ending) => join(cli.folder, `map.${ending}`));
  const { code, out } = await cli.run(
    ...['map', shallow, '--random', '--grid', '6x6', '--samples', '5'],
    ...files.flatMap((file) => [`--${file.split('.').at(-1)!}`, file]),
  );
  expect(code).toBe(0);
  expect(out).toMatch(/shallow\.onnx {2}local l2 constants[^]*Roughest at first random direction = /);
  const [svg, png, csv] = await Promise.all(files.map((file) => readFile(file)));
  expect(svg!.toString()).toContain('<svg');
  expect(png!.subarray(1, 4).toString()).toBe('PNG');
  expect(csv!.toString().trimEnd().split('\r\n')).toHaveLength(37);
});

/** Debian's Chromium brings a Vulkan device made of software. */
const softwareAdapter = { VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json' };

test('a tiny map on a GPU is the map of the CPU', { timeout: 240_000 }, async (context) => {
  const ask = ['map', shallow, '--grid', '2x3', '--samples', '4', '--budget', '200', '--json', '-'] as const;
  const environment = existsSync(softwareAdapter.VK_ICD_FILENAMES) ? softwareAdapter : {};
  const there = await cli.runWith(environment, ...ask, '--provider', 'webgpu');
  expect(there.code).toBe(0);
  type Answer = { readonly engine: { readonly provider: string; readonly fallback?: string }; readonly lower: number[][] }; // prettier-ignore
  const gpu = JSON.parse(there.out) as Answer;
  if (gpu.engine.provider !== 'webgpu') context.skip(`No adapter is here: ${gpu.engine.fallback ?? there.err}`);
  const cpu = JSON.parse((await cli.run(...ask)).out) as Answer;
  expect(cpu.engine.provider).toBe('cpu');
  // The steepest points are found in float32 on both, and computed again in doubles.
  for (const [k, value] of gpu.lower.flat().entries()) expect(value / cpu.lower.flat()[k]!).toBeCloseTo(1, 5);
});

test('wrong usage is one sentence on the other stream, and exit code 2', async () => {
  const { code, out, err } = await cli.run('map', shallow, '--axes', '0,7');
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain('There is no input coordinate 7');
  expect(err.trim().split('\n')).toHaveLength(1);
});

// A process for each of them would take longer than everything else in this file.
test.each([
  [['--axes', '0,1,2'], '--axes needs two coordinates'],
  [['--axes', '0,1', '--random'], 'one plane'],
  [['--through', 'zeros'], 'three points'],
  [['--range', '3:1,0:1'], 'A below B'],
  [['--grid', '50'], 'RxC'],
  [['--method', 'guess'], '--method must be'],
  [['--pairs', '9'], '--pairs is for --method pairs'],
  [['--restrict', 'plane'], '--restrict must be slice'],
  [['--png', '-'], 'name of a file'],
  [['--scale', '3:1'], '0 < A < B'],
])('%j is wrong usage, before any engine is there', async (options, sentence) => {
  const noEngine = (): Promise<never> => Promise.reject(new Error('An engine was asked for.'));
  const refused = mapCommand.run([shallow, ...options], noEngine, new AbortController().signal);
  await expect(refused).rejects.toBeInstanceOf(UsageError);
  await expect(refused).rejects.toThrow(sentence);
});
