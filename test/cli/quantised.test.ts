import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { whole, withWhole } from '../operators/quantised-networks.ts';
import { weights } from '../operators/small-networks.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

test('a quantised network is not Lipschitz, with the node named; as if unquantised it has a bound that says so and is verified', async () => {
  const network = withWhole(
    {
      input: [1, 4],
      nodes: [
        { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['a'], id: 'input_quantised' },
        { op: 'DequantizeLinear', inputs: ['a', 's', 'z'], outputs: ['b'] },
        { op: 'MatMul', inputs: ['b', 'w'], outputs: ['c'] },
        { op: 'Relu', inputs: ['c'], outputs: ['d'] },
        { op: 'QuantizeLinear', inputs: ['d', 's', 'z'], outputs: ['e'] },
        { op: 'DequantizeLinear', inputs: ['e', 's', 'z'], outputs: ['y'] },
      ],
      constants: { s: { shape: [], values: [1 / 64] }, w: weights([4, 3]) },
    },
    [whole('z', 'uint8', [], [128])],
  );
  const file = join(cli.folder, 'quantised.onnx');
  await writeFile(file, writeOnnx(network));

  const plain = JSON.parse((await cli.run('inspect', file, '--budget', '1', '--json', '-')).out) as Inspection;
  expect(plain.lipschitz.l2!.upper).toMatchObject({
    value: null,
    unbounded: { node: 'input_quantised', op: 'QuantizeLinear' },
  });

  const saved = join(cli.folder, 'unquantised.json');
  const { code, out } = await cli.run('inspect', file, '--as-if-unquantised', '--budget', '2', '--json', saved);
  expect(code).toBe(0);
  expect(out.split('\n')[0]).toContain('as if unquantised');
  expect(out).toContain('As if unquantised: a change of size 1');
  expect(out).toContain('not about the one in the file');
  const verified = await cli.run('verify', saved, file);
  expect(verified.out).toContain('The inspection holds');
  expect(verified.code).toBe(0);
  const report = await cli.run(
    'report',
    file,
    '--as-if-unquantised',
    '--budget',
    '1',
    '--out',
    'r.html',
    '--json',
    '-',
  );
  const inspection = JSON.parse(report.out) as Inspection;
  expect(inspection.question?.quantisation).toBe('left out');
  expect(inspection.lipschitz.l2!.upper.value).toBeGreaterThan(0);
});
