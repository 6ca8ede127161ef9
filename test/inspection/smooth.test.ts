import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { smoothingAnswer } from '../../core/estimators/smoothing/answer.ts';
import { smooth } from '../../core/inspection/smooth.ts';
import { defaultSmoothingRequest, type SmoothingRequest } from '../../core/inspection/smooth-request.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';

const cases = resolve('../shared/cases');
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function smoothed(
  file: string,
  asked: Partial<SmoothingRequest> = {},
): Promise<{ report: SmoothingReport; model: Uint8Array | undefined }> {
  // prettier-ignore
  const request = { ...defaultSmoothingRequest(file, 0.1), budgetSeconds: 3, samples: 500, ...asked };
  let report: SmoothingReport | undefined;
  let model: Uint8Array | undefined;
  for await (const event of smooth(request, engine, new AbortController().signal)) {
    if (event.kind === 'model') model = event.bytes;
    if (event.kind === 'finished') report = event.report;
  }
  return { report: report!, model };
}

test('stays within epsilon, bends no faster than it says, and is written as a model that runs', async () => {
  const { report, model } = await smoothed(resolve('samples/two_moons/shallow.onnx'), { model: 'written' });
  const { output, checked } = report;
  expect(output.deviation!).toBeLessThanOrEqual(0.1);
  expect(checked!.maxDeviation).toBeGreaterThan(0);
  expect(checked!.maxDeviation).toBeLessThanOrEqual(0.1);
  expect(checked!.smoothness ?? 0).toBeLessThanOrEqual(output.smoothness!);
  const session = await engine.open(model!, 'cpu');
  await session.dispose();
});

test('with the weights of the file the gradient of a sample is ten times smoother than by the paper with Frobenius radii', async () => {
  const { report } = await smoothed(resolve('samples/two_moons/shallow.onnx'), { budgetSeconds: 1 });
  const paper = smoothingAnswer(report.problem, { epsilon: 0.1, rule: 'paper-algorithm2' }).output;
  expect(paper.deviation!).toBeLessThanOrEqual(0.1);
  expect(10 * report.output.smoothness!).toBeLessThan(paper.smoothness!);
});

test.skipIf(!existsSync(cases))(
  'a product of the input with itself has no kink, no constant, and a gradient of constant 2',
  async () => {
    const { report } = await smoothed(resolve(cases, 'dag/square_mul.onnx'), { budgetSeconds: 1 });
    expect(report.output.lipschitz).toBeNull();
    expect(report.output.smoothness ?? 0).toBeGreaterThanOrEqual(report.checked!.smoothness! * (1 - 1e-9));
  },
);

test('on data, the smoothed networks move by no more than their epsilon, and data of another shape are refused at once', async () => {
  const moons = resolve('samples/two_moons');
  const asked = { data: resolve(moons, 'points.npy'), labels: resolve(moons, 'labels.npy'), budgetSeconds: 6 };
  const { report } = await smoothed(resolve(moons, 'shallow.onnx'), asked);
  const { file, labels, original, smoothed: rows } = report.data!;
  expect([file, labels]).toEqual(['points.npy', 'labels.npy']);
  expect(rows.length).toBeGreaterThan(0);
  for (const { epsilon, maxDeviation } of rows) expect(maxDeviation).toBeLessThanOrEqual(epsilon + 1e-5);
  expect(rows[0]!.accuracy).toBe(original.accuracy);
  const images = { data: resolve('samples/digits/images.npy') };
  await expect(smoothed(resolve(moons, 'shallow.onnx'), images)).rejects.toThrow(
    /images\.npy has the shape .* 2 numbers/,
  );
});

test.skipIf(!existsSync(cases)).each(['all', 'box:-1,1'])(
  'a network that is smooth already keeps its outputs, and how fast its gradient changes is seen however short the time (%s)',
  async (region) => {
    const { report } = await smoothed(resolve(cases, 'dag/smooth1d_gelu.onnx'), { budgetSeconds: 0.2, region });
    const { output, checked } = report;
    expect([checked!.samples, output.deviation]).toEqual([0, 0]);
    expect(checked!.smoothness).toBeGreaterThan(0);
    expect(checked!.smoothness).toBeLessThanOrEqual(output.smoothness!);
  },
);
