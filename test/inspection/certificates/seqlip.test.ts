import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Bound } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { seqLip } from '../../../core/estimators/seqlip/method.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { openModel } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { verify } from '../../../core/inspection/verify.ts';
import type { Inspection } from '../../../core/report/inspection.ts';
import { workOf } from '../../estimators/norms/small-maps.ts';
import { inspected, smoothChain, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'seqlip-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

async function verdict(inspection: Inspection, file: string): Promise<string | undefined> {
  const { checks } = await verify(inspection, file, engine);
  return checks.find(({ claim }) => claim === 'the l2 upper end')?.verdict;
}

// Few neurons, whose corners are all looked at, and many, for which the search is made again.
it.each([
  [6, 5],
  [6, 20],
])('its certificate for %d and %d neurons is confirmed as it is and refuted otherwise', async (...widths) => {
  const file = await written(smoothChain(...widths), join(folder, `chain-${widths.join('-')}.onnx`));
  const inspection = await inspected(file, 'l2', engine, 0.5);
  using model = await openModel(defaultRequest(file), engine);
  const { analysed, input, output } = model.prepared;
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = {
    ...model.prepared,
    analysed,
    input,
    output,
    norm: 'l2',
    region: { kind: 'all' },
    rules,
  } as const;
  const work = { ...workOf(), engine };
  let bound: Bound | undefined;
  for await (const one of seqLip.run({ ...question, constantOf: () => Infinity }, work)) bound = one;
  if (bound?.side !== 'upper' || bound.rigor !== 'certified' || bound.certificate.kind !== 'seqlip')
    throw new Error('A bound by SeqLip is expected.');
  const { value, method, certificate } = bound;
  const claim = (change: object): Inspection =>
    withUpper(inspection, () => ({ value, method, rigor: 'certified', certificate, ...change }));
  const withLargest = (largest: unknown): Inspection => claim({ certificate: { kind: 'seqlip', largest } });
  expect(await verdict(claim({}), file)).toBe('confirmed');
  expect(await verdict(claim({ value: value * 0.9999 }), file)).toBe('refuted');
  const [first, second] = certificate.largest;
  expect(await verdict(withLargest([first! * 0.9999, second]), file)).toBe('refuted');
  expect(await verdict(withLargest([first, second! * 0.9999]), file)).toBe('refuted');
  expect(await verdict(withLargest([first]), file)).toBe('refuted');
  expect(await verdict(withLargest(['1', '2']), file)).toBe('refuted');
  expect(await verdict(withLargest([Number.NaN, second]), file)).toBe('refuted');
  expect(await verdict(withLargest(undefined), file)).toBe('refuted');
});
