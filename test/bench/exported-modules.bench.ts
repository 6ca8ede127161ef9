import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { UserError } from '../../core/sentence.ts';
import { run } from '../formats/run-network.ts';
import { printTable } from './figures.ts';

interface Numbers {
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
}

interface Reference {
  readonly torch: string;
  readonly modules: number;
  readonly files: Readonly<
    Record<
      string,
      { readonly named: boolean; readonly inputs: readonly Numbers[]; readonly outputs: readonly Numbers[] }
    >
  >;
}

const closeEnough = 1e-5;
const ready = process.env['LIPSCHITZ_BENCH_EXPORTED'];

/** Archives that PyTorch has just made, by the python3 on the path or the one that LIPSCHITZ_BENCH_PYTHON names. */
function exported(folder: string): void {
  const python = process.env['LIPSCHITZ_BENCH_PYTHON'] ?? 'python3';
  const script = join(import.meta.dirname, 'formats/exported-modules.py');
  const { status, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${python} cannot export them: ${stderr.trim().split('\n').at(-1) ?? 'no answer'}`);
}

/** The distance between PyTorch's outputs and ours beside the largest number of each, or what is not understood. */
async function compared(
  path: string,
  inputs: readonly Numbers[],
  outputs: readonly Numbers[],
): Promise<number | string> {
  using file = openModelFile(path);
  const network = readModel(file);
  const named = network.nodes.flatMap(({ op, domain, origin }) =>
    domain === 'torch' ? [`${op}: ${origin.untranslated ?? 'no reason'}`] : [],
  );
  if (named.length > 0) return [...new Set(named)].join('; ');
  const feeds = inputs.map(({ numbers }) => Float32Array.from(numbers));
  const found = await run(network, feeds, inputs.map(({ shape }) => shape)); // prettier-ignore
  if (found.length !== outputs.length) return `WRONG: ${found.length} outputs instead of ${outputs.length}`;
  let most = 0;
  for (const [i, { shape, numbers }] of outputs.entries()) {
    if (found[i]!.length !== elementCount(shape)) return `WRONG: output ${i} has ${found[i]!.length} numbers`;
    const scale = numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 1);
    for (const [j, number] of numbers.entries()) most = Math.max(most, Math.abs(Number(found[i]![j]) - number) / scale);
  }
  return most;
}

test('modules as people write them, exported by torch.export, compute what PyTorch computes', async () => {
  const folder = ready ?? mkdtempSync(join(tmpdir(), 'exported-'));
  if (ready === undefined) exported(folder);
  const { torch, modules, files } = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Reference;
  const rows: string[][] = [];
  const wrong: string[] = [];
  let [equal, largest] = [0, 0];
  for (const [name, { named, inputs, outputs }] of Object.entries(files)) {
    const answer = await compared(join(folder, `${name}.pt2`), inputs, outputs).catch((error: unknown) => {
      const { message } = error as Error;
      return error instanceof UserError ? message : `FAILED: ${message}`;
    });
    if (typeof answer === 'number' && answer < closeEnough) {
      equal++;
      largest = Math.max(largest, answer);
      continue;
    }
    rows.push([name, typeof answer === 'number' ? `WRONG: ${answer.toExponential(1)} apart` : answer]);
    if (typeof answer === 'number' || /^(?:WRONG|FAILED)/u.test(answer)) wrong.push(name);
    else if (!named) wrong.push(`${name}: named`);
  }
  if (ready === undefined) rmSync(folder, { recursive: true });
  printTable(
    `${modules} modules of torch ${torch} in ${Object.keys(files).length} archives: ${equal} equal, at most ${largest.toExponential(1)} apart, load ${loadavg()[0]!.toFixed(1)}`,
    ['the others', ''],
    rows,
  );
  expect(wrong).toEqual([]);
}, 1_800_000);
