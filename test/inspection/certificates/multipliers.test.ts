import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { verify } from '../../../core/inspection/verify.ts';
import type { Inspection, UpperEnd } from '../../../core/report/inspection.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'multipliers-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

/** GELU is not piecewise linear, so no other method is as tight. */
async function inspected(region = 'all'): Promise<{ file: string; inspection: Inspection }> {
  const network = networkOf({
    input: [1, 4],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } },
      { op: 'Gelu', inputs: ['y0'] },
      { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
      { op: 'Gelu', inputs: ['y2'] },
      { op: 'Add', inputs: ['y3', 'x'] },
    ],
    constants: { w: weights([6, 4], 1), b: weights([6], 2), v: weights([4, 6], 3) },
  });
  const file = join(folder, 'gelu.onnx');
  await writeFile(file, writeOnnx(network));
  const request = { ...defaultRequest(file), region, budgetSeconds: 3 };
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return { file, inspection: event.inspection };
  throw new Error('The inspection did not finish.');
}

const upperOf = ({ lipschitz }: Inspection): Extract<UpperEnd, { value: number }> => {
  const upper = lipschitz.l2!.upper;
  if (upper.value === null) throw new Error('An upper end is expected.');
  return upper;
};

const withUpper = (inspection: Inspection, change: object): Inspection => ({
  ...inspection,
  lipschitz: { l2: { ...inspection.lipschitz.l2!, upper: { ...upperOf(inspection), ...change } } },
});

async function verdict(inspection: Inspection, file: string): Promise<string | undefined> {
  const { checks } = await verify(inspection, file, engine);
  return checks.find(({ claim }) => claim === 'the l2 upper end')?.verdict;
}

describe('the certificate of diagonal multipliers', () => {
  it('is confirmed as it is, refuted for a smaller value, other multipliers or too few of them', async () => {
    const { file, inspection } = await inspected();
    const { method, value, certificate } = upperOf(inspection);
    expect(method).toBe('diagonal-multipliers');
    if (certificate?.kind !== 'multipliers') throw new Error('Multipliers are expected.');
    expect(await verdict(inspection, file)).toBe('confirmed');
    expect(await verdict(withUpper(inspection, { value: value * 0.999 }), file)).toBe('refuted');
    const bytes = Buffer.from(certificate.multipliers, 'base64');
    const tampered = (change: (bytes: Buffer) => Buffer): Inspection =>
      withUpper(inspection, {
        certificate: { kind: 'multipliers', multipliers: change(Buffer.from(bytes)).toString('base64') },
      });
    const first = (factor: number) => (own: Buffer) => {
      own.writeDoubleLE(own.readDoubleLE(0) * factor, 0);
      return own;
    };
    expect(await verdict(tampered(first(-1)), file)).toBe('refuted');
    expect(await verdict(tampered(first(1.5)), file)).toBe('refuted');
    expect(await verdict(tampered(first(Number.NaN)), file)).toBe('refuted');
    expect(
      await verdict(
        tampered((own) => own.subarray(8)),
        file,
      ),
    ).toBe('refuted');
    expect(await verdict(withUpper(inspection, { certificate: { kind: 'multipliers' } }), file)).toBe('refuted');
  });

  it('uses the slopes of the region that was asked about', async () => {
    const everywhere = upperOf((await inspected()).inspection).value;
    const { file, inspection } = await inspected('box:zeros:0.05');
    expect(upperOf(inspection).value).toBeLessThan(0.9 * everywhere);
    expect(await verdict(inspection, file)).toBe('confirmed');
    expect(await verdict({ ...inspection, region: 'all' }, file)).toBe('refuted');
  });
});
