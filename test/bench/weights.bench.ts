import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numbers } from '../operators/small-networks.ts';
import { printTable } from './figures.ts';

const repository = resolve(import.meta.dirname, '../..');
const program = join(repository, '.cache', `weights-${process.pid}.mjs`);
const folder = mkdtempSync(join(tmpdir(), 'weights-'));

beforeAll(() =>
  build({
    entryPoints: [join(repository, 'test/bench/formats/weights-entry.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  }),
);
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(program, { force: true });
});

/** Dense layers of float32 numbers as safetensors: a header, then one matrix after the other. */
function writeLayers(count: number, width: number): string {
  const path = join(folder, 'large.safetensors');
  const bytes = 4 * width * width;
  const header = Buffer.from(
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `layers.${i}.weight`,
          { dtype: 'F32', shape: [width, width], data_offsets: [i * bytes, (i + 1) * bytes] },
        ]),
      ),
    ),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, header]));
  const rows = 64;
  const block = Buffer.from(Float32Array.from(numbers(width * rows, 5), (one) => one / Math.sqrt(width)).buffer);
  for (let i = 0; i < (count * width) / rows; i++) writeSync(file, block);
  closeSync(file);
  return path;
}

test('a safetensors file of 4 GB: its layers are listed within a second, its norms take less than 1 GB', () => {
  const [count, width] = [64, 4096];
  const file = writeLayers(count, width);
  const budget = Number(process.env['LIPSCHITZ_BENCH_BUDGET'] ?? 120);
  const answer = spawnSync(process.execPath, [program, file, String(budget)], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (answer.status !== 0) throw new Error(answer.stderr);
  const found = JSON.parse(answer.stdout) as {
    readonly listed: { readonly seconds: number; readonly processor: number };
    readonly layers: number;
    readonly known: number;
    readonly widest: number;
    readonly seconds: number;
    readonly processor: number;
    readonly peak: number;
  };
  printTable(
    `${count} layers of ${width} x ${width}, 4 GiB, budget ${budget} s, load ${loadavg()[0]!.toFixed(1)}`,
    ['listed after', 'layers', 'with all norms', 'widest l2 interval', 'whole run', 'peak memory'],
    [
      [
        `${found.listed.seconds.toFixed(2)} s (${found.listed.processor.toFixed(2)} s of the processor)`,
        String(found.layers),
        String(found.known),
        `factor ${found.widest.toFixed(2)}`,
        `${found.seconds.toFixed(0)} s (${found.processor.toFixed(0)} s of the processor)`,
        `${(found.peak / 2 ** 20).toFixed(0)} MB`,
      ],
    ],
  );
  expect(found.layers).toBe(count);
  expect(found.known).toBe(count);
  expect(found.listed.processor).toBeLessThan(1);
  expect(found.peak).toBeLessThan(2 ** 30);
}, 1_200_000);
