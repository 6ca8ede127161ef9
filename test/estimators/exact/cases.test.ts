import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { exactConstant, type ExactInterval } from '../../../core/estimators/exact/branch-and-bound.ts';
import { programOf } from '../../../core/estimators/exact/graph.ts';
import { certifiedQuotient } from '../../../core/estimators/witness/certify.ts';
import { openModel } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import type { Region } from '../../../core/region.ts';
import { workOf } from '../norms/small-maps.ts';

const folder = '../shared/cases';
type Exact = Readonly<Record<Norm, number>>;
interface Case {
  readonly onnx: string;
  readonly global_exact?: Exact;
  readonly expected?: { readonly exact: Exact };
  readonly local?: readonly { readonly center: readonly number[]; readonly eps_linf: number; readonly exact: Exact }[];
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const files = existsSync(folder)
  ? [
      ...readdirSync(`${folder}/mlp`).filter((name) => name.endsWith('.json')).map((name) => `mlp/${name}`), // prettier-ignore
      ...['residual_2_6_2', 'concat_3', 'maxmin_2_6_2'].map((name) => `dag/${name}.json`),
    ]
  : [];

describe.skipIf(files.length === 0)('networks of known constants (skipped without ../shared)', () => {
  it.each(files)('%s is closed to its exact constant, everywhere and on boxes', async (name) => {
    const known = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Case;
    using model = await openModel(defaultRequest(`${folder}/${name.split('/')[0]!}/${known.onnx}`), engine);
    const { analysed, runnable, input, output } = model.prepared;
    const program = programOf(analysed, input, output)!;
    const questions: [Region, Exact][] = [[{ kind: 'all' }, (known.global_exact ?? known.expected?.exact)!]];
    for (const { center, eps_linf: radius, exact } of known.local ?? []) {
      const lower = Float64Array.from(center, (value) => value - radius);
      const upper = Float64Array.from(center, (value) => value + radius);
      questions.push([{ kind: 'box', lower, upper }, exact]);
    }
    for (const [region, exact] of questions)
      for (const norm of norms) {
        let last: ExactInterval | undefined;
        for await (const interval of exactConstant(program, norm, region, workOf(20))) last = interval;
        const { lower, upper, finished } = last!;
        expect(finished).toBe(true);
        expect(upper.value).toBeGreaterThanOrEqual(exact[norm] * (1 - 1e-13));
        expect(upper.value).toBeLessThanOrEqual(exact[norm] * (1 + 1e-9));
        const { x, y } = lower.pair!;
        const proved = await certifiedQuotient(runnable, output, { x: [...x], y: [...y] }, norm, workOf());
        expect(proved).toBeLessThanOrEqual(exact[norm] * (1 + 1e-12));
        expect(proved).toBeGreaterThan(exact[norm] * (1 - 1e-7));
      }
  });

  it.each(['smooth1d_gelu', 'square_mul', 'dot_attention_1head'])('%s is not piecewise linear', async (name) => {
    using model = await openModel(defaultRequest(`${folder}/dag/${name}.onnx`), engine);
    const { analysed, input, output } = model.prepared;
    expect(programOf(analysed, input, output)).toBeUndefined();
  });
});
