import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { lipOpt } from '../../../core/estimators/lipopt/method.ts';
import { slopeCorners } from '../../../core/estimators/slope-corners/method.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { inspected, smoothChain, upperEndBy, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'slope-corners-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

it.each(['linf', 'l1'] as const)(
  'the largest corner in %s of a smooth network is not above LiPopt, and is confirmed as it is and refuted otherwise',
  async (norm) => {
    const file = await written(smoothChain(7, 6), join(folder, `${norm}.onnx`));
    const upper = await upperEndBy(slopeCorners, file, norm, engine);
    const { value } = upper;
    expect(value).toBeLessThan((await upperEndBy(lipOpt, file, norm, engine)).value * (1 + 1e-8));
    const inspection = withUpper(await inspected(file, norm, engine, 0.2), () => upper);
    const verdict = async (change: object): Promise<string | undefined> => {
      const { checks } = await verify(withUpper(inspection, (own) => ({ ...own, ...change })), file, engine); // prettier-ignore
      return checks.find(({ claim }) => claim.endsWith('upper end'))?.verdict;
    };
    expect(await verdict({})).toBe('confirmed');
    expect(await verdict({ value: value * 1.5 })).toBe('confirmed');
    expect(await verdict({ value: value * (1 - 1e-6) })).toBe('refuted');
    expect(await verdict({ value: 0 })).toBe('refuted');
  },
);
