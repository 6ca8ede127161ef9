import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { denseLayersBeside } from './external-weights.ts';
import { median, printTable } from './figures.ts';

const repository = resolve(import.meta.dirname, '../..');
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reading-'));
  program = join(repository, '.cache', `reading-${process.pid}.mjs`);
  await build({
    entryPoints: [join(repository, 'test/bench/reading-entry.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(program, { force: true });
});

interface Reading {
  readonly seconds: number;
  readonly processor: number;
  readonly before: number;
  readonly rss: number;
  readonly peak: number;
  readonly layers: number;
}

test('reading a model with external data, until its layers are listed', async () => {
  const rows: string[][] = [];
  for (const [name, width, layers] of [
    ['500 MB, 5 layers of 100 MB', 5120, 5],
    ['500 MB, 125 layers of 4 MB', 1024, 125],
    ['2.5 GB, 25 layers of 100 MB', 5120, 25],
  ] as const) {
    const file = await denseLayersBeside(join(folder, `model-${width}-${layers}.onnx`), width, layers);
    const readings = [1, 2, 3].map((): Reading => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, file], {
        encoding: 'utf8',
        env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as Reading;
    });
    expect(readings[0]!.layers).toBe(2 * layers - 1);
    const of = (part: (reading: Reading) => number): number => median(readings.map(part));
    rows.push([
      name,
      `${of(({ seconds }) => seconds).toFixed(2)} s`,
      `${of(({ processor }) => processor).toFixed(2)} s`,
      megabytes(of(({ before }) => before)),
      megabytes(of(({ rss }) => rss)),
      megabytes(Math.max(...readings.map(({ peak }) => peak))),
    ]);
    await rm(file.replace('.onnx', '.data'));
  }
  printTable(
    `Reading, median of 3, load ${loadavg()[0]!.toFixed(1)}: under 2 s and 300 MB for 500 MB`,
    ['model', 'until listed', 'processor', 'resident before', 'resident then', 'highest'],
    rows,
  );
});
