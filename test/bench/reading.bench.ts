import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProtobufWriter } from '../../core/formats/onnx/wire-writer.ts';
import { numbers } from '../operators/small-networks.ts';
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

const int = (value: number): ProtobufWriter => new ProtobufWriter().integer(1, value);
const shapeOf = (sizes: readonly number[]): ProtobufWriter =>
  sizes.reduce((shape, size) => shape.message(1, int(size)), new ProtobufWriter());
const value = (name: string, sizes: readonly number[]): ProtobufWriter =>
  new ProtobufWriter()
    .text(1, name)
    .message(2, new ProtobufWriter().message(1, new ProtobufWriter().integer(1, 1).message(2, shapeOf(sizes))));

/** Dense layers of `width` squared, with ReLUs between them, their weights in a file beside the model. */
async function writeModel(name: string, width: number, layers: number): Promise<string> {
  const graph = new ProtobufWriter();
  const bytes = width * width * 4;
  const data = openSync(join(folder, `${name}.data`), 'w');
  const row = numbers(width * 64, 5).map((one) => one / Math.sqrt(width));
  const block = Buffer.from(row.buffer);
  for (let layer = 0; layer < layers; layer++) {
    const [from, to] = [layer === 0 ? 'x' : `r${layer - 1}`, layer === layers - 1 ? 'y' : `y${layer}`];
    graph.message(
      1,
      new ProtobufWriter().text(1, from).text(1, `w${layer}`).text(2, to).text(3, `fc${layer}`).text(4, 'MatMul'),
    );
    if (layer < layers - 1)
      graph.message(1, new ProtobufWriter().text(1, to).text(2, `r${layer}`).text(3, `relu${layer}`).text(4, 'Relu'));
    for (let at = 0; at < bytes; at += block.length) writeSync(data, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(data);
  graph.text(2, 'dense layers');
  for (let layer = 0; layer < layers; layer++) {
    const tensor = new ProtobufWriter().integer(1, width).integer(1, width).integer(2, 1).text(8, `w${layer}`);
    const entry = (key: string, text: string): ProtobufWriter => new ProtobufWriter().text(1, key).text(2, text);
    tensor.message(13, entry('location', `${name}.data`));
    tensor.message(13, entry('offset', String(layer * bytes)));
    tensor.message(13, entry('length', String(bytes))).integer(14, 1);
    graph.message(5, tensor);
  }
  graph.message(11, value('x', [1, width])).message(12, value('y', [1, width]));
  const model = new ProtobufWriter().integer(1, 8).message(7, graph);
  model.message(8, new ProtobufWriter().text(1, '').integer(2, 17));
  const file = join(folder, `${name}.onnx`);
  await writeFile(file, model.finish());
  return file;
}

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
    const file = await writeModel(`model-${width}-${layers}`, width, layers);
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
