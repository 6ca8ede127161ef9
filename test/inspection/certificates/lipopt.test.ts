import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { lipOpt } from '../../../core/estimators/lipopt/method.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { inspected, smoothChain, upperEndBy, withUpper, written } from './inspected.ts';

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

it.each(['linf', 'l1'] as const)(
  'what LiPopt says in %s of a smooth network is confirmed as it is and refuted otherwise',
  async (norm) => {
    const file = await written(smoothChain(7, 6), join(folder, `${norm}.onnx`));
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
