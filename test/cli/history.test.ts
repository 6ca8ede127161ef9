import { cpSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TrainingHistory } from '../../core/report/training/history.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

let cli: CommandLine;
let run: string;
/** Several programs in a row, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  cli = await commandLine();
  run = join(cli.folder, 'run');
  mkdirSync(run);
  // Two networks of the same shape stand for two moments of a training.
  for (const [name, step] of [
    ['mlp', 1000],
    ['mlp_gradient_penalty', 50],
  ] as const)
    // prettier-ignore
    cpSync(join(samples, 'two_moons', `${name}.onnx`), join(run, `step-${step}.onnx`));
});
afterAll(() => cli[Symbol.asyncDispose]());

const history = (...more: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  cli.run('history', run, '--budget', '1', '--cache', join(cli.folder, 'cache'), ...more);

test('lipschitz history sorts checkpoints by the step in their names and gives the norms that numpy gives', async () => {
  const { code, out } = await history('--json', '-');
  expect(code).toBe(0);
  const { order, checkpoints, layers } = JSON.parse(out) as TrainingHistory;
  expect(order).toBe('step');
  expect(checkpoints.map(({ step }) => step)).toEqual([50, 1000]);
  // numpy.linalg.svd of layers.0.weight in the two files.
  const first = layers.find(({ name }) => name === 'layers.0')!;
  // How narrow the intervals are depends on how much of its second each file got.
  for (const [at, truth] of [4.572154480807811, 4.870127792212952].entries()) {
    const { lower, upper } = first.constants[at]!;
    expect(lower).toBeLessThanOrEqual(truth);
    expect(upper).toBeGreaterThanOrEqual(truth);
  }
});

test('what is known by content is not computed again, and a broken checkpoint costs its row only', async () => {
  cpSync(join(run, 'step-50.onnx'), join(run, 'step-75.onnx'));
  cpSync(join(run, 'step-50.onnx'), join(run, 'step-80.onnx'));
  truncateSync(join(run, 'step-80.onnx'), 500);
  const out = join(cli.folder, 'history.html');
  const outcome = await history('--out', out);
  expect(outcome.code).toBe(1);
  expect(outcome.out).toContain('4 checkpoints, by steps, from the names of the files; 1 could not be read.');
  // Progress is only of what is computed: the copies and the first two came from the cache.
  expect(outcome.err).not.toMatch(/step-(50|75|1000)\.onnx/);
  expect(readFileSync(out, 'utf8')).toContain('<svg');
});

test('lipschitz history --watch says what is there and ends with Ctrl+C', async () => {
  const out = join(cli.folder, 'live.svg');
  const { code } = await cli.interrupt('history', run, '--budget', '1', '--cache', 'none', '--watch', '--out', out);
  expect(code).toBe(0);
  expect(existsSync(join(cli.folder, 'none'))).toBe(false);
});

test.each([
  [[], 2, 'Name a folder'],
  [['.', '--out', 'x.docx'], 2, 'ends in .html'],
  [['.', '--watch', '--json', '-'], 2, 'name one'],
  [['nowhere'], 3, 'is not there'],
] as const)('lipschitz history %j ends with %i and a sentence', async (args, code, words) => {
  const outcome = await cli.run('history', ...args);
  expect(outcome.code).toBe(code);
  expect(outcome.err).toContain(words);
});
