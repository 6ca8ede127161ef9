import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import schema from '../../docs/inspection.schema.json' with { type: 'json' };
import type { Inspection } from '../../core/report/inspection.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const shallow = join(samples, 'two_moons', 'shallow.onnx');
const spectral = join(samples, 'two_moons', 'spectral_norm_k1.onnx');
const attention = join(samples, 'digits', 'transformer_dynamo.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

const inspectionIn = (text: string): Inspection => JSON.parse(text) as Inspection;

describe('lipschitz inspect', () => {
  test('puts only JSON on standard output with --json -, and it follows the published schema', async () => {
    const { code, out } = await cli.run('inspect', shallow, '--budget', '2', '--json', '-');
    expect(code).toBe(0);
    const inspection = inspectionIn(out);
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(inspection), JSON.stringify(validate.errors)).toBe(true);
    expect(inspection.lipschitz.l2!.lower.value).toBeGreaterThan(0);
  });

  /** ONNX Runtime's telemetry keeps its log and its queue in the folder for temporary files, where nothing of ours writes. */
  test('leaves nothing behind in the folder for temporary files: the telemetry of ONNX Runtime is off', async () => {
    const temporary = join(cli.folder, 'temporary');
    await mkdir(temporary);
    const { code } = await cli.runWith(
      { TMPDIR: temporary, ORT_DISABLE_TELEMETRY: '' },
      'inspect',
      shallow,
      '--budget',
      '1',
    );
    expect(code).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('finds what the SVD says of a layer, and the product of both as a bound that the upper end never exceeds', async () => {
    const { out } = await cli.run('inspect', shallow, '--budget', '2', '--json', '-');
    const { layers, bounds, lipschitz } = inspectionIn(out);
    // numpy.linalg.svd of the two weight matrices in the file.
    const norms = layers.filter(({ op }) => op === 'Gemm').map(({ norms: { l2 } }) => l2!.upper!);
    expect(norms[0]).toBeCloseTo(7.0164, 3);
    expect(norms[1]).toBeCloseTo(4.7774, 3);
    const product = bounds.filter(({ method }) => method === 'product').at(-1)!.value;
    expect(product).toBeCloseTo(norms[0]! * norms[1]!, 6);
    expect(lipschitz.l2!.upper.value).toBeLessThanOrEqual(product);
  });

  test('gives an array in the order of the arguments, with a failed model in its place', async () => {
    const missing = join(cli.folder, 'missing.onnx');
    const { code, out, err } = await cli.run('inspect', shallow, missing, spectral, '--budget', '1', '--json', '-');
    expect(code).toBe(1);
    const answers = JSON.parse(out) as { model: { file: string }; error?: { message: string } }[];
    expect(answers.map(({ model }) => model.file)).toEqual(['shallow.onnx', 'missing.onnx', 'spectral_norm_k1.onnx']);
    expect(answers[1]!.error!.message).toContain('missing.onnx');
    expect(err).toContain('missing.onnx');
  });

  test('exits with 3 when no model could be read, and says why in one sentence', async () => {
    const text = join(cli.folder, 'notes.onnx');
    await writeFile(text, 'these are notes, not a network\n');
    const { code, err } = await cli.run('inspect', text);
    expect(code).toBe(3);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('notes.onnx');
  });

  test.each([
    ['a limit that is kept', spectral, '1.1', 0],
    ['a limit that is exceeded', shallow, '1', 1],
    ['a network whose upper end is far above', attention, '1e9', 1],
  ])('gates a build: %s', async (_, model, limit, expected) => {
    const { code } = await cli.run('inspect', model, '--max', limit, '--budget', '4');
    expect(code).toBe(expected);
  });

  test('names the node and the remedy where there is no upper end', async () => {
    // From behind the LayerNorm on, what attention sees is not bounded.
    const scores = ['--input', 'layer_norm', '--output', 'matmul'];
    const { code, out } = await cli.run('inspect', attention, ...scores, '--budget', '1', '--json', '-');
    expect(code).toBe(0);
    const { upper } = inspectionIn(out).lipschitz.l2!;
    expect(upper).toMatchObject({ value: null, unbounded: { op: 'MatMul' } });
    expect('unbounded' in upper && upper.unbounded.remedy).toContain('--region');
    expect(out).not.toMatch(/NaN|Infinity/);
  });

  test('a region gives the same network a finite bound, and the witness lies inside', async () => {
    const { out } = await cli.run('inspect', attention, '--region', 'box:-0.01,0.01', '--budget', '4', '--json', '-');
    const { lower, upper } = inspectionIn(out).lipschitz.l2!;
    expect(upper.value).not.toBeNull();
    expect(upper.value!).toBeGreaterThanOrEqual(lower.value);
    expect([...lower.witness!.x, ...lower.witness!.y].every((value) => Math.abs(value) <= 0.01)).toBe(true);
  });

  test.each([
    [['inspect'], 'Name at least one model'],
    [['inspect', shallow, '--norm', 'l3'], '--norm must be l1, l2 or linf'],
    [['inspect', shallow, '--budgett', '3'], 'budgett'],
    [['inspect', shallow, '--max', 'much'], '--max needs a number'],
    [['guess', shallow], 'There is no command "guess"'],
    [['report', shallow, '--out', 'net.pdf'], '--out needs a file name that ends in'],
  ])('wrong usage %j exits with 2 and one sentence', async (args, sentence) => {
    const { code, out, err } = await cli.run(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(sentence);
  });

  test.each([
    ['box:1,-1', 'is not a box'],
    ['ball:l2:zeros', 'has no radius'],
    ['sphere:1', 'is not a region'],
    ['box:1,2,3:0.1', 'has 3 numbers, but the input has 2'],
  ])('a region that makes no sense (%s) is a sentence', async (region, sentence) => {
    const { code, err } = await cli.run('inspect', shallow, '--region', region);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });

  test('stops at once when interrupted, with exit code 130', async () => {
    const { code, err } = await cli.interrupt(
      'inspect',
      join(samples, 'digits', 'residual_cnn.onnx'),
      '--budget',
      '60',
    );
    expect(code).toBe(130);
    expect(err).toContain('Cancelled.');
  });

  test('ends soon after its budget is spent, which the bench measures, not after minutes', async () => {
    const { out } = await cli.run(
      'inspect',
      join(samples, 'digits', 'residual_cnn.onnx'),
      '--budget',
      '3',
      '--json',
      '-',
    );
    expect(inspectionIn(out).seconds).toBeLessThan(15);
  });

  test('prints for people without --json', async () => {
    const { out } = await cli.run('inspect', spectral, '--budget', '1');
    expect(out).toContain('A change of size 1 in the input moves the output by at most');
    expect(out).toMatch(/hidden|layers|Gemm/);
  });
});

describe('lipschitz report', () => {
  test.each(['html', 'md', 'json', 'csv'])('writes %s', async (format) => {
    const file = join(cli.folder, `report.${format}`);
    const { code } = await cli.run('report', spectral, '--out', file, '--budget', '1');
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('hidden1');
  });
});

describe('lipschitz help', () => {
  test.each([[['--help']], [['help', 'inspect']], [['inspect', '--help']], [['verify', '-h']]])(
    '%j teaches by example',
    async (args) => {
      const { code, out } = await cli.run(...args);
      expect(code).toBe(0);
      expect(out).toContain('Examples');
    },
  );
});
