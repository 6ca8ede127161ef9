import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Bound } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { layerwiseRecursion } from '../../../core/estimators/slope-recursion/method.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { openModel } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { verify } from '../../../core/inspection/verify.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { workOf } from '../../estimators/norms/small-maps.ts';
import { inspected, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'slope-recursion-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const network = networkOf({
  input: [1, 4],
  nodes: [
    { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } },
    { op: 'Gelu', inputs: ['y0'] },
    { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
    { op: 'LeakyRelu', inputs: ['y2'], attributes: { alpha: { float: 0.2 } } },
    { op: 'Gemm', inputs: ['y3', 'u'], attributes: { transB: 1 } },
  ],
  constants: { w: weights([6, 4], 1), b: weights([6], 2), v: weights([5, 6], 3), u: weights([2, 5], 4) },
});

async function verdict(inspection: Inspection, file: string): Promise<string | undefined> {
  const { checks } = await verify(inspection, file, engine);
  return checks.find(({ claim }) => claim === 'the l2 upper end')?.verdict;
}

it('its certificate is confirmed as it is, and refuted for a smaller value or other multipliers', async () => {
  const file = await written(network, join(folder, 'chain.onnx'));
  const inspection = await inspected(file, 'l2', engine, 0.5);
  using model = await openModel(defaultRequest(file), engine);
  const { analysed, input, output } = model.prepared;
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = { ...model.prepared, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules } as const;
  const work = { ...workOf(), engine };
  const bounds = layerwiseRecursion.run({ ...question, constantOf: () => Infinity }, work);
  const bound = (await bounds.next()).value as Bound | undefined;
  if (bound?.side !== 'upper' || bound.rigor !== 'certified' || bound.certificate.kind !== 'slope-recursion')
    throw new Error('A bound by the recursion is expected.');
  const { value, method, certificate } = bound;
  const claim = (change: object): Inspection =>
    withUpper(inspection, () => ({ value, method, rigor: 'certified', certificate, ...change }));
  const withRatios = (ratios: unknown): Inspection => claim({ certificate: { kind: 'slope-recursion', ratios } });
  expect(await verdict(claim({}), file)).toBe('confirmed');
  expect(await verdict(claim({ value: value * 0.9999 }), file)).toBe('refuted');
  const [first, second] = certificate.ratios;
  expect(await verdict(withRatios([first! * 8, second]), file)).toBe('refuted');
  expect(await verdict(withRatios([first, -second!]), file)).toBe('refuted');
  expect(await verdict(withRatios([first]), file)).toBe('refuted');
  expect(await verdict(withRatios(['1', '2']), file)).toBe('refuted');
  expect(await verdict(withRatios(undefined), file)).toBe('refuted');
});
