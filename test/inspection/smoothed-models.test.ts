import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import type { Network } from '../../core/network/network.ts';
import { smooth } from '../../core/inspection/smooth.ts';
import { defaultSmoothingRequest } from '../../core/inspection/smooth-request.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { numbers } from '../operators/small-networks.ts';

const models = resolve('../shared/models');
const epsilon = 0.1;

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'smoothed-models-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

async function smoothed(file: string): Promise<{ report: SmoothingReport; model: Uint8Array }> {
  const request = { ...defaultSmoothingRequest(file, epsilon), budgetSeconds: 2, samples: 64, model: 'written' } as const; // prettier-ignore
  let [model, report]: [Uint8Array | undefined, SmoothingReport | undefined] = [undefined, undefined];
  for await (const event of smooth(request, engine, new AbortController().signal)) {
    if (event.kind === 'model') model = event.bytes;
    if (event.kind === 'finished') report = event.report;
  }
  return { report: report!, model: model! };
}

const ids = (file: string): readonly string[] => withNetwork(file, ({ nodes }) => nodes.map(({ id }) => id));

function withNetwork<T>(file: string, ask: (network: Network) => T): T {
  using opened = openModelFile(file);
  return ask(readModel(opened));
}

describe.each(['cifar10_resnet_2b', 'mnistfc_256x2', 'verivital_convnet_maxpool'])('%s', (name) => {
  const file = join(models, `${name}.onnx`);

  test.skipIf(!existsSync(file))(
    'smoothed within 0.1 it runs in ONNX Runtime, moves by no more, keeps its nodes and says what was done',
    async () => {
      const { report, model } = await smoothed(file);
      expect(report.checked!.samples).toBeGreaterThan(0);
      expect(report.checked!.maxDeviation).toBeGreaterThan(0);
      expect(report.checked!.maxDeviation).toBeLessThanOrEqual(epsilon);
      const [before, after] = await Promise.all([readFile(file), model].map(async (bytes) => InferenceSession.create(await bytes))); // prettier-ignore
      expect([after!.inputNames, after!.outputNames]).toEqual([before!.inputNames, before!.outputNames]);
      const input = before!.inputNames[0]!;
      const shape = withNetwork(file, ({ inputs }) => inputs.find((one) => one.name === input)!.shape!.map((size) => (typeof size === 'number' ? size : 1))); // prettier-ignore
      const count = shape.reduce((product, size) => product * size, 1);
      let largest = 0;
      for (let k = 0; k < 12; k++) {
        const point = numbers(count, k + 1).map((value) => [0.3, 1, 10][k % 3]! * value);
        const feeds = { [input]: new Tensor('float32', point, shape) };
        const [own, other] = await Promise.all(
          [before!, after!].map(async (session) => (await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array), // prettier-ignore
        );
        const size = Math.hypot(...own!);
        // Sums in float32 on both sides.
        largest = Math.max(largest, Math.hypot(...own!.map((value, i) => value - other![i]!)) - 1e-5 * size);
      }
      expect(largest).toBeLessThanOrEqual(epsilon);
      await Promise.all([before!.release(), after!.release()]);

      const written = join(folder, `${name}.onnx`);
      await writeFile(written, model);
      const kept = new Set(ids(written));
      const layers = report.layers.filter(({ mu }) => mu > 0).map(({ id }) => id);
      expect(layers.length).toBeGreaterThan(0);
      for (const id of [...ids(file), ...layers]) expect(kept).toContain(id);
      const text = Buffer.from(model).toString('latin1');
      for (const said of ['lipschitz-inspector.smoothing', `"epsilon":${epsilon}`, '"rule":"optimal"', `${name}.onnx sha256:${report.model.sha256}`]) expect(text).toContain(said); // prettier-ignore
    },
  );
});
