import * as tf from '@tensorflow/tfjs';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fill, models } from '../formats/tfjs/layers-models.ts';
import { printTable } from './figures.ts';
import type { MutationReport } from './formats/mutation-watchdog.ts';

/**
 * LIPSCHITZ_BENCH_MINUTES=10 for the long run; LIPSCHITZ_BENCH_FORMATS=pt2,keras for some of them. A round's number is its seed:
 * LIPSCHITZ_BENCH_FIRST_ROUND=1000000 for changes that earlier runs did not come to.
 */
const minutes = Number(process.env['LIPSCHITZ_BENCH_MINUTES'] ?? 1);
const chosen = process.env['LIPSCHITZ_BENCH_FORMATS']?.split(',');

const firstRound = Number(process.env['LIPSCHITZ_BENCH_FIRST_ROUND'] ?? 1);

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'formats-'));
const findings = join(repository, '.cache', 'formats-findings');
const tests = join(repository, 'test/formats');

beforeAll(async () => {
  await build({
    entryPoints: ['mutation-worker', 'mutation-watchdog'].map((name) =>
      join(repository, `test/bench/formats/${name}.ts`),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const filesIn = (path: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(tests, path))
    .filter((name) => pattern.test(name))
    .map((name) => join(tests, path, name));

/** The samples of every format: those of the tests, and a few that are made here. */
const formats: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
  onnx: () =>
    ['digits', 'two_moons'].flatMap((name) =>
      readdirSync(join(repository, 'samples', name))
        .filter((file) => file.endsWith('.onnx'))
        .map((file) => join(repository, 'samples', name, file)),
    ),
  pt2: () => [...filesIn('torch/exports', /\.pt2$/u), ...filesIn('torch/eight-bit', /\.pt2$/u)],
  torch: () => ['torch/weights', 'torch/eight-bit'].flatMap((at) => filesIn(at, /\.(?:pth?|ckpt|bin)$/u)),
  safetensors: () => ['torch/weights', 'torch/eight-bit'].flatMap((at) => filesIn(at, /\.safetensors$/u)),
  'safetensors index': () => filesIn('torch/weights', /\.index\.json$/u),
  keras: () => [...filesIn('keras/models', /\.keras$/u), ...filesIn('keras/weights', /\.keras$/u)],
  'keras index': () => filesIn('keras/weights', /\.weights\.json$/u),
  h5: () => ['keras/models', 'keras/weights', 'hdf5'].flatMap((folder) => filesIn(folder, /\.h5$/u)),
  'tfjs layers': layersModels,
  'tfjs graph': () =>
    readdirSync(join(tests, 'tfjs/graphs'))
      .filter((name) => !name.endsWith('.json'))
      .map((name) => join(tests, 'tfjs/graphs', name, 'model.json')),
};

async function layersModels(): Promise<readonly string[]> {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  const names = ['dense', 'conv2d', 'batch norm', 'lstm', 'bidirectional', 'nested models', 'residual network'];
  return Promise.all(
    names.map(async (name) => {
      const model = models[name]!();
      fill(model);
      const at = join(folder, name);
      mkdirSync(at, { recursive: true });
      await model.save(
        tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
          const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
          writeFileSync(
            join(at, 'model.json'),
            JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
          );
          writeFileSync(join(at, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
          return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
        }),
      );
      return join(at, 'model.json');
    }),
  );
}

const rows: string[][] = [];
const names = Object.keys(formats).filter((name) => chosen === undefined || chosen.includes(name));

test.each(names)(
  '%s: changed models are read or refused with a sentence, in 2 s and 512 MB',
  async (name) => {
    const files = await formats[name]!();
    const out = join(findings, name.replace(' ', '-'));
    const answer = spawnSync(
      process.execPath,
      [
        '--expose-gc',
        join(folder, 'mutation-watchdog.mjs'),
        join(folder, 'mutation-worker.mjs'),
        String(60 * minutes),
        String(firstRound),
        out,
        ...files,
      ],
      { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    if (answer.status !== 0)
      throw new Error(`The process ended with ${answer.status ?? answer.signal}: ${answer.stderr}`);
    const report = JSON.parse(answer.stdout) as MutationReport;
    rows.push([
      name,
      String(files.length),
      String(report.rounds),
      `${((100 * report.read) / report.rounds).toFixed(0)} %`,
      `${report.slowestSeconds.toFixed(2)} s`,
      `${report.peakMegabytes.toFixed(0)} MB`,
      `${report.processorSeconds.toFixed(0)} s`,
      String(report.findings.length),
    ]);
    for (const { round, said } of report.findings.slice(0, 20))
      process.stdout.write(`${name}, round ${round}: ${said}\n`);
    expect(report.findings.length).toBe(0);
  },
  minutes * 120_000 + 60_000,
);

afterAll(() =>
  printTable(
    `${minutes} minutes of changed models per format, load ${loadavg()[0]!.toFixed(1)}`,
    ['format', 'samples', 'rounds', 'still read', 'slowest', 'memory', 'processor', 'found'],
    rows,
  ),
);
