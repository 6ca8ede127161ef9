import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const model = join(samples, 'digits', 'residual_cnn.onnx');

let cli: CommandLine;
let report: string;
let inspection: Inspection;

beforeAll(async () => {
  cli = await commandLine();
  report = join(cli.folder, 'inspection.json');
  await cli.run('inspect', model, '--budget', '6', '--json', report);
  inspection = JSON.parse(await readFile(report, 'utf8')) as Inspection;
});
afterAll(() => cli[Symbol.asyncDispose]());

/** Verifies the inspection after somebody has changed it. */
async function verified(
  tamper: (draft: Record<string, unknown>) => void,
): Promise<{ code: number | null; out: string }> {
  const draft = structuredClone(inspection) as unknown as Record<string, unknown>;
  tamper(draft);
  const file = join(cli.folder, 'tampered.json');
  await writeFile(file, JSON.stringify(draft));
  return cli.run('verify', file, model);
}

interface Draft {
  layers: { op: string; name: string; norms: { l2: { lower: number; upper: number } } }[];
  lipschitz: { l2: { lower: { value: number; witness: { x: number[] } }; upper: { value: number } } };
}
const asDraft = (draft: Record<string, unknown>): Draft => draft as unknown as Draft;

describe('lipschitz verify', () => {
  test('confirms an honest inspection: hash, witness, every layer, upper end', async () => {
    const { code, out } = await cli.run('verify', report, model);
    expect(out).toContain('The inspection holds');
    expect(out).not.toContain('✗');
    expect(code).toBe(0);
  });

  test.each<[string, (draft: Draft) => void, string]>([
    [
      'an upper end below what the layers give',
      (draft) => (draft.lipschitz.l2.upper.value *= 0.99),
      'the l2 upper end',
    ],
    [
      'a lower end above what the witness gives',
      (draft) => (draft.lipschitz.l2.lower.value *= 1.01),
      'the l2 lower end',
    ],
    [
      'an inspection that was renamed to another norm',
      (draft) => ((draft as unknown as Record<string, unknown>)['norm'] = 'l1'),
      'the l1 lower end',
    ],
    [
      'a witness so far away that nothing can be computed there',
      (draft) => draft.lipschitz.l2.lower.witness.x.fill(1e308),
      'the l2 lower end',
    ],
    ['a witness that was moved', (draft) => (draft.lipschitz.l2.lower.witness.x[0]! += 100), 'the l2 lower end'],
    [
      "a convolution's norm below the truth",
      (draft) => {
        const conv = draft.layers.find(({ op }) => op === 'Conv')!;
        conv.norms.l2.upper = conv.norms.l2.lower * 0.99;
        conv.norms.l2.lower *= 0.98;
      },
      'the l2 norm of',
    ],
    [
      "a dense layer's lower end above the truth",
      (draft) => {
        const dense = draft.layers.find(({ op }) => op === 'Gemm')!;
        dense.norms.l2.lower = dense.norms.l2.upper * 1.01;
        dense.norms.l2.upper *= 1.02;
      },
      'the l2 norm of',
    ],
  ])('refutes %s', async (_, tamper, claim) => {
    const { code, out } = await verified((draft) => tamper(asDraft(draft)));
    expect(code).toBe(1);
    expect(out.split('\n').some((line) => line.startsWith('✗') && line.includes(claim))).toBe(true);
  });

  test('refutes an inspection of another file', async () => {
    const { code, out } = await cli.run('verify', report, join(samples, 'two_moons', 'mlp.onnx'));
    expect(code).not.toBe(0);
    expect(out).not.toContain('The inspection holds');
  });

  test.each<[string, (draft: Record<string, unknown>) => void]>([
    ['another format', (draft) => (draft['format'] = 'lipschitz-map')],
    ['no layers', (draft) => delete draft['layers']],
    ['a layer without norms', (draft) => (draft['layers'] = [{ id: 'a', name: 'a' }])],
    ['no model', (draft) => delete draft['model']],
    ['an unknown norm', (draft) => (draft['norm'] = 'l3')],
    ['no bounds', (draft) => delete draft['bounds']],
    ['bounds that are none', (draft) => (draft['bounds'] = [null])],
    ['values that are no texts', (draft) => (draft['question'] = { set: { x: 1 }, dims: {} })],
    [
      'norms everywhere that are none',
      (draft) => ((draft['layers'] as Record<string, unknown>[])[0]!['everywhere'] = { l2: 5 }),
    ],
    [
      'a witness of words',
      (draft) =>
        (draft['lipschitz'] = { l2: { lower: { value: 1, witness: { x: 'a', y: 'b' } }, upper: { value: 2 } } }),
    ],
  ])('a file that is no inspection (%s) is a sentence', async (_, spoil) => {
    const draft = structuredClone(inspection) as unknown as Record<string, unknown>;
    spoil(draft);
    const file = join(cli.folder, 'other.json');
    await writeFile(file, JSON.stringify(draft));
    const { code, err } = await cli.run('verify', file, model);
    expect(code).toBe(3);
    expect(err).toContain('is not an inspection');
  });
});
