import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { lipOpt } from '../../../core/estimators/lipopt/method.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { inspected, upperEndBy, withUpper, written } from './inspected.ts';

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
  'what LiPopt says in %s of a smooth network is confirmed as it is and refuted otherwise',
  async (norm) => {
    const file = await written(network, join(folder, `${norm}.onnx`));
    const { value, method, rigor, ...upper } = await upperEndBy(lipOpt, file, norm, engine);
    if (upper.certificate.kind !== 'lipopt') throw new Error('A bound by LiPopt is expected.');
    const { certificate } = upper;
    const { rows } = certificate;
    const inspection = withUpper(await inspected(file, norm, engine, 0.2), () => ({ value, method, rigor, certificate })); // prettier-ignore
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
