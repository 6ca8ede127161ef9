import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { drawMap } from '../../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../../core/inspection/map-request.ts';
import type { LipschitzMap } from '../../../core/report/map.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';

const cases = join(import.meta.dirname, '../../../../shared/cases');
const moons = join(import.meta.dirname, '../../../samples/two_moons');

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function draw(file: string, more: Partial<MapRequest>): Promise<LipschitzMap> {
  const request = { ...defaultMapRequest(file, more.method ?? 'certified'), grid: { rows: 3, columns: 3 }, ...more };
  for await (const event of drawMap(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return event.map;
  throw new Error('The map did not end.');
}

const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), 0);

interface MlpCase {
  readonly dims: readonly number[];
  readonly global_exact: Readonly<Record<Norm, number>>;
  readonly local?: readonly {
    readonly center: readonly number[];
    readonly eps_linf: number;
    readonly exact: Readonly<Record<Norm, number>>;
  }[];
}

describe.skipIf(!existsSync(cases))('cases with exact constants (skipped without ../shared)', () => {
  const names = existsSync(cases) ? readdirSync(join(cases, 'mlp')).filter((name) => name.endsWith('.json')) : [];
  test.each(names)('%s: both ends are the exact constant of the box, in every norm', async (name) => {
    const { dims, local, global_exact } = JSON.parse(readFileSync(join(cases, 'mlp', name), 'utf8')) as MlpCase;
    if (dims[0] !== 2) return;
    const file = join(cases, 'mlp', name.replace('.json', '.onnx'));
    for (const norm of norms) {
      for (const { center, eps_linf: radius, exact } of local ?? []) {
        const range = center.map((x) => [x - radius, x + radius] as const) as unknown as MapRequest['range'] & {};
        const { cells } = await draw(file, { norm, range, grid: { rows: 1, columns: 1 } });
        expect(cells.upper[0]! / (exact[norm] || 1)).toBeCloseTo(exact[norm] === 0 ? 0 : 1, 7);
        expect(cells.upper[0]! - cells.lower[0]!).toBeLessThanOrEqual(1e-9 * cells.upper[0]!);
      }
      const whole = await draw(file, { norm, range: [[-50, 50], [-50, 50]] }); // prettier-ignore
      expect(most(whole.cells.upper)).toBeLessThanOrEqual(global_exact[norm] * (1 + 1e-7));
      expect(most(whole.cells.upper)).toBeGreaterThan(global_exact[norm] * 0.999);
    }
  });

  test.each(['maxmin_2_6_2', 'residual_2_6_2'])('%s: the largest cell is the exact constant', async (name) => {
    const { expected } = JSON.parse(readFileSync(join(cases, 'dag', `${name}.json`), 'utf8')) as {
      readonly expected: { readonly exact: Readonly<Record<Norm, number>> };
    };
    for (const norm of norms) {
      const { cells } = await draw(join(cases, 'dag', `${name}.onnx`), { norm, range: [[-50, 50], [-50, 50]] }); // prettier-ignore
      expect(most(cells.upper) / expected.exact[norm]).toBeCloseTo(1, 6);
    }
  });

  test('three inputs: in any plane, sampled Jacobians and pairs stay below, and the slice below the full input', async () => {
    const file = join(cases, 'mlp', 'mlp_3_6_6_3.onnx');
    for (const norm of norms)
      for (const plane of [{ kind: 'random' }, { kind: 'coordinates', axes: [2, 0] }] as const) {
        const question = { norm, plane, at: '0.3,-0.2,0.4', seed: 5 };
        const [full, slice] = [await draw(file, question), await draw(file, { ...question, constant: 'slice' })];
        const seen = await draw(file, { ...question, method: 'jacobian', samples: 200 });
        const seenInSlice = await draw(file, { ...question, method: 'jacobian', samples: 200, constant: 'slice' });
        const pairs = await draw(file, { ...question, method: 'pairs', samples: 200 });
        for (let k = 0; k < 9; k++) {
          const [above, sliceAbove] = [full.cells.upper[k]!, slice.cells.upper[k]!];
          expect(full.cells.lower[k]! / above).toBeGreaterThan(1 - 1e-8);
          expect(slice.cells.lower[k]! / sliceAbove).toBeGreaterThan(1 - 1e-8);
          expect(sliceAbove).toBeLessThanOrEqual(above * (1 + 1e-9));
          expect(seen.cells.lower[k]!).toBeLessThanOrEqual(above * (1 + 1e-9));
          expect(seenInSlice.cells.lower[k]!).toBeLessThanOrEqual(sliceAbove * (1 + 1e-9));
          expect(pairs.cells.lower[k]!).toBeLessThanOrEqual(sliceAbove * (1 + 1e-9));
          expect(seenInSlice.cells.lower[k]!).toBeGreaterThan(0.5 * sliceAbove);
        }
      }
  });
});

test.each(['mlp', 'mlp_gradient_penalty', 'spectral_norm_k10'])(
  '%s: every cell of a trained network closes, and no sampled Jacobian is above its cell',
  async (name) => {
    const file = join(moons, `${name}.onnx`);
    const question = { grid: { rows: 10, columns: 10 }, range: [[-1, 2], [-1, 1]] } as const; // prettier-ignore
    const { cells, rigor } = await draw(file, question);
    expect(rigor).toEqual({ lower: 'certified', upper: 'certified' });
    const sampled = await draw(file, { ...question, method: 'jacobian', samples: 400, seed: 3 });
    expect(sampled.rigor.lower).toBe('certified');
    cells.upper.forEach((above, k) => {
      expect(cells.lower[k]! / above).toBeGreaterThan(1 - 1e-9);
      expect(sampled.cells.lower[k]!).toBeLessThanOrEqual(above);
    });
  },
);

describe('networks without straight pieces', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lipschitz-map-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function saved(widths: readonly number[]): Promise<string> {
    const layers = widths.slice(1).map((width, l) => ({ from: widths[l]!, width, last: l === widths.length - 2 }));
    const network = networkOf({
      input: [1, widths[0]!],
      constants: Object.fromEntries(layers.map(({ from, width }, l) => [`w${l}`, weights([from, width], l + 3)])),
      nodes: layers.flatMap(({ last }, l) => [
        { op: 'MatMul', inputs: [l === 0 ? 'x' : `y${l - 1}`, `w${l}`], outputs: [`z${l}`] },
        ...(last && l > 0 ? [] : [{ op: 'Tanh', inputs: [`z${l}`], outputs: [`y${l}`] }]),
      ]),
    });
    const file = join(folder, `${widths.join('-')}.onnx`);
    await writeFile(file, writeOnnx(network));
    return file;
  }

  test('tanh of one sum: the proved interval holds the closed form, within 5 %, in every norm', async () => {
    const file = await saved([2, 1]);
    const [a, b] = weights([2, 1], 3).values as unknown as [number, number];
    const dual = { l1: Math.max(Math.abs(a), Math.abs(b)), l2: Math.hypot(a, b), linf: Math.abs(a) + Math.abs(b) };
    for (const norm of norms) {
      const { cells, rigor } = await draw(file, { norm, grid: { rows: 4, columns: 4 }, range: [[0, 1], [0, 1]] }); // prettier-ignore
      expect(rigor.upper).toBe('certified');
      for (let k = 0; k < 16; k++) {
        const [u, v] = [(k % 4) / 4, Math.floor(k / 4) / 4];
        // tanh is steepest where its argument is nearest to zero: at a corner, or where the sum vanishes.
        const sums = [0, 0.25].flatMap((du) => [0, 0.25].map((dv) => a * (u + du) + b * (v + dv)));
        const nearest = Math.max(0, Math.min(...sums), -Math.max(...sums));
        const truth = dual[norm] * (1 - Math.tanh(nearest) ** 2);
        expect(cells.upper[k]!).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
        expect(cells.upper[k]!).toBeLessThanOrEqual(1.12 * truth);
        expect(cells.lower[k]!).toBeLessThanOrEqual(truth * (1 + 1e-9));
      }
    }
  });

  test('three layers: no sampled Jacobian is above its cell, and no cell is far from them', async () => {
    const file = await saved([2, 6, 6, 2]);
    for (const norm of ['l2', 'linf'] as const) {
      const question = { norm, range: [[-1, 1], [-1, 1]] } as const; // prettier-ignore
      const { cells } = await draw(file, { ...question, budgetSeconds: 4 });
      const sampled = await draw(file, { ...question, method: 'jacobian', samples: 500, seed: 9 });
      cells.upper.forEach((above, k) => {
        expect(sampled.cells.lower[k]!).toBeLessThanOrEqual(above);
        expect(cells.lower[k]!).toBeLessThanOrEqual(above);
        expect(above).toBeLessThan(3 * sampled.cells.lower[k]!);
      });
    }
  });
});

test('far away, where everything is one region, and at every scale of the picture, both ends nearly meet', async () => {
  const file = join(moons, 'mlp.onnx');
  for (const [center, radius] of [
    [1e6, 1e-3],
    [0, 1e-9],
    [0.25, 1e2],
  ] as const) {
    // prettier-ignore
    const range = [center - radius, center + radius] as const;
    const { cells } = await draw(file, { range: [range, range], grid: { rows: 2, columns: 2 } });
    cells.upper.forEach((above, k) => expect(cells.lower[k]! / above).toBeGreaterThan(0.999));
  }
});
