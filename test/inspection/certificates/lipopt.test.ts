import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { inspected, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'lipopt-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const network = networkOf({
  input: [1, 4],
  nodes: [
    { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } },
    { op: 'Tanh', inputs: ['y0'] },
    { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
    { op: 'Gelu', inputs: ['y2'] },
    { op: 'Gemm', inputs: ['y3', 'u'], attributes: { transB: 1 } },
  ],
  constants: { w: weights([7, 4], 1), b: weights([7], 2), v: weights([6, 7], 3), u: weights([2, 6], 4) },
});

it.each(['linf', 'l1'] as const)(
  'an inspection in %s ends with LiPopt on a smooth network, and its certificate is confirmed as it is and refuted otherwise',
  async (norm) => {
    const file = await written(network, join(folder, `${norm}.onnx`));
    const inspection = await inspected(file, norm, engine, 1);
    const upper = inspection.lipschitz[norm]!.upper;
    if (upper.value === null || !('certificate' in upper) || upper.certificate.kind !== 'lipopt')
      throw new Error('A bound by LiPopt is expected.');
    const { rows } = upper.certificate;
    const { value } = upper;
    const verdict = async (change: object): Promise<string | undefined> => {
      const { checks } = await verify(withUpper(inspection, (own) => ({ ...own, ...change })), file, engine); // prettier-ignore
      return checks.find(({ claim }) => claim.endsWith('upper end'))?.verdict;
    };
    const withRows = (changed: unknown): object => ({ certificate: { kind: 'lipopt', rows: changed } });
    expect(await verdict({})).toBe('confirmed');
    expect(await verdict({ value: value * 0.9999 })).toBe('refuted');
    // What was given is no more than a good choice: without it the bound is larger.
    expect(await verdict(withRows([]))).toBe('refuted');
    const largest = rows[0]!;
    const bytes = Buffer.from(largest.given, 'base64');
    const changed = (at: number, own: number): string => {
      const other = Buffer.from(bytes);
      other.writeFloatLE(own, at);
      return other.toString('base64');
    };
    const given = [...rows.map(({ row }) => ({ row, given: changed(0, Number.NaN) }))];
    expect(await verdict(withRows(given))).toBe('refuted');
    expect(await verdict(withRows(rows.map(({ row }) => ({ row, given: changed(8, 1e6) }))))).toBe('refuted');
    expect(await verdict(withRows([{ ...largest, given: largest.given.slice(8) }]))).toBe('refuted');
    expect(await verdict(withRows('none'))).toBe('refuted');
    expect(await verdict(withRows(undefined))).toBe('refuted');
  },
);
